"""Money paid in ahead, as its driver and its network see it."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from core import clock
from payments.models import Payment, PrepaidBalance, PrepaidTerms
from payments.services.refunding import refund_payment
from stations.models import ChargingStation
from tests.factories import MembershipFactory
from tests.journeys.conftest import paying
from tests.journeys.walking import pay_on_hosted_page
from tests.pages.browser import DESK
from tests.payments.conftest import running_stand_in, stand_in, story
from tests.payments.prepaid import amounts, offer, pay_in
from tests.payments.test_balances import charge, dispute

__all__ = ["paying", "running_stand_in", "stand_in", "story"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def owner(story):
    return MembershipFactory(organization=story.evse.organization, user__name="Elin Vik").user


@pytest.fixture
def ready(story):
    """Its charger is there, and the cable is not in."""
    ChargingStation.objects.filter(pk=story.evse.station_id).update(
        is_connected=True, registration="accepted"
    )
    story.evse.connectors.update(status="available", status_at=clock.now())
    return reverse("scheduling:start", args=[story.evse.code])


def page_of(story) -> str:
    return reverse("payments:balance", args=[story.evse.organization.slug])


def test_a_driver_finds_it_pays_in_and_takes_back_what_is_left(visit, story, stand_in, paying):
    offer(story.evse.organization)
    visitor = visit(user=story.driver)
    page = visitor.goto("/account/")
    page.get_by_role("link", name="Prepaid balance with").click()
    expect(page.get_by_text("Nothing yet")).to_be_visible()
    visitor.is_pleased("balance-empty")
    page.get_by_role("button", name="Top up €50.00").click()
    pay_on_hosted_page(page)
    expect(page.get_by_text("You can spend")).to_be_visible()
    expect(page.locator(".big")).to_have_text("€50.00")
    charge(story)
    visitor.goto(page_of(story))
    visitor.is_pleased("balance")
    visitor.has_reflow_at_320()
    page.get_by_text("Take back what is left").click()
    page.get_by_role("button", name="Take €40.00 back").click()
    expect(page.get_by_text("€40.00 goes back to the card it came from.")).to_be_visible()
    assert amounts(PrepaidBalance.objects.get()) == (0, 0)


def test_an_amount_out_of_bounds_says_what_is_allowed(visit, story, stand_in):
    offer(story.evse.organization)
    visitor = visit(user=story.driver)
    page = visitor.goto(page_of(story))
    page.get_by_text("Another amount", exact=True).click()
    page.get_by_label("Another amount").fill("3")
    page.get_by_role("button", name="Top up", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("from €10.00 to €200.00")
    visitor.complaints.clear()  # the browser tells of the 422
    visitor.is_pleased("balance-out-of-bounds")
    assert not Payment.objects.exists()


def test_it_starts_a_charge_without_a_card(visit, story, stand_in, ready):
    pay_in(story, stand_in, 6000)
    visitor = visit(user=story.driver)
    page = visitor.goto(ready)
    expect(page.get_by_text("Your balance of €60.00 pays.")).to_be_visible()
    visitor.is_pleased("start-from-balance")
    page.get_by_role("button", name="Start, pay from your balance").click()
    expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()
    assert Payment.objects.get(paid_from__isnull=False).status == "authorized"


def test_beside_a_card_a_small_balance_is_used_first(visit, story, stand_in, ready):
    story.give_card("pm_card_visa")
    pay_in(story, stand_in, 1000)
    visitor = visit(user=story.driver)
    page = visitor.goto(ready)
    expect(page.get_by_text("Your balance of €10.00 is used first")).to_be_visible()
    expect(page.get_by_role("button", name="Start, pay with Visa 4242")).to_be_visible()
    visitor.is_pleased("start-balance-and-card")


def test_an_owner_offers_it_and_sees_what_is_owed(visit, story, stand_in, owner):
    visitor = visit(DESK, user=owner)
    page = visitor.goto(reverse("payments:balances"))
    visitor.is_pleased("balances-off")
    page.get_by_label("Drivers may keep a prepaid balance").check()
    page.get_by_label("The most that a balance may come to").fill("5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").first).to_contain_text("less than the smallest")
    visitor.complaints.clear()
    page.get_by_label("The most that a balance may come to").fill("150")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. What is there already stays its drivers'.")).to_be_visible()
    assert PrepaidTerms.objects.get().largest_minor == 15_000
    pay_in(story, stand_in, 5000)
    visitor.goto(reverse("payments:balances"))
    visitor.is_pleased("balances")
    visitor.has_reflow_at_320()


def test_an_operator_sees_where_it_went_and_gives_it_back(visit, story, stand_in, owner):
    balance = pay_in(story, stand_in, 6000)
    charge(story)
    paid = Payment.objects.get(paid_from=balance)
    refund_payment(payment=paid, amount_minor=250, reason="The plug was stuck", by=owner)
    visitor = visit(DESK, user=owner)
    page = visitor.goto(reverse("payments:balance_desk", args=[balance.public_id]))
    visitor.is_pleased("balance-desk")
    page.get_by_label("Reason").fill("You moved away")
    page.get_by_role("button", name="Give €52.50 back").click()
    expect(page.get_by_text("€52.50 goes back to the payer")).to_be_visible()
    visitor.goto(reverse("stations:session", args=[paid.session.public_id]))
    visitor.is_pleased("session-paid-from-balance")


def test_an_overdrawn_balance_says_why(visit, story, stand_in, owner):
    balance = pay_in(story, stand_in, 6000)
    charge(story)
    dispute(balance, "lost")
    visitor = visit(user=story.driver)
    page = visitor.goto(page_of(story))
    expect(page.get_by_text("A bank took back money that had been spent already.")).to_be_visible()
    visitor.is_pleased("balance-overdrawn")
    visitor = visit(DESK, user=owner)
    visitor.goto(reverse("payments:balance_desk", args=[balance.public_id]))
    visitor.is_pleased("balance-desk-overdrawn")


def test_a_receipt_says_that_the_balance_paid(visit, story, stand_in):
    pay_in(story, stand_in, 6000)
    session = charge(story)
    visitor = visit(user=story.driver)
    page = visitor.goto(reverse("payments:receipt", args=[session.public_id]))
    expect(page.get_by_text("Prepaid balance")).to_be_visible()
    visitor.is_pleased("receipt-from-balance")

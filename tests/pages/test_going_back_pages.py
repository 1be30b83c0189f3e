"""Refunds, disputes and reconciliation, as a browser sees them, against the stand-in for Stripe."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from payments.models import Discrepancy, Dispute, Refund
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.disputes import look_at_disputes
from payments.services.reconciliation import ask_reconciliation, run_reconciliation
from payments.services.refunding import refund_payment
from tests.factories import MembershipFactory, UserFactory
from tests.pages.conftest import sign_in
from tests.payments.conftest import running_stand_in, stand_in, story
from tests.payments.stories import NOON, Story
from tests.payments.test_refunds import pay

__all__ = ["running_stand_in", "stand_in", "story"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def owner(story: Story):
    return MembershipFactory(organization=story.evse.organization, user__name="Elin Vik").user


@pytest.fixture
def paid(story: Story, stand_in):
    story.give_card("pm_card_visa")
    return pay(story)


def reconcile(story):
    asked = ask_reconciliation(organization=story.evse.organization)
    return run_reconciliation(run_id=asked.pk, quiet=timedelta(0))


def test_money_goes_back_in_two_steps_and_shows_everywhere(visit, paid, owner):
    visitor = visit(user=owner)
    page = visitor.goto(reverse("stations:session", args=[paid.session.public_id]))
    page.get_by_role("link", name="Give back").click()
    visitor.is_pleased("refund-form")
    page.get_by_label("Amount to give back").fill("2.50")
    page.get_by_label("Reason").fill("The plug was stuck for a while.")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="This will happen")).to_be_visible()
    visitor.is_pleased("refund-confirm")
    page.get_by_role("button", name="Give €2.50 back").click()
    expect(page.get_by_text("€2.50 goes back to the payer")).to_be_visible()
    expect(page.get_by_text("The plug was stuck for a while.")).to_be_visible()
    visitor.is_pleased("session-with-refund")
    visitor.goto(reverse("payments:revenue"))
    visitor.is_pleased("revenue-with-refund")
    assert Refund.objects.get().amount_minor == 250


def test_money_goes_back_without_javascript(browser, site_url, paid, owner):
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    sign_in(context, site_url, owner)
    page = context.new_page()
    page.goto(site_url + reverse("payments:refund", args=[paid.public_id]))
    page.get_by_label("Reason").fill("Goodwill")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Give €10.00 back").click()
    expect(page.get_by_text("€10.00 goes back to the payer")).to_be_visible()
    assert Refund.objects.get().status == "succeeded"
    context.close()


def test_a_form_that_is_not_right_says_so(visit, paid, owner):
    visitor = visit(user=owner)
    page = visitor.goto(reverse("payments:refund", args=[paid.public_id]))
    page.get_by_label("Amount to give back").fill("99")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("more than what is left")
    visitor.complaints.clear()  # the browser tells of the 422
    visitor.is_pleased("refund-refused")


def test_the_receipt_shows_what_went_back(visit, paid, owner):
    refund_payment(payment=paid, amount_minor=250, reason="The plug was stuck.", by=owner)
    visitor = visit(user=paid.account.user)
    page = visitor.goto(reverse("payments:receipt", args=[paid.session.public_id]))
    expect(page.get_by_text("Total after what was given back")).to_be_visible()
    visitor.is_pleased("receipt-with-refund")
    visitor.goto(reverse("scheduling:history"))
    visitor.is_pleased("history-with-refund")


def test_disputes_are_listed_and_explained(visit, story, stand_in, owner):
    visitor = visit(user=owner)
    page = visitor.goto(reverse("payments:disputes"))
    expect(page.get_by_role("heading", name="Nobody asks money back")).to_be_visible()
    visitor.is_pleased("disputes-none")
    story.give_card("pm_card_createDispute")
    look_at_disputes(payment=pay(story))
    visitor.goto(reverse("payments:disputes"))
    visitor.is_pleased("disputes")
    page = visitor.goto(reverse("payments:dispute", args=[Dispute.objects.get().public_id]))
    expect(page.get_by_text("Withheld by the bank")).to_be_visible()
    visitor.is_pleased("dispute")


def test_write_offs_are_shown(visit, story, owner):
    visitor = visit(user=owner)
    visitor.goto(reverse("payments:write_offs"))
    visitor.is_pleased("write-offs-none")
    session = story.session(energy_wh=20_000, driver=False)
    bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    page = visitor.goto(reverse("payments:write_offs"))
    expect(page.get_by_text("nobody is left to ask")).to_be_visible()
    visitor.is_pleased("write-offs")


def test_reconciliation_from_nothing_to_found_to_mended(visit, story, stand_in, paid, owner):
    visitor = visit(user=owner)
    page = visitor.goto(reverse("payments:reconciliation"))
    expect(page.get_by_role("heading", name="Not compared yet")).to_be_visible()
    visitor.is_pleased("reconciliation-none")
    reconcile(story)
    page = visitor.goto(reverse("payments:reconciliation"))
    expect(page.get_by_role("heading", name="Everything agrees to the cent")).to_be_visible()
    visitor.is_pleased("reconciliation-agrees")

    stand_in.client().v1.refunds.create({"payment_intent": paid.provider_ref, "amount": 250})
    story.driver = UserFactory()
    story.give_card("pm_card_visa")
    held = story.held(story.session(energy_wh=2_000, reported_start_at=NOON - timedelta(hours=1)))
    stand_in.client().v1.payment_intents.cancel(held.provider_ref)
    reconcile(story)
    page = visitor.goto(reverse("payments:reconciliation"))
    expect(page.get_by_text("Refund made at the provider")).to_be_visible()
    visitor.is_pleased("reconciliation-found")
    page.get_by_role("button", name="Take the refund over").click()
    expect(page.get_by_text("Mended: Refund made at the provider.")).to_be_visible()
    visitor.is_pleased("reconciliation-mended")
    assert Discrepancy.objects.filter(state="mended").count() == 1


def test_a_run_that_was_asked_for_says_that_it_is_under_way(visit, story, stand_in, owner):
    visitor = visit(user=owner)
    page = visitor.goto(reverse("payments:reconciliation"))
    page.get_by_role("button", name="Compare now").click()
    expect(page.get_by_role("status").filter(has_text="Comparing")).to_be_visible()
    visitor.is_pleased("reconciliation-under-way")


def test_a_drivers_month_gathers_what_was_billed_and_given_back(visit, paid, story):
    refund_payment(payment=paid, amount_minor=250, reason="The plug was stuck.", by=None)
    visitor = visit(user=story.driver)
    page = visitor.goto(reverse("scheduling:history"))
    page.get_by_role("link", name="Statement").first.click()
    visitor.is_pleased("driver-month")

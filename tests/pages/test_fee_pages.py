"""What a booking costs: before it is made, on its page, when nobody came, and as its operator waives it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from core import clock
from payments.models import BillingAccount, KeptStall, Payment, PaymentMethod
from payments.rating.plain import PlainTariff, fields_of
from payments.services import reserving
from payments.services.tariffs import assign_tariff, revise_tariff
from scheduling.services.reservations import book
from scheduling.times import ceil_to_step, floor_to_step
from tests.pages.browser import DESK
from tests.pages.town import build_town

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SITE_TOMORROW = f"/sites/harbour-hub/?day={(clock.now() + timedelta(days=1)).date()}"  # today may be late
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)


@pytest.fixture
def town(transactional_db):
    """Reserving costs 2.00 and 4.00 an hour, not coming 5.00."""
    town = build_town()
    plain = PlainTariff(
        vat=Decimal(25),
        per_kwh=Decimal("0.49"),
        reservation_fee=Decimal(2),
        reserved_per_hour=Decimal(4),
        missed_fee=Decimal(5),
    )
    elements = fields_of(plain, town.tariff.currency)["elements"]
    revised = revise_tariff(tariff=town.tariff, elements=elements)
    assign_tariff(tariff=revised, starts_at=clock.now() - timedelta(days=1))
    return town


@pytest.fixture
def card(town):
    account = BillingAccount.objects.create(user=town.driver)
    return PaymentMethod.objects.create(
        account=account, provider_ref="pm_1", brand="visa", last4="4242", is_default=True
    )


@pytest.fixture
def booked(town, card):
    start_at = ceil_to_step(clock.now() + 2 * HOUR)
    evse = town.evse("harbour-hub", 2)
    return book(evse=evse, driver=town.driver, start_at=start_at, end_at=start_at + 4 * QUARTER)


def kept_of(booked):
    return KeptStall.objects.get(public_id=booked.public_id)


def test_the_button_says_what_not_coming_costs(visit, town, card):
    visitor = visit(user=town.driver)
    page = visitor.goto(SITE_TOMORROW)
    expect(page.get_by_role("button", name="if you do not come")).to_be_visible()
    expect(page.get_by_text("reservation fee is paid with the charge")).to_be_visible()
    expect(page.get_by_text("Canceling is free until").last).to_be_visible()
    visitor.is_pleased("site-with-fees")
    visitor.has_reflow_at_320()


def test_who_has_no_card_is_asked_to_save_one_first(visit, town):
    visitor = visit(user=town.driver)
    page = visitor.goto(SITE_TOMORROW)
    expect(page.get_by_role("button", name="Save a card, then book")).to_be_visible()
    visitor.is_pleased("site-without-card")


def test_a_bookings_page_says_what_was_agreed(visit, town, booked):
    visitor = visit(user=town.driver)
    page = visitor.goto(f"/bookings/{booked.public_id}/")
    expect(page.get_by_text("If you do not come")).to_be_visible()
    visitor.is_pleased("booking-with-fees")


def test_while_it_is_kept_the_page_warns_and_canceling_has_its_price(visit, town, card):
    start_at = floor_to_step(clock.now())
    evse = town.evse("harbour-hub", 2)
    with clock.at(start_at - 2 * HOUR):
        booked = book(evse=evse, driver=town.driver, start_at=start_at, end_at=start_at + 8 * QUARTER)
    Payment.objects.create(
        organization=town.organization,
        kept=kept_of(booked),
        currency=town.tariff.currency,
        requested_minor=2500,
        status="failed",
    )
    visitor = visit(user=town.driver)
    page = visitor.goto(f"/bookings/{booked.public_id}/")
    expect(page.get_by_text("If you are not there by")).to_be_visible()
    expect(page.get_by_role("button", name="Try the card again")).to_be_visible()
    visitor.is_pleased("booking-late")
    page.get_by_text("Cancel booking").first.click()
    expect(page.get_by_role("button", name="Cancel for")).to_be_visible()
    visitor.is_pleased("booking-cancel-late")


def test_who_did_not_come_reads_what_it_cost_and_finds_the_receipt(visit, town, booked):
    with clock.at(booked.during.lower + QUARTER):
        type(booked).objects.filter(pk=booked.pk).update(status="missed", closed_at=clock.now())
        reserving.miss(public_id=booked.public_id)
        reserving.settle(kept_id=kept_of(booked).pk)
    visitor = visit(user=town.driver)
    page = visitor.goto(f"/bookings/{booked.public_id}/")
    expect(page.get_by_role("heading", name="Nobody came")).to_be_visible()
    visitor.is_pleased("booking-missed")
    page.get_by_role("link", name="Receipt", exact=True).click()
    expect(page.get_by_text("Fee for not coming")).to_be_visible()
    visitor.is_pleased("receipt-missed")
    boss = visit(DESK, user=town.owner)
    desk = boss.goto(f"/operate/bookings/{booked.public_id}/")
    expect(desk.get_by_role("heading", name="What it costs the driver")).to_be_visible()
    boss.is_pleased("operator-booking-missed")
    desk.get_by_role("button", name="Waive the fees").click()
    desk.get_by_label("Reason").last.fill("Snow on the road")
    desk.get_by_role("button", name="Waive the fees").click()
    expect(desk.get_by_text("Snow on the road")).to_be_visible()
    boss.is_pleased("operator-booking-waived")
    visitor.goto(f"/bookings/{booked.public_id}/")
    expect(visitor.page.get_by_text("The operator has waived what it cost")).to_be_visible()
    visitor.is_pleased("booking-waived")


def test_an_operator_waives_before_anything_was_charged(visit, town, booked):
    boss = visit(DESK, user=town.owner)
    page = boss.goto(f"/operate/bookings/{booked.public_id}/")
    page.get_by_label("Reason").last.fill("A regular")
    page.get_by_role("button", name="Waive the fees").click()
    expect(page.get_by_text("A regular")).to_be_visible()
    boss.is_pleased("operator-booking-waived-before")


def test_an_excused_booking_says_why_it_costs_nothing(visit, town, booked):
    with clock.at(booked.during.lower + QUARTER):
        reserving.miss(public_id=booked.public_id, excuse="offline")
        type(booked).objects.filter(pk=booked.pk).update(status="missed", closed_at=clock.now())
    visitor = visit(user=town.driver)
    page = visitor.goto(f"/bookings/{booked.public_id}/")
    expect(page.get_by_text("The charger was not connected. It costs you nothing.")).to_be_visible()
    visitor.is_pleased("booking-excused")


def test_the_tariff_form_asks_for_the_fees_of_reservations(visit, town):
    boss = visit(DESK, user=town.owner)
    page = boss.goto(f"/operate/tariffs/{town.tariff.public_id}/change/")
    expect(page.get_by_label("Fee for not coming")).to_have_value("5")
    boss.is_pleased("tariff-with-reservations")

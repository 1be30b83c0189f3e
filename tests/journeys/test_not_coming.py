"""Booked, did not come, paid 5.00, receipt by mail; waived, credited, refunded. A charger is really there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from playwright.sync_api import expect

from core import clock, outbox
from demo.cards import save_card
from payments.models import ChargeDetailRecord, Invoice, Payment
from payments.rating.plain import PlainTariff, fields_of
from payments.services import kept_holds
from payments.services.tariffs import assign_tariff, create_tariff
from scheduling.models import Reservation
from scheduling.services import arrivals, reminding
from tests.journeys.walking import PATIENCE_MS
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.django_db(transaction=True)]
MINUTE = timedelta(minutes=1)


def test_booked_and_did_not_come(visit, place, stand_in, charger):
    _price_not_coming(place)
    save_card(place.driver)
    sam = visit(user=place.driver)
    tomorrow = (clock.now() + timedelta(days=1)).date()  # today may be late
    page = sam.goto(f"/sites/harbour-hub/?day={tomorrow}")
    page.get_by_role("button", name="if you do not come").click()
    expect(page.get_by_text("Your slot is booked.")).to_be_visible(timeout=PATIENCE_MS)
    booked = Reservation.objects.get()
    _let_time_pass(booked)

    record = ChargeDetailRecord.objects.get()
    payment = Payment.objects.get()
    assert (record.total_gross, payment.status, payment.captured_minor) == (5, "captured", 500)
    subjects = [one.subject for one in mail.outbox]
    assert [one.split(" ")[0] for one in subjects] == ["Booked:", "Your", "Your"]
    assert "receipt" in subjects[-1]
    page = sam.goto(f"/bookings/{booked.public_id}/")
    expect(page.get_by_role("heading", name="Nobody came")).to_be_visible()
    sam.is_pleased("walk-did-not-come")

    elin = visit(DESK, user=place.owner)
    desk = elin.goto(f"/operate/bookings/{booked.public_id}/")
    desk.get_by_label("Reason").last.fill("Snow on the road")
    desk.get_by_role("button", name="Waive the fees").click()
    expect(desk.get_by_text("Snow on the road")).to_be_visible(timeout=PATIENCE_MS)
    outbox.deliver_pending()
    payment.refresh_from_db()
    assert payment.refunded_minor == 500
    kinds = list(Invoice.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["receipt", "credit_note", "receipt"]
    assert any("Snow on the road" in one.body for one in mail.outbox)
    page = sam.goto(f"/bookings/{booked.public_id}/")
    expect(page.get_by_text("The operator has waived what it cost")).to_be_visible()


def _price_not_coming(place) -> None:
    plain = PlainTariff(vat=Decimal(25), per_kwh=Decimal("0.49"), missed_fee=Decimal(5))
    organization = place.evses[0].organization
    fields = fields_of(plain, organization.currency)
    tariff = create_tariff(organization=organization, name="With fees", **fields)
    assign_tariff(tariff=tariff, location=place.evses[0].station.location)


def _let_time_pass(booked: Reservation) -> None:
    """The hold before, the word while it is kept, the end; the outbox works in between."""
    for minutes, sweep in (
        (-10, kept_holds.place_due_holds),
        (6, reminding.remind_drivers),
        (16, arrivals.miss_due),
    ):
        with clock.at(booked.during.lower + minutes * MINUTE):
            outbox.deliver_pending()
            assert sweep() == 1
            outbox.deliver_pending()

"""Told in time what not coming costs; waived with a reason; and where the money stands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail

from accounts.models import AuditEntry
from core import clock
from payments import selectors
from payments.models import (
    ChargeDetailRecord,
    HostStatementLine,
    Invoice,
    Payment,
    PostingLine,
)
from payments.services import hosting, statements
from payments.services.corrections import NoReason, NothingChanges
from payments.services.receipts import receipt_of
from payments.services.waiving import waive_fee
from scheduling.services import reminding
from tests.payments.fees import (
    FEES,
    HOUR,
    MINUTE,
    book,
    boss,
    came,
    kept_of,
    miss,
    owed,
    price,
    town,
)
from tests.payments.reconciling import kinds, reconcile
from tests.payments.stories import deliver, taken_minor

__all__ = ["boss", "town"]

pytestmark = pytest.mark.django_db


def test_waived_before_it_was_charged_nothing_is_charged(town, boss, stand_in):
    booked = book(town)
    waive_fee(kept=kept_of(booked), by=boss, reason="Snow on the road")
    miss(booked)
    assert not ChargeDetailRecord.objects.exists()
    assert taken_minor(stand_in) == 0
    entry = AuditEntry.objects.get(action="reservation.waive")
    assert entry.changes["reason"] == "Snow on the road"


def test_waived_afterwards_it_is_credited_and_goes_back_to_the_card(town, boss, stand_in):
    booked = book(town)
    miss(booked)
    waive_fee(kept=kept_of(booked), by=boss, reason="Snow on the road")
    deliver()
    original, credit, reissued = ChargeDetailRecord.objects.order_by("pk")
    assert (credit.credit_of, credit.total_gross, reissued.total_gross) == (original, -5, 0)
    assert Payment.objects.get().refunded_minor == 500
    sums = [line.amount_minor for line in PostingLine.objects.filter(account__startswith="receivable")]
    assert (owed(town), sum(sums)) == (0, 0)
    assert [one.kind for one in Invoice.objects.order_by("pk")] == ["receipt", "credit_note", "receipt"]
    assert any("Snow on the road" in one.body for one in mail.outbox)


def test_waived_while_the_charge_runs_the_receipt_names_it(town, boss):
    price(town, **FEES)
    booked = book(town)
    waive_fee(kept=kept_of(booked), by=boss, reason="Long queue")
    record = came(town, booked)
    assert record.total_gross == 5
    assert [one.what for one in receipt_of(record).waived] == ["Reservation fee"]


def test_a_reservation_on_a_sessions_bill_is_waived_there(town, boss, stand_in):
    price(town, **FEES)
    booked = book(town)
    came(town, booked)
    again = waive_fee(kept=kept_of(booked), by=boss, reason="Our fault")
    deliver()
    assert again.total_gross == 5
    assert sum(Payment.objects.values_list("refunded_minor", flat=True)) == 200


def test_a_waiver_needs_a_reason_and_is_given_once(town, boss):
    kept = kept_of(book(town))
    with pytest.raises(NoReason):
        waive_fee(kept=kept, by=boss, reason=" ")
    waive_fee(kept=kept, by=boss, reason="Snow")
    with pytest.raises(NothingChanges):
        waive_fee(kept=kept, by=boss, reason="Snow")


def test_the_driver_is_told_what_not_coming_costs_before_and_after_the_start(town):
    booked = book(town, ahead=3 * HOUR)
    deliver()
    (confirmed,) = mail.outbox
    assert "If you do not come: €5.00" in confirmed.body
    assert "Canceling is free until" in confirmed.body
    told = []
    for minutes in (-90, -59, -30, 4, 6, 9):
        with clock.at(booked.during.lower + minutes * MINUTE):
            told.append(reminding.remind_drivers())
            deliver()
    assert told == [0, 1, 0, 0, 1, 0]
    _confirmed, early, late = mail.outbox
    assert "If you do not come, you pay €5.00" in early.body
    assert "is kept until" in late.subject


def test_nobody_is_reminded_of_a_booking_that_costs_nothing_or_is_used(story, town):
    booked = book(town, ahead=3 * HOUR)
    came(town, booked)
    with clock.at(booked.during.lower + 6 * MINUTE):
        assert reminding.remind_drivers() == 0


def test_a_site_host_gets_a_share_of_what_not_coming_costs(town, boss):
    organization, site = town.evse.organization, town.evse.station.location
    host = hosting.add_host(actor=boss, organization=organization, name="Harbor", email="h@example.org")
    hosting.give_share(
        actor=boss, host=host, percent=Decimal(10), location=site, starts_at=clock.now() - HOUR
    )
    booked = book(town)
    miss(booked)
    record = ChargeDetailRecord.objects.get()
    next_month = (record.issued_at.replace(day=1) + timedelta(days=32)).replace(day=2)
    with clock.at(next_month):
        statements.state_last_month()
    (line,) = HostStatementLine.objects.all()
    assert (line.record, line.share_minor) == (record, 42)


def test_it_stands_in_revenue_and_provider_books_and_bills_agree(town, boss, stand_in):
    booked = book(town)
    miss(booked)
    waive_fee(kept=kept_of(booked), by=boss, reason="Snow")
    deliver()
    miss(book(town, ahead=3 * HOUR))
    later = clock.now() + 9 * HOUR
    revenue = selectors.revenue_between(town.evse.organization, clock.now() - HOUR, later)
    assert (revenue.gross.minor, revenue.records, revenue.energy_wh) == (500, 2, 0)
    with clock.at(later):
        run = reconcile(town)
    assert (run.found, kinds(town)) == (0, [])
    assert run.sums["EUR"]["books"] == run.sums["EUR"]["provider"] > 0

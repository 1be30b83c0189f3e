"""Records are credited and reissued, never edited; books, receipts and sums follow."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import AuditEntry
from core import clock
from core.retention import forget_old_events
from payments import selectors
from payments.models import ChargeDetailRecord, Invoice, Payment, PostingLine
from payments.rating.correcting import BelowZero
from payments.selectors.books import receivable_account
from payments.services import correcting, receipts
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.corrections import (
    MoneyMoving,
    NoNewAgreement,
    NoReason,
    NothingChanges,
    NothingToCorrect,
    NotReproducible,
    Overtaken,
    Wanted,
    preview_correction,
)
from payments.services.operations import begin
from payments.services.receipt_pdf import receipt_pdf
from payments.services.tariffs import assign_tariff, create_tariff
from stations.models import ChargingSession, MeterReading
from tests.factories import EvseFactory, UserFactory
from tests.payments.stories import NOON, deliver

pytestmark = pytest.mark.django_db

RICH = [
    {
        "price_components": [
            {"type": "ENERGY", "price": "0.50", "vat": "20", "step_size": 1},
            {"type": "FLAT", "price": "1.00", "vat": "10", "step_size": 1},
        ]
    }
]


@pytest.fixture
def operator(db):
    return UserFactory(name="Olga")


@pytest.fixture
def rich(story):
    """Energy with 20 % tax, and a start fee with 10 %."""
    tariff = create_tariff(organization=story.evse.organization, name="Rich", elements=RICH, hold_minor=5000)
    assign_tariff(tariff=tariff, evse=story.evse, starts_at=NOON - timedelta(days=1))
    return story


def billed(story, energy_wh=20_000, **fields):
    session = story.session(energy_wh=energy_wh, **fields)
    bill_session(session_id=session.pk)
    return session


def correct(session, by, reason="the screen promised it", **wanted):
    return correcting.correct_session(session=session, by=by, reason=reason, wanted=Wanted(**wanted))


def balance(account):
    return sum(PostingLine.objects.filter(account=account).values_list("amount_minor", flat=True))


def test_a_waived_fee_is_credited_exactly_and_reissued_without_it(rich, operator):
    session = billed(rich)
    old = selectors.record_of(session)
    assert old.total_gross == Decimal("11.00")
    new = correct(session, operator, waived=frozenset({"FLAT.0"}))
    credit = old.credited_by
    assert (credit.total_net, credit.total_tax, credit.total_gross) == (
        -old.total_net,
        -old.total_tax,
        -old.total_gross,
    )
    assert new.reissue_of == credit
    assert new.total_gross == Decimal("10.00")
    assert selectors.record_of(session) == new
    assert [line["kind"] for line in new.lines["waived"]] == ["FLAT"]


def test_revenue_and_tax_are_reversed_to_the_cent_for_each_rate(rich, operator):
    session = billed(rich)
    correct(session, operator, waived=frozenset({"FLAT.0"}))
    owed = receivable_account(session.driver_id)
    assert {name: balance(name) for name in ("tax:10", "tax:20", "revenue:charging", owed)} == {
        "tax:10": 0,
        "tax:20": -167,
        "revenue:charging": -833,
        owed: 1000,
    }


def test_sums_of_revenue_count_a_corrected_charge_once(story, operator):
    session = billed(story)
    correct(session, operator, energy_wh=10_000)
    revenue = selectors.revenue_today(story.evse.organization)
    assert (revenue.gross.amount, revenue.records, revenue.energy_wh) == (Decimal("5.00"), 1, 10_000)
    (day,) = selectors.revenue_by_day(story.evse.organization)
    assert (day.net.amount, day.records) == (Decimal("4.17"), 1)


def test_a_correction_can_itself_be_corrected(story, operator):
    session = billed(story)
    first = correct(session, operator, energy_wh=10_000)
    second = correct(session, operator, is_free=True)
    assert second.total_gross == 0
    assert second.reissue_of.credit_of == first
    assert ChargeDetailRecord.objects.filter(session=session).count() == 5
    assert ChargeDetailRecord.objects.standing().get(session=session) == second
    assert balance(receivable_account(session.driver_id)) == 0


def test_an_earlier_end_leaves_out_what_was_metered_after_it(rich, operator):
    idle = [
        {
            "price_components": [
                {"type": "ENERGY", "price": "0.50", "vat": "20", "step_size": 1},
                {"type": "PARKING_TIME", "price": "6", "vat": "20", "step_size": 60},
            ]
        }
    ]
    tariff = create_tariff(organization=rich.evse.organization, name="idle", elements=idle)
    assign_tariff(tariff=tariff, evse=rich.evse, starts_at=NOON - timedelta(hours=1))
    session = rich.session(energy_wh=10_000, minutes=60)
    MeterReading.objects.create(
        station=session.station,
        session=session,
        taken_at=NOON + timedelta(minutes=30),
        received_at=NOON,
        context="periodic",
        energy_wh=11_000,
    )
    ChargingSession.objects.filter(pk=session.pk).update(phase="suspended_by_vehicle")
    tell_phase(session, "suspended_by_vehicle", 30)
    assert bill_session(session_id=session.pk).total_gross == Decimal("8.00")
    new = correct(session, operator, ended_at=NOON + timedelta(minutes=40))
    assert new.total_gross == Decimal("6.00")
    assert new.ended_at == NOON + timedelta(minutes=40)


def tell_phase(session, phase, minutes):
    from core.events import publish
    from stations.events import SessionPhaseChanged

    publish(
        SessionPhaseChanged(
            session_id=session.pk,
            organization_id=session.organization_id,
            station_id=session.station_id,
            at=NOON + timedelta(minutes=minutes),
            phase=phase,
            was="charging",
        )
    )


def test_another_tariff_rates_the_same_charge(story, operator):
    cheap = [{"price_components": [{"type": "ENERGY", "price": "0.30", "vat": "20", "step_size": 1}]}]
    other = create_tariff(organization=story.evse.organization, name="Staff", elements=cheap)
    session = billed(story)
    new = correct(session, operator, tariff=other)
    assert (new.total_gross, new.tariff, new.tariff_snapshot["elements"]) == (Decimal("6.00"), other, cheap)


def test_before_anything_is_taken_a_bill_may_also_rise(story, operator):
    session = billed(story)
    assert correct(session, operator, energy_wh=30_000).total_gross == Decimal("15.00")


def test_once_money_was_taken_a_bill_can_only_fall(paid_story, operator):
    session = billed(paid_story)
    paid_story.held(session)
    collect(session_id=session.pk)
    with pytest.raises(NoNewAgreement):
        correct(session, operator, energy_wh=30_000)
    assert ChargeDetailRecord.objects.filter(session=session).count() == 1
    correct(session, operator, energy_wh=10_000)
    corrected = deliver_and_find("payments.SessionCorrected")
    assert (corrected["owed_back_minor"], corrected["difference_minor"]) == (500, -500)


def deliver_and_find(name):
    from core.models import DomainEvent

    deliver()
    return DomainEvent.objects.get(type=name).payload


def test_an_open_hold_is_taken_at_the_corrected_price(paid_story, operator):
    session = billed(paid_story)
    paid_story.held(session)
    correct(session, operator, energy_wh=10_000)
    collect(session_id=session.pk)
    payment = Payment.objects.get(session=session)
    assert (payment.captured_minor, payment.cdr) == (500, selectors.record_of(session))
    assert balance(receivable_account(session.driver_id)) == 0


def test_nothing_is_corrected_while_the_money_is_being_taken(paid_story, operator):
    session = billed(paid_story)
    payment = paid_story.held(session)
    begin(kind="capture", payment=payment, request={"amount_minor": 1000})
    with pytest.raises(MoneyMoving):
        correct(session, operator, energy_wh=10_000)


def test_what_was_written_off_of_a_guest_is_taken_back_first(story, operator):
    session = billed(story, driver=False)
    collect(session_id=session.pk)
    assert balance("expense:write_off") == 1000
    correct(session, operator, energy_wh=10_000)
    assert (balance("expense:write_off"), balance("receivable:guests")) == (0, 500)
    collect(session_id=session.pk)
    assert (balance("expense:write_off"), balance("receivable:guests")) == (500, 0)


def test_a_correction_says_why_and_changes_something(story, operator):
    session = billed(story)
    with pytest.raises(NoReason):
        correct(session, operator, reason=" ", is_free=True)
    with pytest.raises(NothingChanges):
        correct(session, operator)
    with pytest.raises(NothingToCorrect):
        correct(story.session(status="active", evse=EvseFactory()), operator, is_free=True)


def test_a_discount_never_outlives_what_it_was_given_on(story, operator):
    capped = create_tariff(
        organization=story.evse.organization, name="capped", elements=RICH, max_price={"before_taxes": "2.00"}
    )
    assign_tariff(tariff=capped, evse=story.evse, starts_at=NOON - timedelta(days=1))
    session = billed(story)
    with pytest.raises(BelowZero):
        correct(session, operator, waived=frozenset({"ENERGY.0"}))


def test_without_its_readings_a_charge_is_not_rated_anew_but_lines_can_be_waived(story, operator):
    by_time = [{"price_components": [{"type": "PARKING_TIME", "price": "6", "step_size": 1}]}]
    tariff = create_tariff(organization=story.evse.organization, name="idle", elements=by_time)
    assign_tariff(tariff=tariff, evse=story.evse, starts_at=NOON - timedelta(days=1))
    session = story.session(energy_wh=5000)
    tell_phase(session, "suspended_by_vehicle", 30)
    bill_session(session_id=session.pk)
    deliver()
    with clock.at(clock.now() + timedelta(days=4000)):
        forget_old_events()
    with pytest.raises(NotReproducible):
        correct(session, operator, ended_at=NOON + timedelta(minutes=20))
    assert correct(session, operator, waived=frozenset({"PARKING_TIME.0"})).total_gross == 0


def test_a_preview_writes_nothing_and_tells_the_difference(story):
    session = billed(story)
    seen = preview_correction(occasion=session, wanted=Wanted(energy_wh=10_000))
    assert (seen.total.amount, seen.difference.amount) == (Decimal("5.00"), Decimal("-5.00"))
    assert ChargeDetailRecord.objects.count() == 1


def test_who_looked_at_an_older_record_is_told(story, operator):
    session = billed(story)
    looked_at = selectors.record_of(session).public_id
    correct(session, operator, energy_wh=10_000)
    with pytest.raises(Overtaken):
        correcting.correct_session(
            session=session, by=operator, reason="late", wanted=Wanted(is_free=True), seen=looked_at
        )


def test_a_correction_is_on_record_with_who_and_why(story, operator):
    session = billed(story)
    correct(session, operator, energy_wh=10_000)
    entry = AuditEntry.objects.get(action="session.correct")
    assert (entry.actor, entry.subject) == (operator, f"session.{session.pk}")
    assert entry.changes["reason"] == "the screen promised it"
    assert (entry.changes["before"], entry.changes["after"]) == ("10.00", "5.00")


def test_the_driver_reads_why_and_what_the_new_receipt_takes_the_place_of(rich, operator):
    session = billed(rich)
    old = receipts.number_of(selectors.record_of(session))
    new = correct(session, operator, waived=frozenset({"FLAT.0"}))
    deliver()
    letter = mail.outbox[-1]
    assert letter.to == [rich.driver.email]
    assert "the screen promised it" in letter.body
    assert old in letter.body
    receipt = receipts.receipt_of(new)
    assert receipt.credited_number == old
    assert any(old in remark for remark in receipt.remarks)
    assert any("Start fee" in remark for remark in receipt.remarks)
    assert receipt_pdf(receipt).startswith(b"%PDF")


def test_receipt_credit_and_reissue_have_numbers_of_their_series(story, operator):
    session = billed(story)
    correct(session, operator, energy_wh=10_000)
    documents = list(Invoice.objects.order_by("pk"))
    assert [(one.kind, one.series, one.number) for one in documents] == [
        ("receipt", "R", 1),
        ("credit_note", "C", 1),
        ("receipt", "R", 2),
    ]
    assert documents[1].credits == documents[0]
    assert [one.gross_minor for one in documents] == [1000, 1000, 500]


# --- what the database holds -----------------------------------------------------------------


def test_the_database_refuses_a_second_chain_and_a_false_mirror(story):
    session = billed(story)
    record = selectors.record_of(session)

    def copy(**changes):
        fields = {
            field.attname: getattr(record, field.attname)
            for field in ChargeDetailRecord._meta.concrete_fields
            if field.name not in ("id", "public_id")
        }
        with transaction.atomic():
            return ChargeDetailRecord.objects.create(**{**fields, **changes})

    mirror = {
        "energy_wh": -record.energy_wh,
        "total_net": -record.total_net,
        "total_tax": -record.total_tax,
        "total_gross": -record.total_gross,
    }
    with pytest.raises(IntegrityError, match="one_original"):
        copy()
    with pytest.raises(DatabaseError, match="mirrors"):
        copy(credit_of_id=record.pk, **{**mirror, "total_net": -record.total_net - 1, "total_gross": -11})
    with pytest.raises(DatabaseError, match="reissued for a credit"):
        copy(reissue_of_id=record.pk)
    credit = copy(credit_of_id=record.pk, **mirror)
    with pytest.raises(IntegrityError):
        copy(credit_of_id=record.pk, **mirror)
    other = selectors.record_of(billed(story, evse=EvseFactory()))
    with pytest.raises(DatabaseError, match="reissued for a credit"):
        copy(reissue_of_id=credit.pk, session_id=other.session_id)
    copy(reissue_of_id=credit.pk)
    with pytest.raises(IntegrityError):
        copy(reissue_of_id=credit.pk)


@pytest.mark.django_db(transaction=True)
def test_of_two_corrections_at_once_one_is_made_and_the_other_is_told(story, operator):
    session = billed(story)
    told = []

    def act():
        try:
            correct(session, operator, is_free=True)
            told.append("made")
        except (Overtaken, NothingChanges):
            told.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["made", *["told"] * 5]
    assert ChargeDetailRecord.objects.standing().filter(session=session).count() == 1
    assert ChargeDetailRecord.objects.filter(session=session).count() == 3

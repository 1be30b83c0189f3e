"""From a finished session to its record and its money."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from core.events import publish
from payments import selectors
from payments.models import ChargeDetailRecord, Payment, Posting, Tariff
from payments.selectors.occasions import outstanding_minor
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.pricing import live_cost, preview, tariff_for
from payments.services.tariffs import TariffConflict, assign_tariff, create_tariff, revise_tariff
from stations.events import SessionPhaseChanged
from stations.models import ChargingSession, MeterReading
from tests.factories import EvseFactory
from tests.payments.stories import KWH, NOON, deliver, intents, statuses, taken_minor

pytestmark = pytest.mark.django_db


def test_a_finished_session_gets_one_record_however_often_it_is_told(story):
    session = story.session(energy_wh=20_000)
    first, second = bill_session(session_id=session.pk), bill_session(session_id=session.pk)
    assert first == second
    assert first.total_gross == Decimal("10.00")
    assert first.total_net == Decimal("8.33")
    assert ChargeDetailRecord.objects.count() == 1
    assert Posting.objects.filter(reference=f"cdr.{first.public_id}.bill").count() == 1


def test_a_record_carries_the_tariff_as_it_was(story):
    record = bill_session(session_id=story.session(energy_wh=1000).pk)
    assert record.tariff_snapshot["elements"] == KWH
    assert record.lines["lines"][0]["kind"] == "ENERGY"
    assert record.periods[0]["dimensions"][0] == {"type": "ENERGY", "volume": "1"}


def test_a_running_session_is_not_billed(story):
    assert bill_session(session_id=story.session(status="active").pk) is None


def test_a_flagged_session_waits_for_review(story):
    session = story.session(energy_wh=1000, review_reasons=["meter ran backwards"])
    assert bill_session(session_id=session.pk) is None
    ChargingSession.objects.filter(pk=session.pk).update(reviewed_at=NOON + timedelta(hours=2))
    assert bill_session(session_id=session.pk) is not None


def test_without_a_tariff_charging_is_free(story):
    session = story.session(energy_wh=9000, evse=EvseFactory())
    record = bill_session(session_id=session.pk)
    assert record.total_gross == 0
    assert record.tariff is None
    assert record.tariff_snapshot["id"] == "free"


def test_records_cannot_be_changed_or_deleted(story):
    record = bill_session(session_id=story.session(energy_wh=1000).pk)
    for change in (
        "update payments_chargedetailrecord set total_gross = 0, total_net = 0, total_tax = 0",
        "delete from payments_chargedetailrecord",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    assert ChargeDetailRecord.objects.get().total_gross == record.total_gross


def test_a_used_tariff_is_final_and_a_change_makes_a_new_version(story):
    bill_session(session_id=story.session(energy_wh=1000).pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        Tariff.objects.filter(pk=story.tariff.pk).update(name="cheaper")
    revised = revise_tariff(tariff=story.tariff, name="cheaper")
    assert (revised.version, revised.public_id) == (2, story.tariff.public_id)


def test_live_cost_preview_and_record_are_one_price(story):
    session = story.session(energy_wh=12_345)
    record = bill_session(session_id=session.pk)
    shown = preview(
        tariff=story.tariff, time_zone="UTC", energy_wh=12_345, charging=timedelta(minutes=60), at=NOON
    )
    assert live_cost(session).total_gross == shown.total_gross == record.total_gross


def test_the_price_of_the_start_stays_for_the_whole_session(story):
    session = story.session(energy_wh=10_000)
    dearer = revise_tariff(
        tariff=story.tariff, elements=[{"price_components": [{"type": "ENERGY", "price": "9"}]}]
    )
    assign_tariff(tariff=dearer, starts_at=NOON + timedelta(minutes=1))
    assert bill_session(session_id=session.pk).total_gross == Decimal("5.00")


def test_idle_time_is_found_from_readings_and_phases(story):
    tariff = create_tariff(
        organization=story.evse.organization,
        name="with idle",
        elements=[{"price_components": [{"type": "PARKING_TIME", "price": "6", "step_size": 1}]}],
    )
    assign_tariff(tariff=tariff, evse=story.evse, starts_at=NOON - timedelta(days=1))
    session = story.session(energy_wh=5000, minutes=60)
    MeterReading.objects.create(
        station=session.station,
        session=session,
        taken_at=NOON + timedelta(minutes=30),
        received_at=NOON,
        context="periodic",
        energy_wh=6000,
    )
    tell_phase(session, "charging", 0)
    tell_phase(session, "suspended_by_vehicle", 40, was="charging")
    bill = live_cost(session)
    assert bill.idle_s == 1200
    assert bill.total_gross == Decimal("2.00")


def tell_phase(session, phase, minutes, was=""):
    publish(
        SessionPhaseChanged(
            session_id=session.pk,
            organization_id=session.organization_id,
            station_id=session.station_id,
            at=NOON + timedelta(minutes=minutes),
            phase=phase,
            was=was,
        )
    )


# --- which tariff


def test_the_narrowest_scope_wins(story):
    charger = create_tariff(organization=story.evse.organization, name="charger", elements=KWH)
    place = create_tariff(organization=story.evse.organization, name="place", elements=KWH)
    stall = create_tariff(organization=story.evse.organization, name="stall", elements=KWH)
    assert tariff_for(story.evse, NOON) == story.tariff
    assign_tariff(tariff=place, location=story.evse.station.location, starts_at=NOON)
    assert tariff_for(story.evse, NOON) == place
    assign_tariff(tariff=charger, station=story.evse.station, starts_at=NOON)
    assert tariff_for(story.evse, NOON) == charger
    assert tariff_for(EvseFactory(station__location=story.evse.station.location), NOON) == place
    assign_tariff(tariff=stall, evse=story.evse, starts_at=NOON)
    assert tariff_for(story.evse, NOON) == stall
    assert tariff_for(story.evse, NOON - timedelta(days=1)) == story.tariff


def test_a_new_assignment_ends_the_former_and_makes_room_for_the_planned_one(story):
    later = revise_tariff(tariff=story.tariff, name="later")
    assign_tariff(tariff=later, starts_at=NOON)
    assert tariff_for(story.evse, NOON - timedelta(seconds=1)) == story.tariff
    assert tariff_for(story.evse, NOON) == later
    between = create_tariff(organization=story.evse.organization, name="between", elements=KWH)
    slipped_in = assign_tariff(tariff=between, starts_at=NOON - timedelta(days=1))
    assert (slipped_in.during.upper, tariff_for(story.evse, NOON - timedelta(hours=1))) == (NOON, between)
    assert tariff_for(story.evse, NOON) == later
    assert tariff_for(story.evse, NOON - timedelta(days=2)) == story.tariff
    with pytest.raises(TariffConflict):
        assign_tariff(tariff=between, starts_at=NOON)


# --- collecting


def test_the_hold_is_captured_to_the_bill_and_the_rest_let_go(paid_story, stand_in):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    payment.refresh_from_db()
    assert (payment.status, payment.captured_minor) == ("captured", 1000)
    assert taken_minor(stand_in) == 1000
    assert selectors.owed_minor(f"receivable:user.{paid_story.driver.pk}", "EUR") == 0
    assert selectors.owed_minor("cash:stripe", "EUR") == 1000
    assert selectors.owed_minor("revenue:charging", "EUR") == -833
    assert selectors.owed_minor("tax:20", "EUR") == -167


def test_a_bill_of_zero_releases_the_hold(paid_story, stand_in):
    session = paid_story.session(energy_wh=0)
    payment = paid_story.held(session)
    bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    payment.refresh_from_db()
    assert payment.status == "voided"
    assert statuses(stand_in) == ["canceled"]


def test_what_the_hold_does_not_cover_is_charged_to_the_drivers_card(paid_story, stand_in):
    session = paid_story.session(energy_wh=20_000)
    paid_story.held(session, amount_minor=700)
    record = bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    assert sorted(selectors.payments_of(session).values_list("captured_minor", flat=True)) == [300, 700]
    assert outstanding_minor(record) == 0
    assert taken_minor(stand_in) == 1000


def test_a_guests_rest_is_written_off_visibly(story, stand_in):
    session = story.session(energy_wh=20_000, driver=False)
    record = bill_session(session_id=session.pk)
    assert selectors.owed_minor("receivable:guests", "EUR") == 1000
    collect(session_id=session.pk)
    collect(session_id=session.pk)
    assert selectors.owed_minor("receivable:guests", "EUR") == 0
    assert selectors.owed_minor("expense:write_off", "EUR") == 1000
    assert Posting.objects.filter(reference=f"cdr.{record.public_id}.write_off").count() == 1


def test_a_session_without_a_hold_is_charged_to_the_card_afterwards(paid_story, stand_in):
    session = paid_story.session(energy_wh=4_000)
    bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    assert Payment.objects.get(session=session).captured_minor == 200


def test_the_events_carry_an_ended_session_to_its_captured_payment(paid_story, stand_in, mailoutbox):
    from core.events import publish
    from stations.events import SessionEnded

    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    event = SessionEnded(
        session_id=session.pk,
        organization_id=session.organization_id,
        station_id=session.station_id,
        at=NOON,
        energy_wh=20_000,
    )
    publish(event)
    publish(event)
    deliver()
    payment.refresh_from_db()
    assert payment.captured_minor == 1000
    assert len(intents(stand_in)) == 1
    assert [mail.to for mail in mailoutbox] == [[paid_story.driver.email]]
    assert "10.00" in mailoutbox[0].body


# --- revenue


def test_revenue_of_today_counts_the_records_of_the_organization_alone(story):
    bill_session(session_id=story.session(energy_wh=20_000).pk)
    revenue = selectors.revenue_today(story.evse.organization)
    assert (revenue.gross.amount, revenue.records) == (Decimal("10.00"), 1)
    assert selectors.revenue_today(EvseFactory().organization).records == 0

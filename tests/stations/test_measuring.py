"""Signed values from the wire to a verdict, and what calibration law makes of it."""

from __future__ import annotations

import pytest

from core import clock
from core.models import DomainEvent
from stations import signatures
from stations.metering import RawSample, readings
from stations.models import ChargingSession, Measurement, Meter, SignedValue
from stations.services import measuring, sessions
from tests.factories import UserFactory
from tests.meters import SignedMeter
from tests.stations.telling import after, begin, begin2, finish, finish2

BEGIN = ("B", "2026-11-20T12:00:00,000+0000 S", "1.000")
END = ("E", "2026-11-20T13:00:00,000+0000 S", "11.000")


@pytest.fixture
def meter():
    return SignedMeter()


@pytest.fixture
def known(station, meter):
    evse = station.evses.get()
    return measuring.note_meter(evse_id=evse.pk, public_key=meter.key_hex, serial=meter.serial)


@pytest.fixture
def under_law(station):
    station.organization.is_under_calibration_law = True
    station.organization.save()


def signed(text, minutes, number=None, transaction_id="", **more):
    sample = RawSample(text, "Energy.Active.Import.Register", context="Transaction.End", format="SignedData")
    return readings([sample], taken_at=after(minutes), number=number, transaction_id=transaction_id)


def charge(told, *records):
    """A whole 1.6 charge; the records come with the stop's transactionData."""
    [answer] = told(begin())
    values = [fact for n, text in enumerate(records) for fact in signed(text, 60 + n / 60, answer.number)]
    told(*values, finish(answer.number))
    return told.session()


def test_a_signed_charge_is_kept_whole_checked_and_proven(told, card, meter, known):
    session = charge(told, meter.record([BEGIN, END]))
    found = measuring.measure_session(session_id=session.pk)
    assert (found.verdict, found.energy_wh, found.problems) == ("proven", 10_000, [])
    assert found.is_clock_synchronized
    [value] = session.signed_values.all()
    assert value.is_valid
    assert value.body.startswith("OCMF|")
    assert [one["reason"] for one in value.readings] == ["B", "E"]


def test_a_2x_charge_carries_it_beside_the_plain_value(told, card, meter, known):
    record = meter.record([BEGIN, END])
    told(begin2())
    sample = RawSample("11000", context="Transaction.End", signed={"signedMeterData": record})
    told(*readings([sample], taken_at=after(60), transaction_id="tx1"), finish2(seq_no=1))
    found = measuring.measure_session(session_id=told.session().pk)
    assert (found.verdict, found.energy_wh) == ("proven", 10_000)
    assert told.session().readings.filter(energy_wh=11_000).exists()


def test_the_same_record_told_twice_is_kept_once_and_measuring_twice_changes_nothing(told, card, meter):
    record = meter.record([BEGIN, END])
    session = charge(told, record, record)
    first = measuring.measure_session(session_id=session.pk)
    second = measuring.measure_session(session_id=session.pk)
    assert first.pk == second.pk
    assert SignedValue.objects.count() == Measurement.objects.count() == 1


def test_without_the_key_nothing_is_proven_and_the_key_that_the_station_tells_is_not_believed(
    told, card, meter
):
    record = meter.record([BEGIN, END])
    [answer] = told(begin())
    value = {"signedMeterData": record, "publicKey": meter.key_hex}
    sample = RawSample("11000", signed=value)
    told(*readings([sample], taken_at=after(60), number=answer.number), finish(answer.number))
    found = measuring.measure_session(session_id=told.session().pk)
    assert (found.verdict, found.problems) == ("unproven", ["signature_unchecked"])
    assert SignedValue.objects.get().public_key == meter.key_hex


def test_a_forged_record_is_refuted(told, card, meter, known):
    session = charge(told, meter.record([BEGIN, END]).replace("11.0", "91.0"))
    assert measuring.measure_session(session_id=session.pk).verdict == "refuted"


def test_noting_the_key_later_proves_what_waited(told, card, meter, station, under_law):
    session = charge(told, meter.record([BEGIN, END]))
    measuring.measure_session(session_id=session.pk)
    assert told.session().review_reasons == ["signature_unchecked"]
    measuring.note_meter(evse_id=station.evses.get().pk, public_key=meter.key_hex)
    assert told.session().review_reasons == []
    assert Measurement.objects.get().verdict == "proven"


def test_a_key_that_cannot_be_read_is_refused_and_an_empty_one_forgets(station, known):
    evse = station.evses.get()
    with pytest.raises(signatures.UnreadableKey):
        measuring.note_meter(evse_id=evse.pk, public_key="not a key!")
    assert measuring.note_meter(evse_id=evse.pk, public_key=" ") is None
    assert not Meter.objects.exists()


@pytest.mark.usefixtures("under_law")
class TestUnderCalibrationLaw:
    def test_an_unsigned_session_waits_for_review(self, told, card):
        session = charge(told)
        measuring.measure_session(session_id=session.pk)
        assert told.session().needs_review
        assert told.session().review_reasons == ["unsigned"]

    def test_a_proven_one_does_not(self, told, card, meter, known):
        session = charge(told, meter.record([BEGIN, END]))
        measuring.measure_session(session_id=session.pk)
        assert not told.session().needs_review
        [news] = DomainEvent.objects.filter(type="stations.SessionMeasured")
        assert news.payload["is_held"] is False

    def test_an_error_flag_of_the_meter_makes_it_wait(self, told, card, meter, known):
        session = charge(told, meter.record([BEGIN, END], EF="E"))
        measuring.measure_session(session_id=session.pk)
        assert told.session().review_reasons == ["meter_error"]

    def test_energy_that_the_meter_did_not_sign_makes_it_wait(self, told, card, meter, known):
        end = (*END[:2], "10.000")
        session = charge(told, meter.record([BEGIN, end]))
        measuring.measure_session(session_id=session.pk)
        assert told.session().review_reasons == ["signed_energy_differs"]

    def test_what_a_person_has_released_is_not_held_again(self, told, card):
        session = charge(told)
        measuring.measure_session(session_id=session.pk)
        sessions.review(session=told.session(), reviewed_by=UserFactory())
        measuring.measure_session(session_id=session.pk)
        assert not told.session().needs_review

    def test_a_record_that_comes_after_the_stop_is_found_by_the_sweep(self, told, card, meter, known):
        session = charge(told)
        measuring.measure_session(session_id=session.pk)
        told(*signed(meter.record([BEGIN, END]), 61, session.number))
        assert measuring.measure_late() == 1
        assert not told.session().needs_review
        assert measuring.measure_late() == 0


def test_elsewhere_the_verdict_is_shown_and_holds_nothing(told, card):
    session = charge(told)
    assert measuring.measure_session(session_id=session.pk).verdict == "unsigned"
    assert not told.session().needs_review
    assert not DomainEvent.objects.filter(type="stations.SessionMeasured").exists()


def test_a_running_session_is_not_weighed(told, card):
    told(begin())
    assert measuring.measure_session(session_id=told.session().pk) is None


def test_a_late_stop_beyond_midnight_finds_its_values(told, card, meter, known):
    with clock.at(after(60 * 30)):
        [answer] = told(begin())
        record = meter.record([BEGIN, END])
        told(*signed(record, 60 * 28, answer.number), finish(answer.number, ended_at=after(60 * 28)))
    found = measuring.measure_session(session_id=ChargingSession.objects.get().pk)
    assert found.verdict == "proven"

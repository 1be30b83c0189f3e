"""Many at once, with threads on real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.db.models import Q

from payments.models import ChargeDetailRecord, Payment, Posting, ProviderOperation
from payments.rating.bill import read_line
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.starting import follow_hold
from scheduling.services.fulfilling import fulfill
from stations.models import ChargingSession
from tests.factories import SessionFactory
from tests.payments.fees import FEES, HOUR, book, connect, price
from tests.payments.stories import intents, taken_minor

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 20


def at_once(times, act):
    def run(_):
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=times) as pool:
        return list(pool.map(run, range(times)))


def test_fifty_simultaneous_ends_make_one_record_and_one_capture(paid_story, stand_in):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)

    def end():
        bill_session(session_id=session.pk)
        return collect(session_id=session.pk)

    at_once(50, end)
    payment.refresh_from_db()
    assert (payment.status, payment.captured_minor) == ("captured", 1000)
    assert taken_minor(stand_in) == 1000
    assert ChargeDetailRecord.objects.filter(session=session).count() == 1
    assert ProviderOperation.objects.filter(payment=payment, kind="capture").count() == 1
    assert Posting.objects.filter(payment=payment).count() == 1


def test_ten_collectors_ask_the_card_once_for_the_rest(paid_story, stand_in):
    session = paid_story.session(energy_wh=20_000)
    bill_session(session_id=session.pk)
    at_once(10, lambda: collect(session_id=session.pk))
    collect(session_id=session.pk)
    assert taken_minor(stand_in) == 1000
    assert len(intents(stand_in)) == 1


def test_eight_returns_of_one_payer_start_one_session(paid_story, stand_in):
    station = paid_story.evse.station
    station.is_connected = True
    station.save()
    payment = paid_story.held()
    at_once(8, lambda: follow_hold(payment_id=payment.pk))
    payment.refresh_from_db()
    assert ChargingSession.objects.count() == 1
    assert payment.session == ChargingSession.objects.get()
    assert payment.status == Payment.Status.AUTHORIZED
    assert connection.is_usable()


def test_a_bill_and_the_news_of_its_booking_at_once_ask_for_the_reservation_once(paid_story):
    price(paid_story, **FEES)
    connect(paid_story)
    for number in range(ROUNDS):
        booked = book(paid_story)
        session = SessionFactory(
            evse=paid_story.evse,
            driver=paid_story.driver,
            status="completed",
            started_at=booked.during.lower,
            ended_at=booked.during.lower + HOUR,
            energy_wh=1000,
            transaction_id=f"{number}",
        )
        acts = [
            lambda pk=session.pk: bill_session(session_id=pk),
            lambda pk=session.pk: fulfill(session_id=pk),
        ]
        at_once(2, lambda acts=acts: acts.pop()())
        records = ChargeDetailRecord.objects.filter(Q(session=session) | Q(kept__session=session))
        lines = [read_line(line) for record in records for line in record.lines["lines"]]
        assert sum(bool(line.why.reservation) for line in lines) == 1

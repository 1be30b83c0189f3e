"""Holds, captures and releases against the real stand-in, lost answers included."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from payments import selectors
from payments.models import Payment, Posting, ProviderOperation
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.holding import hold_for_session
from payments.services.operations import Busy, begin
from payments.services.payments import (
    NotPossible,
    capture_payment,
    look_again,
    release_hold,
    request_hold,
)
from payments.services.recovery import settle_payments
from stations.models import StationCommand
from tests.payments.stories import NOON, deliver, intents, statuses, taken_minor

pytestmark = pytest.mark.django_db

LOST = ("drop_before", "drop_after", "error_before", "error_after")
CREATE, CAPTURE, CANCEL = (
    "POST /v1/payment_intents",
    "POST /v1/payment_intents/*/capture",
    "POST /v1/payment_intents/*/cancel",
)
AT_ONCE = timedelta(0)


def break_next(stand_in, match, fault):
    stand_in.pull("faults", next=[{"match": match, "fault": fault}])


def test_a_hold_stands_until_it_is_captured_or_released(paid_story, stand_in):
    payment = paid_story.held()
    assert (payment.status, payment.authorized_minor) == ("authorized", 5000)
    assert payment.capture_before > clock.now() + timedelta(days=1)
    released = release_hold(payment_id=payment.pk)
    assert released.status == "voided"
    assert statuses(stand_in) == ["canceled"]


def test_a_declined_card_fails_the_payment_with_the_banks_reason(story, stand_in):
    story.give_card("pm_card_chargeCustomerFail")
    payment = story.held()
    assert (payment.status, payment.failure_code) == ("failed", "generic_decline")
    assert payment.failure_message


def test_a_final_payment_cannot_be_held_again(paid_story, stand_in):
    payment = paid_story.held()
    with pytest.raises(NotPossible):
        request_hold(payment_id=payment.pk)


def test_more_than_the_hold_is_never_taken(paid_story, stand_in):
    payment = paid_story.held(amount_minor=700)
    taken = capture_payment(payment_id=payment.pk, amount_minor=900)
    assert (taken.captured_minor, taken_minor(stand_in)) == (700, 700)


def test_capturing_twice_takes_once(paid_story, stand_in):
    payment = paid_story.held()
    for _ in range(3):
        capture_payment(payment_id=payment.pk, amount_minor=1200)
    assert taken_minor(stand_in) == 1200
    assert Posting.objects.filter(payment=payment).count() == 1


def test_an_operation_is_written_before_the_call_and_only_one_may_be_open(paid_story, stand_in):
    payment = paid_story.held()
    begin(kind="capture", payment=payment)
    with pytest.raises(Busy):
        begin(kind="capture", payment=payment)


def test_every_attempt_has_a_key_of_its_own(paid_story, stand_in):
    payment = paid_story.held()
    break_next(stand_in, CAPTURE, "error_before")
    capture_payment(payment_id=payment.pk, amount_minor=100)
    settle_payments(in_flight=AT_ONCE)
    keys = ProviderOperation.objects.filter(payment=payment, kind="capture").values_list(
        "idempotency_key", flat=True
    )
    assert len(set(keys)) == 2


# --- lost answers: nothing doubled, nothing lost


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_to_a_hold_neither_doubles_nor_loses_it(paid_story, stand_in, fault):
    session = paid_story.session(status="active")
    payment = paid_story.asked(session)
    break_next(stand_in, CREATE, fault)
    assert request_hold(payment_id=payment.pk).status == "created"
    settle_payments(in_flight=AT_ONCE)
    payment.refresh_from_db()
    assert payment.status == "authorized"
    assert statuses(stand_in) == ["requires_capture"]


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_to_a_capture_neither_doubles_nor_loses_it(paid_story, stand_in, fault):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    bill_session(session_id=session.pk)
    break_next(stand_in, CAPTURE, fault)
    collect(session_id=session.pk)
    settle_payments(in_flight=AT_ONCE)
    payment.refresh_from_db()
    assert (payment.status, payment.captured_minor) == ("captured", 1000)
    assert taken_minor(stand_in) == 1000
    assert selectors.owed_minor("cash:stripe", "EUR") == 1000


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_to_a_release_leaves_no_hold(paid_story, stand_in, fault):
    payment = paid_story.held()
    break_next(stand_in, CANCEL, fault)
    release_hold(payment_id=payment.pk)
    settle_payments(in_flight=AT_ONCE)
    payment.refresh_from_db()
    assert payment.status == "voided"
    assert statuses(stand_in) == ["canceled"]


def test_a_call_that_may_still_be_under_way_is_not_repeated(paid_story, stand_in):
    payment = paid_story.asked(paid_story.session(status="active"))
    break_next(stand_in, CREATE, "drop_before")
    request_hold(payment_id=payment.pk)
    settle_payments()
    assert intents(stand_in) == []
    with clock.at(clock.now() + timedelta(minutes=2)):
        settle_payments()
    assert statuses(stand_in) == ["requires_capture"]


def test_an_outage_stops_nothing_and_is_repaired_by_the_sweep(paid_story, stand_in):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    bill_session(session_id=session.pk)
    stand_in.pull("faults", drop_before=1.0)
    collect(session_id=session.pk)
    assert settle_payments(in_flight=AT_ONCE).troubles
    stand_in.pull("faults")
    settle_payments(in_flight=AT_ONCE)
    payment.refresh_from_db()
    assert payment.captured_minor == 1000


def test_a_hold_that_appears_after_it_was_given_up_is_let_go(paid_story, stand_in):
    from payments.providers import provider
    from payments.services.applying import fail_payment
    from payments.services.payments import _hold_request, apply_found

    payment = paid_story.asked()
    request = _hold_request(Payment.objects.get(pk=payment.pk), "")
    fail_payment(payment_id=payment.pk, code="not_done", message="")
    late = provider().hold(request, key="late")
    apply_found(payment_id=payment.pk, intent=late)
    payment.refresh_from_db()
    assert payment.status == "failed"
    assert statuses(stand_in) == ["canceled"]


def test_a_hold_that_ran_out_is_noticed_and_the_card_asked_again(paid_story, stand_in):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    bill_session(session_id=session.pk)
    stand_in.pull("clock", offset_s=8 * 86_400)
    collect(session_id=session.pk)
    settle_payments(in_flight=AT_ONCE)
    collect(session_id=session.pk)
    payment.refresh_from_db()
    assert payment.status == "voided"
    assert taken_minor(stand_in) == 1000


def test_a_hold_that_nobody_followed_is_released_by_the_sweep(paid_story, stand_in):
    payment = paid_story.held()
    with clock.at(clock.now() + timedelta(minutes=16)):
        settle_payments()
    payment.refresh_from_db()
    assert payment.status == "voided"


def test_a_session_whose_end_was_never_told_is_billed_by_the_sweep(paid_story, stand_in):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    with clock.at(clock.now() + timedelta(minutes=5)):
        settle_payments()
    payment.refresh_from_db()
    assert payment.captured_minor == 1000


def test_what_the_dashboard_captured_is_taken_over(paid_story, stand_in):
    payment = paid_story.held()
    stand_in.client().v1.payment_intents.capture(payment.provider_ref, {"amount_to_capture": 42})
    look_again(payment_id=payment.pk)
    payment.refresh_from_db()
    assert (payment.status, payment.captured_minor) == ("captured", 42)


# --- sessions that a card started


def test_the_hold_follows_a_session_that_a_card_started(paid_story, stand_in):
    session = paid_story.session(status="active")
    first, second = hold_for_session(session_id=session.pk), hold_for_session(session_id=session.pk)
    assert first.status == "authorized"
    assert first.pk == second.pk
    assert len(intents(stand_in)) == 1


def test_a_decline_stops_the_session_and_the_energy_is_owed(story, stand_in):
    story.give_card("pm_card_chargeCustomerFail")
    station = story.evse.station
    station.is_connected = True
    station.save()
    session = story.session(status="active")
    assert hold_for_session(session_id=session.pk).status == "failed"
    deliver()
    assert StationCommand.objects.get().kind == "stop_session"
    session.status, session.ended_at, session.energy_wh = "completed", NOON + timedelta(minutes=3), 5_000
    session.save()
    bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    assert selectors.owed_minor(f"receivable:user.{story.driver.pk}", "EUR") == 250
    with clock.at(clock.now() + timedelta(hours=1)):
        assert selectors.debts({story.driver.pk}) == {story.driver.pk}


def test_where_charging_is_free_nothing_is_held(stand_in, paid_story):
    from tests.factories import EvseFactory

    session = paid_story.session(status="active", evse=EvseFactory())
    assert hold_for_session(session_id=session.pk) is None


# --- running costs


def test_a_charge_is_stopped_once_before_it_outgrows_its_hold(paid_story, stand_in):
    from payments.services.watching import watch_holds

    station = paid_story.evse.station
    station.is_connected = True
    station.save()
    session = paid_story.session(status="active", energy_wh=2_000)
    paid_story.held(session, amount_minor=500)
    assert watch_holds() == 0
    session.energy_wh = 9_600
    session.save()
    assert (watch_holds(), watch_holds()) == (1, 0)
    assert StationCommand.objects.get().kind == "stop_session"


def test_erasing_a_person_forgets_cards_and_keeps_the_books(paid_story, stand_in):
    from accounts.services import erase_person

    session = paid_story.session(energy_wh=20_000)
    paid_story.held(session)
    bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    erase_person(user=paid_story.driver)
    payment = Payment.objects.get()
    assert (payment.captured_minor, payment.email, payment.method.last4) == (1000, "", "")
    assert not payment.method.is_usable

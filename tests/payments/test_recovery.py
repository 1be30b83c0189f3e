"""What `./forecourt bench money` found: ways to die, or to hear late, that left money behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payments.models import Payment, ProviderOperation
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.holding import hold_for_session
from payments.services.payments import request_hold
from payments.services.recovery import settle_payments
from stations.models import StationCommand
from tests.payments.stories import deliver, intents, taken_minor

pytestmark = pytest.mark.django_db
AT_ONCE = timedelta(0)
CREATE, CAPTURE = "POST /v1/payment_intents", "POST /v1/payment_intents/*/capture"


def break_next(stand_in, match, fault):
    stand_in.pull("faults", next=[{"match": match, "fault": fault}])


def sweep():
    found = settle_payments(in_flight=AT_ONCE)
    assert found.troubles == []


def test_the_rest_is_asked_for_when_the_answer_to_the_holds_capture_was_lost(paid_story, stand_in):
    """The news of the bill is spent when the capture turns out to have happened."""
    session = paid_story.session(energy_wh=120_000)
    paid_story.held(session)
    bill_session(session_id=session.pk)
    break_next(stand_in, CAPTURE, "drop_after")
    collect(session_id=session.pk)
    deliver()
    sweep()
    sweep()
    assert taken_minor(stand_in) == 6000


def test_whoever_died_before_asking_the_card_is_followed_by_the_sweep(paid_story, stand_in):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.asked(session)
    bill_session(session_id=session.pk)
    sweep()
    payment.refresh_from_db()
    assert (payment.status, payment.captured_minor) == ("captured", 1000)


def test_whoever_died_between_not_done_and_the_next_try_is_followed_too(paid_story, stand_in):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.asked(session)
    break_next(stand_in, CREATE, "drop_before")
    request_hold(payment_id=payment.pk)
    ProviderOperation.objects.update(state="failed", error="looked: not done")
    bill_session(session_id=session.pk)
    sweep()
    assert taken_minor(stand_in) == 1000


def test_a_start_whose_maker_died_is_closed_and_asks_no_card(paid_story, stand_in):
    payment = paid_story.asked()
    sweep()
    payment.refresh_from_db()
    assert (payment.status, payment.failure_code) == ("failed", "not_done")
    assert intents(stand_in) == []


def test_a_payment_that_has_just_been_made_is_left_to_its_maker(paid_story, stand_in):
    payment = paid_story.asked()
    settle_payments()
    payment.refresh_from_db()
    assert payment.status == "created"


@pytest.mark.parametrize("fault", ["error_after", "drop_after"])
def test_a_decline_whose_answer_was_lost_fails_the_payment_and_stops_the_charge(story, stand_in, fault):
    story.give_card("pm_card_chargeCustomerFail")
    type(story.evse.station).objects.update(is_connected=True)
    session = story.session(status="active")
    break_next(stand_in, CREATE, fault)
    assert hold_for_session(session_id=session.pk).status == "created"
    sweep()
    deliver()
    payment = Payment.objects.get()
    assert (payment.status, payment.failure_code) == ("failed", "generic_decline")
    assert StationCommand.objects.get().kind == "stop_session"


def test_a_sweep_goes_through_all_that_is_open_whatever_is_stuck_before_it(paid_story, stand_in):
    """With a limit, as many that never succeed would hide the next one for ever."""
    for _ in range(600):
        ProviderOperation.objects.create(kind="setup", idempotency_key=f"stuck-{_}")
    payment = paid_story.asked(paid_story.session(status="active"))
    break_next(stand_in, CREATE, "drop_after")
    request_hold(payment_id=payment.pk)
    settle_payments()
    payment.refresh_from_db()
    assert payment.status == "authorized"

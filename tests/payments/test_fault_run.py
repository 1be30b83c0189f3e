"""Twenty charges while a quarter of the provider's answers to writes go wrong: not a cent off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Sum

from core.money import to_minor
from payments import selectors
from payments.models import ChargeDetailRecord, Payment, ProviderOperation, Refund, WebhookEvent
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.payments import request_hold
from payments.services.recovery import settle_payments
from payments.services.refunding import refund_payment
from payments.services.webhooks import receive_webhook
from tests.factories import EvseFactory
from tests.payments.stories import intents, signed_events, taken_minor
from tests.payments.test_races import at_once

pytestmark = pytest.mark.django_db
FAULTS = {"drop_before": 0.07, "error_before": 0.06, "error_after": 0.06, "drop_after": 0.06}


@pytest.mark.parametrize("seed", [1, 7])
def test_after_the_sweep_provider_ledger_and_bills_agree_to_the_minor_unit(paid_story, stand_in, seed):
    charges = [_charge(paid_story, number) for number in range(20)]
    stand_in.pull("faults", seed=seed, only="POST *", **FAULTS)
    for session, payment in charges:
        request_hold(payment_id=payment.pk)
        bill_session(session_id=session.pk)
        collect(session_id=session.pk)
    assert sum(stand_in.faults()["counts"].values()) > 5
    stand_in.pull("faults")
    settle_payments(in_flight=timedelta(0))
    settle_payments(in_flight=timedelta(0))
    _demand_agreement(stand_in, [session for session, _ in charges])


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_with_many_hands_each_lose_nothing_and_double_nothing(
    paid_story, stand_in, settings
):
    charges = [_charge(paid_story, number) for number in range(40)]
    stand_in.pull("faults", seed=3, only="POST *", **FAULTS)
    for number, (session, payment) in enumerate(charges):
        request_hold(payment_id=payment.pk)
        if number % 3:
            bill_session(session_id=session.pk)
        if number % 3 == 1:
            collect(session_id=session.pk)
    for payload, signature in signed_events(stand_in):
        receive_webhook(payload=payload, signature=signature)
    stand_in.pull("faults")
    settings.SIDE_BY_SIDE = True
    at_once(2, lambda: settle_payments(in_flight=timedelta(0)))
    sweep = settle_payments(in_flight=timedelta(0))
    assert sweep.troubles == []
    _demand_agreement(stand_in, [session for session, _ in charges])
    assert not WebhookEvent.objects.filter(processed_at=None).exists()


def _charge(story, number):
    evse = EvseFactory(station=story.evse.station, number=1000 + number)
    session = story.session(energy_wh=1000 * number, evse=evse)
    return session, story.asked(session)


def _demand_agreement(stand_in, sessions):
    billed = {r.session_id: to_minor(r.total_gross, r.currency) for r in ChargeDetailRecord.objects.all()}
    taken = dict(
        Payment.objects.values("session").annotate(sum=Sum("captured_minor")).values_list("session", "sum")
    )
    assert taken == billed
    assert len(billed) == len(sessions)
    assert taken_minor(stand_in) == sum(billed.values()) == selectors.owed_minor("cash:stripe", "EUR")
    assert not [intent for intent in intents(stand_in) if intent.status == "requires_capture"]
    assert not ProviderOperation.objects.filter(state__in=["written", "unknown"]).exists()
    assert set(Payment.objects.values_list("status", flat=True)) <= {"captured", "voided"}


@pytest.mark.parametrize("seed", [2, 8])
def test_refunds_under_faults_give_back_once_and_agree_to_the_minor_unit(paid_story, stand_in, seed):
    paid = [_paid(paid_story, number) for number in range(1, 13)]
    stand_in.pull("faults", seed=seed, only="POST /v1/refunds*", **dict.fromkeys(FAULTS, 0.12))
    for payment in paid:
        refund_payment(payment=payment, amount_minor=payment.captured_minor // 3, reason="too slow")
    assert sum(stand_in.faults()["counts"].values()) > 2
    stand_in.pull("faults")
    settle_payments(in_flight=timedelta(0))
    refunds = list(stand_in.client().v1.refunds.list({"limit": 100}).auto_paging_iter())
    given = {refund.payment_intent: refund.amount for refund in refunds}
    assert len(given) == len(refunds) == len(paid)
    assert given == {payment.provider_ref: payment.captured_minor // 3 for payment in paid}
    assert selectors.owed_minor("cash:stripe", "EUR") == taken_minor(stand_in) - sum(given.values())
    assert set(Refund.objects.values_list("status", flat=True)) == {"succeeded"}
    assert not ProviderOperation.objects.filter(state__in=["written", "unknown"]).exists()


def _paid(story, number):
    session, payment = _charge(story, number)
    request_hold(payment_id=payment.pk)
    bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    payment.refresh_from_db()
    return payment

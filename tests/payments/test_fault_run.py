"""Twenty charges while a quarter of the provider's answers to writes go wrong: not a cent off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Sum

from core.money import to_minor
from payments import selectors
from payments.models import ChargeDetailRecord, Payment, ProviderOperation
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.payments import request_hold
from payments.services.recovery import settle_payments
from tests.factories import EvseFactory
from tests.payments.stories import intents, taken_minor

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

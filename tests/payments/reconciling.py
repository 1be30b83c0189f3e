"""Words for the tests of reconciliation: compare, see what is open, mend all, and plant one of each."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from payments.models import Payment
from payments.selectors.reconciling import open_discrepancies
from payments.services.mending import mend
from payments.services.reconciliation import ask_reconciliation, run_reconciliation
from tests.factories import UserFactory
from tests.payments.stories import NOON
from tests.payments.test_refunds import pay


def reconcile(story):
    asked = ask_reconciliation(organization=story.evse.organization)
    return run_reconciliation(run_id=asked.pk, quiet=timedelta(0))


def kinds(story):
    return sorted(open_discrepancies(story.evse.organization).values_list("kind", flat=True))


def mend_all(story, by, rounds=3):
    """Until nothing is left; what a mend brings to light is found by the next run."""
    for _ in range(rounds):
        for one in open_discrepancies(story.evse.organization):
            assert mend(discrepancy=one, by=by)
        reconcile(story)


_hours = count(1)


def earlier():
    """A moment at which no other charge of this stall began."""
    return NOON - timedelta(hours=next(_hours))


def charged(story, energy_wh=2_000):
    """Another session at the same stall."""
    return story.session(energy_wh=energy_wh, reported_start_at=earlier())


def plant(story, api) -> dict[str, str]:
    """One of each, made behind our back; answers kind by the provider's reference."""
    planted = {}
    paid = pay(story, reported_start_at=earlier())
    refund = api.v1.refunds.create({"payment_intent": paid.provider_ref, "amount": 250})
    planted[refund.id] = "refund_unknown"

    story.driver = UserFactory()
    story.give_card("pm_card_createDispute")
    disputed = pay(story, reported_start_at=earlier())
    planted[api.v1.disputes.list({"payment_intent": disputed.provider_ref}).data[0].id] = "dispute_unknown"

    story.driver = UserFactory()
    method = story.give_card("pm_card_visa")
    by_hand = story.held(charged(story))
    api.v1.payment_intents.capture(by_hand.provider_ref, {"amount_to_capture": 100})
    planted[by_hand.provider_ref] = "captured_elsewhere"

    expired = story.held(charged(story))
    api.v1.payment_intents.cancel(expired.provider_ref)
    planted[expired.provider_ref] = "hold_gone"

    unheard = story.held(charged(story))
    Payment.objects.filter(pk=unheard.pk).update(status="created", authorized_minor=0, authorized_at=None)
    planted[unheard.provider_ref] = "state_behind"

    api.v1.payment_methods.detach(method.provider_ref)
    planted[method.provider_ref] = "card_gone"

    stranger = api.v1.payment_intents.create(
        {
            "amount": 900, "currency": "eur", "capture_method": "manual", "payment_method": "pm_card_visa",
            "confirm": True, "return_url": "https://example.test/",
            "metadata": {"payment": "00000000-0000-4000-8000-000000000000"},
        }
    )  # fmt: skip
    planted[stranger.id] = "intent_unknown"
    return planted

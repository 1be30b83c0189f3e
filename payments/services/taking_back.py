"""Take a payout back, and follow what was taken back at the provider: the books owe it again.

What a host was paid too much is set off by the next statements; taking back is for what went to the wrong
place, or to somebody who will earn nothing more.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from accounts.models import User
from accounts.services import note_action
from core import clock
from core.live import nudge
from payments.models import HostPayout, ProviderOperation
from payments.providers import provider
from payments.providers.base import OutcomeUnknown, Refused, Transfer
from payments.services import ledger, operations
from payments.services.hosting import subject_of
from payments.services.operations import State, begin, mark, perform


class NothingToTakeBack(ValueError):
    """So much of this payout is not there to be taken back."""


def take_back(*, payout: HostPayout, amount_minor: int, reason: str, actor: User) -> HostPayout:
    """Reverse so much of a payout. After a lost answer the sweep looks what became of it.

    Raises NothingToTakeBack, Busy, Refused.
    """
    operation = _begin(payout, amount_minor, reason, actor)
    try:
        found = perform(
            operation,
            lambda key: provider().take_back(
                payout.provider_ref, amount_minor=amount_minor, currency=payout.currency, key=key
            ),
        )
    except OutcomeUnknown:
        return payout
    except Refused:
        nudge(f"org.{payout.organization_id}")
        raise
    return _settle(payout, operation, found)


@transaction.atomic(durable=True)
def _begin(payout: HostPayout, amount_minor: int, reason: str, actor: User) -> ProviderOperation:
    payout = HostPayout.objects.select_for_update().get(pk=payout.pk)
    if not 0 < amount_minor <= payout.left_minor:
        raise NothingToTakeBack(str(payout))
    request = {"amount_minor": amount_minor, "was_minor": payout.reversed_minor}
    operation = begin(kind=operations.REVERSAL, payout=payout, request=request)
    note_action(
        actor=actor,
        organization=payout.organization,
        action="host.take_back",
        subject=subject_of(payout.host),
        changes={"amount_minor": amount_minor, "currency": payout.currency, "reason": reason},
    )
    return operation


@transaction.atomic(durable=True)
def _settle(payout: HostPayout, operation: ProviderOperation, found: Transfer) -> HostPayout:
    payout = note_taken_back(payout=payout, found=found)
    mark(operation, State.DONE, response={"reversed_minor": found.reversed_minor})
    return payout


@transaction.atomic
def note_taken_back(*, payout: HostPayout, found: Transfer) -> HostPayout:
    """The provider says how much came back; the books follow. Repeatable, and never backwards."""
    payout = HostPayout.objects.select_for_update().get(pk=payout.pk)
    was_minor = payout.reversed_minor
    if found.reversed_minor > was_minor:
        payout.reversed_minor = found.reversed_minor
        payout.save(update_fields=["reversed_minor"])
        ledger.post_taken_back(payout=payout, provider=provider().name, was_minor=was_minor)
        nudge(f"org.{payout.organization_id}")
    return payout


def resume_reversal(operation: ProviderOperation, payout: HostPayout, in_flight: timedelta) -> None:
    """Look whether it was taken back; one that was not is marked so, and may be tried again."""
    found = provider().get_transfer(payout.provider_ref)
    if found.reversed_minor > int(operation.request["was_minor"]):
        _settle(payout, operation, found)
    elif operation.created_at <= clock.now() - in_flight:
        mark(operation, State.FAILED, error="looked: not done")

"""A card that its driver has removed is taken off at the provider too: written down, done, and looked after.

It pays no more from the moment of the click; the provider hears of it when it can.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from core import clock
from payments.models import PaymentMethod, ProviderOperation
from payments.providers import provider
from payments.providers.base import OutcomeUnknown, Refused
from payments.services import operations
from payments.services.cards import remove_card
from payments.services.operations import State, begin, mark, perform


def remove_and_detach(*, method: PaymentMethod) -> None:
    """The driver takes a card away. After a lost answer the sweep looks. Raises CardInUse."""
    with transaction.atomic(durable=True):
        remove_card(method=method)
        operation = _begin(method.provider_ref)
    _act(operation, method.provider_ref)


def resume_detach(operation: ProviderOperation, in_flight: timedelta) -> None:
    """Look whether the provider still has the card with its customer; then it is tried anew."""
    ref = str(operation.request["ref"])
    if not _is_attached(ref):
        mark(operation, State.DONE)
    elif operation.created_at <= clock.now() - in_flight:
        with transaction.atomic(durable=True):
            if not mark(operation, State.FAILED, error="looked: not done"):
                return
            again = _begin(ref)
        _act(again, ref)


def _begin(ref: str) -> ProviderOperation:
    account = PaymentMethod.objects.select_related("account").get(provider_ref=ref).account
    return begin(kind=operations.DETACH, account=account, request={"ref": ref})


def _act(operation: ProviderOperation, ref: str) -> None:
    try:
        perform(operation, lambda key: provider().detach_card(ref, key=key))
    except OutcomeUnknown:
        return
    except Refused:
        return  # the provider has it for nobody already, and the operation says so
    mark(operation, State.DONE)


def _is_attached(ref: str) -> bool:
    try:
        return bool(provider().get_card(ref).customer_ref)
    except Refused:
        return False

"""Write down, then act, then look (MONEY rule 5): the three steps of every provider operation.

1. `begin` writes the operation and its key, in a durable transaction of the caller.
2. `perform` makes the call, outside any transaction.
3. The caller settles: it applies what the provider said and marks the operation, in one durable
   transaction.

A crash or a lost answer leaves an open operation; `payments.services.recovery` looks first and
only then, when it was not done, lets a new attempt begin with a new key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from core import clock
from payments.models import BillingAccount, HostPayout, Payment, ProviderOperation, SiteHost
from payments.providers.base import Declined, OutcomeUnknown, Refused

T = TypeVar("T")
State = ProviderOperation.State

HOLD: Final = "hold"
CAPTURE: Final = "capture"
RELEASE: Final = "release"
CHECKOUT: Final = "checkout"
SETUP: Final = "setup"
CUSTOMER: Final = "customer"
PAYEE: Final = "payee"
TRANSFER: Final = "transfer"
DETACH: Final = "detach"
REVERSAL: Final = "reversal"
REFUND: Final = "refund"
OPEN: Final = (State.WRITTEN, State.UNKNOWN)


class Busy(RuntimeError):
    """The same operation is already under way; its outcome is being awaited or looked for."""


def begin(
    *,
    kind: str,
    payment: Payment | None = None,
    account: BillingAccount | None = None,
    host: SiteHost | None = None,
    payout: HostPayout | None = None,
    request: dict[str, Any] | None = None,
) -> ProviderOperation:
    """Write the operation with a key of its own. The caller holds the row lock of what moves money.

    Raises Busy while an earlier one of this kind is open.
    """
    whose = {"payment": payment, "account": account, "host": host, "payout": payout}
    earlier = ProviderOperation.objects.filter(kind=kind, **whose)
    if (payment or payout) and earlier.filter(state__in=OPEN).exists():
        raise Busy(f"{kind} of {_owner(whose)}")
    return ProviderOperation.objects.create(
        kind=kind,
        idempotency_key=f"{_owner(whose)}-{kind}-{earlier.count() + 1}",
        request=request or {},
        **whose,
    )


def _owner(whose: Mapping[str, Any]) -> str:
    """payment-<public id>, account-<number> …; "nobody" for what is at the provider and not ours."""
    named = (f"{name}-{getattr(row, 'public_id', row.pk)}" for name, row in whose.items() if row is not None)
    return next(named, "nobody")


def perform(operation: ProviderOperation, act: Callable[[str], T]) -> T:
    """Make the call with the operation's key. Marks and re-raises OutcomeUnknown and refusals."""
    try:
        return act(operation.idempotency_key)
    except OutcomeUnknown as error:
        mark(operation, State.UNKNOWN, error=error)
        raise
    except (Declined, Refused) as error:
        mark(operation, State.FAILED, error=error)
        raise


def mark(
    operation: ProviderOperation,
    state: str,
    *,
    response: dict[str, Any] | None = None,
    error: Exception | str = "",
) -> bool:
    """Move an open operation on; False when somebody else has settled it."""
    is_open = state in OPEN
    changed = ProviderOperation.objects.filter(pk=operation.pk, state__in=OPEN).update(
        state=state,
        response=response,
        error=str(error)[:2000],
        settled_at=None if is_open else clock.now(),
    )
    return bool(changed)

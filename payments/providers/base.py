"""What a payment provider promises us, in our words. Everything outside `providers` speaks these.

Amounts are integer minor units of the ISO currency. Every call that acts takes an idempotency key
and the provider account (empty: the installation's own). A call either returns, or raises:

- `Declined`: the card said no; nothing is held.
- `Refused`: the provider will never do this as asked.
- `OutcomeUnknown`: no answer that can be trusted; it may or may not have happened. Look before
  a second attempt, and give that a new key (MONEY rule 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ProviderError(Exception):
    """Base. `code` is the provider's word, `message` may be shown to the payer."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Declined(ProviderError):
    """The card said no. `code`: card_declined, insufficient_funds, authentication_required …"""


class Refused(ProviderError):
    """The request itself is refused; `code` e.g. payment_intent_unexpected_state."""


class OutcomeUnknown(ProviderError):
    """A lost or untrustworthy answer."""


class BadSignature(ValueError):
    """A webhook that the provider did not sign, or too long ago."""


class IntentStatus(StrEnum):
    NEEDS_CARD = "needs_card"
    NEEDS_ACTION = "needs_action"
    PROCESSING = "processing"
    HELD = "held"
    PAID = "paid"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A payment as the provider knows it. `payment_id` is our public id from its metadata."""

    ref: str
    status: IntentStatus
    amount_minor: int
    held_minor: int
    received_minor: int
    currency: str
    payment_id: str = ""
    method_ref: str = ""
    capture_before: datetime | None = None
    action_url: str = ""
    failure_code: str = ""
    failure_message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    ref: str
    customer_ref: str
    brand: str
    last4: str
    expires_month: int
    expires_year: int


class CheckoutStatus(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A visit to the hosted page. `url` is where the browser goes while it is open."""

    ref: str
    status: CheckoutStatus
    url: str = ""
    intent_ref: str = ""
    setup_method_ref: str = ""
    payment_id: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutRequest:
    """What the hosted page shall do: hold an amount, or (amount 0) only save a card.

    A customer's card that makes the hold is saved with it, unless `keeps_card` says no.
    """

    reference: str
    amount_minor: int
    currency: str
    description: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    customer_ref: str = ""
    email: str = ""
    locale: str = "auto"
    keeps_card: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """A hold on a saved card. `return_url` set: the payer is there and can be asked to confirm."""

    reference: str
    amount_minor: int
    currency: str
    description: str
    customer_ref: str
    method_ref: str
    return_url: str = ""


class RefundState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSeen:
    """A refund as the provider knows it. `refund_id` is our public id from its metadata; empty: not ours."""

    ref: str
    state: RefundState
    amount_minor: int
    currency: str
    intent_ref: str
    created_at: datetime
    refund_id: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One movement of the account's balance: `amount_minor` is signed, `fee_minor` what the provider kept.

    `intent_ref` names the payment that it belongs to; empty: none (a payout).
    """

    ref: str
    amount_minor: int
    fee_minor: int
    currency: str
    intent_ref: str = ""
    is_dispute: bool = False

    @property
    def own_fee_minor(self) -> int:
        """What the provider kept for a payment or a refund; a dispute's fee is told by the dispute."""
        return 0 if self.is_dispute else self.fee_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeSeen:
    """A dispute as the provider knows it; `status` in the words of `payments.models.Dispute`."""

    ref: str
    status: str
    amount_minor: int
    currency: str
    reason: str
    intent_ref: str
    opened_at: datetime
    due_at: datetime | None = None
    movements: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A webhook, verified: which object to look at again."""

    event_id: str
    type: str
    object_type: str
    object_ref: str
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Whom we pay, as the provider knows them. `is_payable`: they have said all that is needed."""

    ref: str
    is_payable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequest:
    """Money of our balance to a payee. `reference` is our public id, by which it is found again."""

    reference: str
    payee_ref: str
    amount_minor: int
    currency: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Money that was sent; `reversed_minor` of it came back."""

    ref: str
    amount_minor: int
    reversed_minor: int = 0


class Provider(Protocol):
    """One payment provider. The only implementation today is `payments.providers.stripe`."""

    name: str

    def create_customer(self, *, key: str, email: str, reference: str, account: str = "") -> str: ...

    def find_customer(self, *, email: str, reference: str, account: str = "") -> str | None: ...

    def open_checkout(self, request: CheckoutRequest, *, key: str, account: str = "") -> Checkout: ...

    def get_checkout(self, ref: str, *, account: str = "") -> Checkout: ...

    def expire_checkout(self, ref: str, *, key: str, account: str = "") -> Checkout: ...

    def smallest_charge_minor(self, currency: str) -> int: ...

    def hold(self, request: HoldRequest, *, key: str, account: str = "") -> Intent: ...

    def get_intent(self, ref: str, *, account: str = "") -> Intent: ...

    def find_intents(
        self, *, reference: str, customer_ref: str, since: datetime, account: str = ""
    ) -> list[Intent]: ...

    def capture(
        self, ref: str, *, amount_minor: int, currency: str, key: str, account: str = ""
    ) -> Intent: ...

    def release(self, ref: str, *, key: str, account: str = "") -> Intent: ...

    def get_card(self, ref: str, *, account: str = "") -> Card: ...

    def detach_card(self, ref: str, *, key: str, account: str = "") -> None: ...

    def create_payee(self, *, key: str, email: str, country: str, reference: str) -> Payee: ...

    def find_payee(self, *, reference: str, since: datetime) -> Payee | None: ...

    def get_payee(self, ref: str) -> Payee: ...

    def setup_url(self, ref: str, *, return_url: str, again_url: str) -> str: ...

    def transfer(self, request: TransferRequest, *, key: str) -> Transfer: ...

    def find_transfers(self, *, reference: str) -> list[Transfer]: ...

    def take_back(self, ref: str, *, amount_minor: int, currency: str, key: str) -> Transfer: ...

    def get_transfer(self, ref: str) -> Transfer: ...

    def transfers_since(self, since: datetime) -> Iterator[Transfer]: ...

    def give_back(
        self,
        intent_ref: str,
        *,
        refund_id: str,
        amount_minor: int,
        currency: str,
        key: str,
        account: str = "",
    ) -> RefundSeen: ...
    def get_refund(self, ref: str, *, account: str = "") -> RefundSeen: ...
    def refunds_of(self, intent_ref: str, *, account: str = "") -> list[RefundSeen]: ...
    def get_dispute(self, ref: str, *, account: str = "") -> DisputeSeen: ...
    def disputes_of(self, intent_ref: str, *, account: str = "") -> list[DisputeSeen]: ...
    def intents_since(self, since: datetime, *, account: str = "") -> Iterator[Intent]: ...
    def refunds_since(self, since: datetime, *, account: str = "") -> Iterator[RefundSeen]: ...
    def disputes_since(self, since: datetime, *, account: str = "") -> Iterator[DisputeSeen]: ...
    def movements_since(self, since: datetime, *, account: str = "") -> Iterator[Movement]: ...

    def read_webhook(self, payload: bytes, signature: str) -> Notice: ...

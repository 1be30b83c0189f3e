"""News from payments. `config/wiring.py` says who listens; handlers must be idempotent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRated(Event):
    """A session has its charge record: what it costs is final."""

    name: ClassVar[str] = "payments.SessionRated"
    session_id: int
    organization_id: int
    cdr_id: int
    total_minor: int
    currency: str
    at: datetime

    @property
    def subject(self) -> str:
        return f"session.{self.session_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCorrected(Event):
    """A session's record was credited and reissued.

    `owed_back_minor` was taken beyond the new total: it stands in the driver's favor until it is refunded.
    """

    name: ClassVar[str] = "payments.SessionCorrected"
    session_id: int
    organization_id: int
    cdr_id: int
    credit_id: int
    difference_minor: int
    owed_back_minor: int
    currency: str
    reason: str
    at: datetime

    @property
    def subject(self) -> str:
        return f"session.{self.session_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeptStallEvent(Event):
    kept_id: int
    organization_id: int
    at: datetime

    @property
    def subject(self) -> str:
        return f"kept_stall.{self.kept_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStallEnded(_KeptStallEvent):
    """A stall is kept no more: nobody came, it was given up, or nobody is to pay for it."""

    name: ClassVar[str] = "payments.KeptStallEnded"
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStallRated(_KeptStallEvent):
    """A stall was kept in vain, and that has its record: what it costs is final."""

    name: ClassVar[str] = "payments.KeptStallRated"
    cdr_id: int
    total_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptStallCorrected(_KeptStallEvent):
    """Its record was credited and reissued; `owed_back_minor` was taken beyond the new total."""

    name: ClassVar[str] = "payments.KeptStallCorrected"
    cdr_id: int
    credit_id: int
    difference_minor: int
    owed_back_minor: int
    currency: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceIssued(Event):
    """A company's invoice, or what credits it, has its number."""

    name: ClassVar[str] = "payments.InvoiceIssued"
    invoice_id: int
    organization_id: int
    company_id: int
    at: datetime

    @property
    def subject(self) -> str:
        return f"invoice.{self.invoice_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _PaymentEvent(Event):
    payment_id: int
    organization_id: int
    session_id: int | None = None
    kept_id: int | None = None
    evse_id: int | None = None
    driver_id: int | None = None
    at: datetime

    @property
    def subject(self) -> str:
        return f"payment.{self.payment_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAuthorized(_PaymentEvent):
    """The hold stands: energy may flow."""

    name: ClassVar[str] = "payments.PaymentAuthorized"
    authorized_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(_PaymentEvent):
    """The money was taken; the rest of the hold is free."""

    name: ClassVar[str] = "payments.PaymentCaptured"
    captured_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentVoided(_PaymentEvent):
    """The hold was released, or ran out; nothing was taken."""

    name: ClassVar[str] = "payments.PaymentVoided"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFailed(_PaymentEvent):
    """No hold came about, or it was lost. `code` is the provider's word."""

    name: ClassVar[str] = "payments.PaymentFailed"
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _RefundEvent(Event):
    refund_id: int
    payment_id: int
    organization_id: int
    amount_minor: int
    currency: str
    at: datetime

    @property
    def subject(self) -> str:
        return f"payment.{self.payment_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded(_RefundEvent):
    """Money of a payment went back, or is on its way."""

    name: ClassVar[str] = "payments.PaymentRefunded"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(_RefundEvent):
    """It did not arrive: the money is ours again."""

    name: ClassVar[str] = "payments.RefundFailed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeChanged(Event):
    """A payer's bank asks the money back, or has decided."""

    name: ClassVar[str] = "payments.DisputeChanged"
    dispute_id: int
    payment_id: int
    organization_id: int
    status: str
    at: datetime

    @property
    def subject(self) -> str:
        return f"payment.{self.payment_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationAsked(Event):
    """Somebody, or the day, wants provider, books and payments compared."""

    name: ClassVar[str] = "payments.ReconciliationAsked"
    run_id: int
    organization_id: int

    @property
    def subject(self) -> str:
        return f"reconciliation.{self.run_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSaved(Event):
    """A driver's card can pay from now on."""

    name: ClassVar[str] = "payments.CardSaved"
    user_id: int
    method_id: int

    @property
    def subject(self) -> str:
        return f"user.{self.user_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEnding(Event):
    """A driver's default card ends soon; said once per card."""

    name: ClassVar[str] = "payments.CardEnding"
    user_id: int
    method_id: int

    @property
    def subject(self) -> str:
        return f"user.{self.user_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtNoticed(Event):
    """A driver's charge is not paid, and it is time to say so. `step` 0 is the first notice."""

    name: ClassVar[str] = "payments.DebtNoticed"
    record_id: int
    organization_id: int
    step: int
    at: datetime

    @property
    def subject(self) -> str:
        return f"record.{self.record_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReceived(Event):
    """A provider's notice was stored; look at its object again."""

    name: ClassVar[str] = "payments.WebhookReceived"
    webhook_id: int

    @property
    def subject(self) -> str:
        return f"webhook.{self.webhook_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldNearlyUsed(Event):
    """A running charge has cost most of what is held for it."""

    name: ClassVar[str] = "payments.HoldNearlyUsed"
    payment_id: int
    organization_id: int
    session_id: int

    @property
    def subject(self) -> str:
        return f"session.{self.session_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceNearlyUsed(Event):
    """A running charge on a company's account has cost most of what it may."""

    name: ClassVar[str] = "payments.AllowanceNearlyUsed"
    charge_id: int
    organization_id: int
    session_id: int

    @property
    def subject(self) -> str:
        return f"session.{self.session_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostInvited(Event):
    """A site host is asked to say where their money goes."""

    name: ClassVar[str] = "payments.HostInvited"
    host_id: int
    organization_id: int

    @property
    def subject(self) -> str:
        return f"host.{self.host_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStated(Event):
    """A host's statement of a month is there."""

    name: ClassVar[str] = "payments.HostStated"
    statement_id: int
    organization_id: int

    @property
    def subject(self) -> str:
        return f"statement.{self.statement_id}"

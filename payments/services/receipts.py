"""Receipts: what a charge cost, in words, for the page, the PDF and the e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.urls import reverse

from accounts.notifications import send_message
from core.links import sign
from core.money import Money
from payments import selectors
from payments.models import ChargeDetailRecord, Payment, Refund
from payments.rating import explain
from payments.rating.bill import TaxTotal, read_left_out, read_line, read_tax
from payments.rating.explain import Explained
from payments.selectors.credits import credited_minor
from payments.selectors.refunds import ShownRefund
from payments.words import speech as speech
from stations.models import ChargingSession

LINK: Final = "receipt"
LINK_LASTS: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Everything a receipt shows, read from the record alone (the tariff may have changed)."""

    record: ChargeDetailRecord
    total: Money
    net: Money
    lines: tuple[Explained, ...]
    taxes: tuple[TaxTotal, ...]
    left_out: tuple[str, ...]
    payments: tuple[Payment, ...]
    paid: Money
    refunds: tuple[ShownRefund, ...]
    credited: Money
    open_amount: Money

    @property
    def remaining(self) -> Money:
        """What the charge costs after all."""
        return self.total - self.credited

    @property
    def seconds(self) -> int:
        return (self.record.ended_at - self.record.started_at) // timedelta(seconds=1)


def receipt_of(record: ChargeDetailRecord) -> Receipt:
    """A record in the active language, with how it was paid."""
    stored = record.lines
    words = speech()
    payments = tuple(selectors.payments_of(record.session))
    paid = sum(payment.captured_minor for payment in payments)
    refunds = tuple(selectors.refunds_of(record.session))
    returned = sum(payment.refunded_minor for payment in payments)
    credited = Money.of_minor(credited_minor(record.session_id), record.currency)
    total = Money(record.total_gross, record.currency).rounded()
    return Receipt(
        record=record,
        total=total,
        net=Money(record.total_net, record.currency).rounded(),
        lines=explain.explain_lines([read_line(line) for line in stored["lines"]], record.currency, words),
        taxes=tuple(read_tax(tax) for tax in stored["taxes"]),
        left_out=explain.explain_left_out([read_left_out(item) for item in stored["left_out"]], words),
        payments=payments,
        paid=Money.of_minor(paid, record.currency),
        refunds=refunds,
        credited=credited,
        open_amount=total - credited - Money.of_minor(paid - returned, record.currency),
    )


def receipt_link(record: ChargeDetailRecord) -> str:
    """An absolute, signed, expiring address for e-mails and guests."""
    return receipt_link_of(record.session)


def receipt_link_of(session: ChargingSession) -> str:
    """The same before the record is there: the page says so until then."""
    path = reverse("payments:receipt_link", args=[sign(LINK, str(session.public_id))])
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def send_receipt(*, payment_id: int) -> bool:
    """Mail the receipt to whoever paid; False when there is no record or no address."""
    payment = Payment.objects.select_related("account__user", "session").get(pk=payment_id)
    record = _record_of(payment)
    to = payment.email or (payment.account.user.email if payment.account else "")
    if record is None or not to:
        return False
    send_message(
        to=to,
        kind="receipt",
        context={"receipt": receipt_of(record), "url": receipt_link(record)},
        locale=payment.account.user.locale if payment.account else "en",
    )
    return True


def send_hold_warning(*, payment_id: int) -> bool:
    """Tell the payer that the charge will stop at what is held; False without an address."""
    wanted = ("account__user", "session__station__location")
    payment = Payment.objects.select_related(*wanted).get(pk=payment_id)
    to = payment.email or (payment.account.user.email if payment.account else "")
    if payment.session is None or not to:
        return False
    context = {
        "place": payment.session.station.location,
        "hold": Money.of_minor(payment.authorized_minor, payment.currency),
    }
    locale = payment.account.user.locale if payment.account else "en"
    send_message(to=to, kind="hold_nearly_used", context=context, locale=locale)
    return True


def send_refund_notice(*, refund_id: int) -> bool:
    """Tell whoever paid that money goes back; False where there is no address."""
    refund = Refund.objects.select_related("payment__account__user", "payment__session", "organization").get(
        pk=refund_id
    )
    payment, record = refund.payment, _record_of(refund.payment)
    to = payment.email or (payment.account.user.email if payment.account else "")
    if not to:
        return False
    send_message(
        to=to,
        kind="refund",
        context={
            "refund": selectors.shown_refund(refund),
            "seller": refund.organization.name,
            "url": receipt_link(record) if record else "",
        },
        locale=payment.account.user.locale if payment.account else "en",
    )
    return True


def _record_of(payment: Payment) -> ChargeDetailRecord | None:
    return selectors.record_of(payment.session) if payment.session else None

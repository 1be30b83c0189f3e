"""Receipts: what a charge cost, in words, for the page, the PDF and the e-mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.notifications import send_message
from core.links import sign
from core.money import Money
from core.ui.numbers import money_text
from payments import selectors
from payments.models import ChargeDetailRecord, CompanyCharge, Invoice, Occasion, Payment, Refund
from payments.rating import explain
from payments.rating.bill import TaxTotal, read_frozen_at, read_left_out, read_line, read_tax
from payments.rating.explain import Explained
from payments.selectors.credits import credited_minor
from payments.selectors.occasions import about
from payments.selectors.refunds import ShownRefund
from payments.words import speech as speech

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
    waived: tuple[Explained, ...]
    invoice: Invoice | None
    payments: tuple[Payment, ...]
    paid: Money
    refunds: tuple[ShownRefund, ...]
    given_back: Money
    open_amount: Money

    @property
    def remaining(self) -> Money:
        """What the charge costs after all."""
        return self.total - self.given_back

    @property
    def number(self) -> str:
        """As printed; charges on a company's account and the oldest records have only their own name."""
        return self.invoice.text if self.invoice else str(self.record.public_id)

    @property
    def seller(self) -> str:
        """Who sold it, as the numbered document says."""
        return self.invoice.issuer["legal_name"] if self.invoice else self.record.organization.name

    @property
    def seller_lines(self) -> tuple[str, ...]:
        """The seller's address and numbers, as they were."""
        return address_lines(self.invoice.issuer) if self.invoice else ()

    @property
    def frozen(self) -> str:
        """That the prices of the start held throughout, where another time would have had others."""
        frozen_at = read_frozen_at(self.record.lines)
        if frozen_at is None or not any(one.line.why.is_timely for one in self.lines):
            return ""
        local = frozen_at.astimezone(ZoneInfo(self.record.occasion.station.location.time_zone))
        return _("The prices of %(time)s, when the charge began, held throughout.") % {
            "time": date_format(local, "TIME_FORMAT")
        }

    @property
    def remarks(self) -> tuple[str, ...]:
        """Why it was corrected, what is waived, on whose account it goes, who collects."""
        return tuple(_remarks(self))

    @property
    def credited(self) -> ChargeDetailRecord | None:
        """The record in whose place this one was issued."""
        credit = self.record.reissue_of
        return credit.credit_of if credit else None

    @property
    def credited_number(self) -> str:
        return number_of(self.credited) if self.credited else ""

    @property
    def in_favor(self) -> Money:
        """What was paid beyond the total and not given back yet."""
        return self.paid - self.total

    @property
    def seconds(self) -> int:
        return (self.record.ended_at - self.record.started_at) // timedelta(seconds=1)


def receipt_of(record: ChargeDetailRecord) -> Receipt:
    """A record in the active language, with how it was paid."""
    stored = record.lines
    words = speech()
    payments = tuple(selectors.payments_of(record.occasion))
    paid = sum(payment.captured_minor for payment in payments)
    refunds = tuple(selectors.refunds_of(record.occasion))
    returned = sum(payment.refunded_minor for payment in payments)
    given_back = Money.of_minor(credited_minor(record.occasion), record.currency)
    total = Money(record.total_gross, record.currency).rounded()
    return Receipt(
        record=record,
        total=total,
        net=Money(record.total_net, record.currency).rounded(),
        lines=explain.explain_lines([read_line(line) for line in stored["lines"]], record.currency, words),
        taxes=tuple(read_tax(tax) for tax in stored["taxes"]),
        waived=explain.explain_lines(map(read_line, stored.get("waived", ())), record.currency, words),
        invoice=selectors.invoice_of(record),
        left_out=explain.explain_left_out([read_left_out(item) for item in stored["left_out"]], words),
        payments=payments,
        paid=Money.of_minor(paid, record.currency),
        refunds=refunds,
        given_back=given_back,
        open_amount=total - given_back - Money.of_minor(paid - returned, record.currency),
    )


def _remarks(receipt: Receipt) -> Iterator[str]:
    record = receipt.record
    if receipt.frozen:
        yield receipt.frozen
    if receipt.credited is not None:
        told = {"day": date_format(record.issued_at), "reason": record.correction["reason"]}
        yield _("Corrected on %(day)s, because: %(reason)s") % told
        yield _("It takes the place of %(number)s.") % {"number": receipt.credited_number}
    for line in receipt.waived:
        amount = money_text(line.line.gross, record.currency)
        yield _("Waived: %(what)s, %(amount)s") % {"what": line.what, "amount": amount}
    if record.company is not None:
        yield _("This charge goes on the account of %(company)s.") % {"company": record.company}
    if receipt.invoice and receipt.invoice.collector:
        yield _("The money is collected by %(collector)s.") % {"collector": receipt.invoice.collector}


def address_lines(party: Mapping[str, str]) -> tuple[str, ...]:
    """A party's snapshot as lines to print."""
    street, city = party.get("street", ""), f"{party.get('postal_code', '')} {party.get('city', '')}".strip()
    country = party.get("country_code", "") if street or city else ""
    address = ", ".join(part for part in (street, city, country) if part)
    numbers = [party.get("vat_number", ""), party.get("tax_number", "")]
    return tuple(part for part in (address, " · ".join(filter(None, numbers))) if part)


def number_of(record: ChargeDetailRecord) -> str:
    """The printed number of a record's receipt, or the record's own name."""
    invoice = selectors.invoice_of(record)
    return invoice.text if invoice else str(record.public_id)


def receipt_link(record: ChargeDetailRecord) -> str:
    """An absolute, signed, expiring address for e-mails and guests."""
    return receipt_link_of(record.occasion)


def receipt_link_of(occasion: Occasion) -> str:
    """The same before the record is there: the page says so until then."""
    path = reverse("payments:receipt_link", args=[sign(LINK, str(occasion.public_id))])
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def send_receipt(*, payment_id: int) -> bool:
    """Mail the receipt to whoever paid; False when there is no record or no address.

    What was paid in parts has one: the last part's.
    """
    payment = Payment.objects.select_related("account__user", "session", "kept").get(pk=payment_id)
    record = _record_of(payment)
    if record is None or _paid_on(payment):
        return False
    return _send(record, payment, kind="receipt")


def _paid_on(payment: Payment) -> bool:
    """Whether more of the same was paid after it."""
    same = Payment.objects.filter(captured_at__gt=payment.captured_at, captured_minor__gt=0)
    return payment.occasion is not None and same.filter(**about(payment.occasion)).exists()


def send_corrected_receipt(*, cdr_id: int) -> bool:
    """Mail the corrected receipt to the driver, or to the guest who paid; False without an address."""
    record = ChargeDetailRecord.objects.select_related("session__driver", "kept__driver").get(pk=cdr_id)
    payment = selectors.payments_of(record.occasion).select_related("account__user").last()
    return _send(record, payment, kind="receipt_corrected")


def _send(record: ChargeDetailRecord, payment: Payment | None, *, kind: str) -> bool:
    reader = payment.account.user if payment and payment.account else record.occasion.driver
    to = (payment.email if payment else "") or (reader.email if reader else "")
    if not to:
        return False
    locale = reader.locale if reader else "en"
    with translation.override(locale):
        context = {"receipt": receipt_of(record), "url": receipt_link(record)}
        send_message(to=to, kind=kind, context=context, locale=locale)
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


def send_allowance_warning(*, charge_id: int) -> bool:
    """Tell the driver that her charge will stop at what the account allows; False for a voucher's guest."""
    wanted = ("company", "session__driver", "session__station__location")
    charge = CompanyCharge.objects.select_related(*wanted).get(pk=charge_id)
    driver = charge.session.driver
    if driver is None or not driver.email:
        return False
    context = {"place": charge.session.station.location, "account": charge.company}
    send_message(to=driver.email, kind="allowance_nearly_used", context=context, locale=driver.locale)
    return True


def send_refund_notice(*, refund_id: int) -> bool:
    """Tell whoever paid that money goes back; False where there is no address."""
    wanted = ("payment__account__user", "payment__session", "payment__kept", "organization")
    refund = Refund.objects.select_related(*wanted).get(pk=refund_id)
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
    return selectors.record_of(payment.occasion) if payment.occasion else None

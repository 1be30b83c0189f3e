"""What was taken beyond what is owed goes back: after a correction that lowered a record's total."""

from __future__ import annotations

from payments.models import ChargeDetailRecord, Payment
from payments.selectors import record_of
from payments.selectors.credits import overpaid_of
from payments.selectors.occasions import about_record
from payments.services.refunding import refund_payment

Status = Payment.Status


def give_back_after_correction(*, payment_id: int) -> int:
    """A capture that was asked for just before a correction took the old total: the difference goes back."""
    occasion = Payment.objects.select_related("session", "kept").get(pk=payment_id).occasion
    record = record_of(occasion) if occasion else None
    if record is None or record.reissue_of_id is None:
        return 0
    return give_back_overpaid(record=record, reason=record.correction["reason"])


def give_back_overpaid(*, record: ChargeDetailRecord, reason: str) -> int:
    """Refund what was paid beyond the record, the newest payment first; minor units asked for.

    Safe to repeat: what is being refunded is no longer overpaid. What a terminal took is not ours to give
    back. Raises Busy while another refund of a payment is open; not inside a transaction.
    """
    left = overpaid = max(0, overpaid_of(record.occasion))
    for payment in Payment.objects.filter(**about_record(record), status=Status.CAPTURED).order_by("-pk"):
        amount = min(left, payment.captured_minor - payment.refunded_minor)
        if amount > 0 and payment.is_ours_to_return:
            refund_payment(payment=payment, amount_minor=amount, reason=reason)
            left -= amount
    return overpaid - left

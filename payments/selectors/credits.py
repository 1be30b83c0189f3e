"""What was sold, what of it was credited by refunds, and what was paid beyond it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db.models import F, Q, QuerySet, Sum

from core.money import to_minor
from payments.models import ChargeDetailRecord, Payment, PostingLine, Refund

SOLD: Final = Q(account__startswith="revenue:") | Q(account__startswith="tax:")


def billed_lines(record: ChargeDetailRecord) -> dict[str, int]:
    """What the record was posted as, without the driver's side (credits: negative)."""
    return _sums([f"cdr.{record.public_id}.bill"])


def credited_lines(refunds: QuerySet[Refund]) -> dict[str, int]:
    """What these refunds took back of revenue and tax, less what came back (debits: positive)."""
    ids = refunds.values_list("public_id", flat=True)
    return _sums([f"refund.{one}.{step}" for one in ids for step in ("credit", "undone")])


def _sums(references: list[str]) -> dict[str, int]:
    lines = PostingLine.objects.filter(SOLD, posting__reference__in=references).order_by()
    return dict(lines.values_list("account").annotate(total=Sum("amount_minor")))


def credited_minor(session_id: int) -> int:
    """How much less than its record's total is owed for a session, by goodwill."""
    return _credited({session_id}).get(session_id, 0)


def overpaid_minor(session_ids: Collection[int]) -> dict[int, int]:
    """What each billed session paid beyond what it owes; negative: what is open. Three queries."""
    records = ChargeDetailRecord.objects.standing().filter(session__in=session_ids)
    totals = {one.session_id: to_minor(one.total_gross, one.currency) for one in records}
    credited, paid = _credited(session_ids), _paid(session_ids)
    return {one: paid.get(one, 0) + credited.get(one, 0) - total for one, total in totals.items()}


def _credited(session_ids: Collection[int]) -> dict[int, int]:
    by_refunds = Q(posting__payment__session__in=session_ids, posting__reference__startswith="refund.")
    lines = PostingLine.objects.filter(SOLD, by_refunds).order_by()
    return dict(lines.values_list("posting__payment__session").annotate(total=Sum("amount_minor")))


def _paid(session_ids: Collection[int]) -> dict[int, int]:
    payments = Payment.objects.filter(session__in=session_ids).order_by()
    kept = F("captured_minor") - F("refunded_minor")
    return dict(payments.values_list("session").annotate(total=Sum(kept)))

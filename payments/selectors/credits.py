"""What was sold, what of it was credited by refunds, and what was paid beyond it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db.models import F, Q, QuerySet, Sum

from core.money import to_minor
from payments.models import ChargeDetailRecord, Occasion, Payment, PostingLine, Refund
from stations.models import ChargingSession

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


def credited_minor(occasion: Occasion) -> int:
    """How much less than its record's total is owed for an occasion, by goodwill."""
    return _credited(_kind(occasion), {occasion.pk}).get(occasion.pk, 0)


def overpaid_of(occasion: Occasion) -> int:
    """What was paid beyond what its record asks; negative: what is open. Without a record nothing."""
    return overpaid_minor(_kind(occasion), {occasion.pk}).get(occasion.pk, 0)


def overpaid_minor(kind: str, ids: Collection[int]) -> dict[int, int]:
    """The same of many billed sessions (`kind`: session) or kept stalls (kept), by id. Three queries."""
    records = ChargeDetailRecord.objects.standing().filter(**{f"{kind}__in": ids})
    totals = {getattr(one, f"{kind}_id"): to_minor(one.total_gross, one.currency) for one in records}
    credited, paid = _credited(kind, ids), _paid(kind, ids)
    return {one: paid.get(one, 0) + credited.get(one, 0) - total for one, total in totals.items()}


def _kind(occasion: Occasion) -> str:
    return "session" if isinstance(occasion, ChargingSession) else "kept"


def _theirs(kind: str, ids: Collection[int], prefix: str = "") -> Q:
    """Payments of these; one that was held for a stall and pays a session is the session's."""
    theirs = Q(**{f"{prefix}{kind}__in": ids})
    return theirs if kind == "session" else theirs & Q(**{f"{prefix}session": None})


def _credited(kind: str, ids: Collection[int]) -> dict[int, int]:
    place = "posting__payment__"
    by_refunds = _theirs(kind, ids, place) & Q(posting__reference__startswith="refund.")
    lines = PostingLine.objects.filter(SOLD, by_refunds).order_by()
    return dict(lines.values_list(f"{place}{kind}").annotate(total=Sum("amount_minor")))


def _paid(kind: str, ids: Collection[int]) -> dict[int, int]:
    payments = Payment.objects.filter(_theirs(kind, ids)).order_by()
    remaining = F("captured_minor") - F("refunded_minor")
    return dict(payments.values_list(kind).annotate(total=Sum(remaining)))

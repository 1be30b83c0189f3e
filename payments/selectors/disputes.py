"""Disputes, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Sum

from accounts.models import Organization
from core.money import Money
from payments.models import Dispute, PostingLine
from payments.states import DISPUTE_TO_ANSWER
from stations.models import ChargingSession


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDispute:
    dispute: Dispute
    amount: Money

    @property
    def is_to_answer(self) -> bool:
        return self.dispute.status in DISPUTE_TO_ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeMoney:
    """What a dispute cost so far: withheld by the bank, lost, and the provider's fees."""

    withheld: Money
    lost: Money
    fees: Money


def disputes_of(organization: Organization, limit: int = 100) -> list[Dispute]:
    """Those to answer first, by their due date; then the others, the newest first."""
    found = Dispute.objects.filter(organization=organization).select_related("payment__session")
    newest = list(found.order_by("-opened_at")[:limit])
    urgent = [one for one in newest if one.status in DISPUTE_TO_ANSWER]
    urgent.sort(key=lambda one: one.due_at or one.opened_at)
    return urgent + [one for one in newest if one not in urgent]


def disputes_of_session(session: ChargingSession) -> list[ShownDispute]:
    found = Dispute.objects.filter(payment__session=session).order_by("opened_at")
    return [shown_dispute(one) for one in found]


def shown_dispute(one: Dispute) -> ShownDispute:
    return ShownDispute(dispute=one, amount=Money.of_minor(one.amount_minor, one.currency))


def money_of(dispute: Dispute) -> DisputeMoney:
    """Read from the books, in the currency of the provider's account."""
    reference = f"dispute.{dispute.public_id}."
    lines = PostingLine.objects.filter(posting__reference__startswith=reference).order_by()
    currency = lines.values_list("currency", flat=True).first() or dispute.currency
    sums = dict(lines.values_list("account").annotate(total=Sum("amount_minor")))

    def of(account: str) -> Money:
        return Money.of_minor(sums.get(account, 0), currency)

    return DisputeMoney(
        withheld=of("withheld:disputes"), lost=of("expense:disputes"), fees=of("expense:dispute_fees")
    )


def disputes_to_answer(user: Any) -> QuerySet[Dispute]:
    open_ones = Dispute.objects.visible_to(user).filter(status__in=DISPUTE_TO_ANSWER)
    return open_ones.select_related("organization").order_by("due_at", "opened_at")

"""Refunds, as pages show them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from core.money import Money
from payments.models import Occasion, Payment, Refund
from payments.selectors.balances import available_minor
from payments.selectors.occasions import about
from stations.models import ChargingSession

MADE_THERE: Final = "Made at the payment provider"
OVERPAID: Final = "More was taken than was billed"
TAKEN_BACK: Final = "The driver took back what was not used"
OUR_REASONS: Final = {
    MADE_THERE: _("Made at the payment provider"),
    OVERPAID: _("More was taken than was billed"),
    TAKEN_BACK: _("The driver took back what was not used"),
}
"""Reasons that no person wrote, in the reader's language."""

FAILURES_SHOWN: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRefund:
    refund: Refund
    amount: Money

    @property
    def why(self) -> str:
        return str(OUR_REASONS.get(self.refund.reason, self.refund.reason))

    @property
    def is_undone(self) -> bool:
        return self.refund.status in (Refund.Status.FAILED, Refund.Status.CANCELED)

    @property
    def status_word(self) -> str:
        return f"refund_{self.refund.status}"


def shown_refund(refund: Refund) -> ShownRefund:
    return ShownRefund(refund=refund, amount=Money.of_minor(refund.amount_minor, refund.currency))


def refunds_of(occasion: Occasion) -> list[ShownRefund]:
    """Every refund of the occasion's payments, the oldest first."""
    found = Refund.objects.filter(**about(occasion, "payment__")).select_related("by", "payment")
    return [shown_refund(one) for one in found.order_by("created_at", "pk")]


def refunded_by_session(sessions: Collection[ChargingSession]) -> dict[int, Money]:
    """What went back of the payments of these sessions, by session id; those without are left out."""
    returned = Payment.objects.filter(session__in=sessions, refunded_minor__gt=0).order_by()
    sums = returned.values_list("session_id", "currency").annotate(Sum("refunded_minor"))
    return {session_id: Money.of_minor(minor, currency) for session_id, currency, minor in sums if session_id}


def refundable(payment: Payment) -> Money | None:
    """What can still be given back of a payment; None where nothing can. What was paid in ahead and is spent
    stays."""
    left_minor = payment.captured_minor - payment.refunded_minor
    if payment.tops_up is not None:
        left_minor = min(left_minor, available_minor(payment.tops_up))
    if payment.status != Payment.Status.CAPTURED or not payment.is_ours_to_return or left_minor <= 0:
        return None
    return Money.of_minor(left_minor, payment.currency)


def failed_refunds(user: Any) -> QuerySet[Refund]:
    """Refunds that did not arrive lately, while none of their payment has been asked for since."""
    since = Refund.objects.filter(payment=OuterRef("payment"), created_at__gt=OuterRef("settled_at"))
    lately = Q(settled_at__gt=clock.now() - FAILURES_SHOWN)
    failed = Refund.objects.visible_to(user).filter(lately, ~Exists(since), status=Refund.Status.FAILED)
    return failed.select_related("organization", "payment__session").order_by("settled_at")


def latest_refunds(organization: Organization, limit: int = 20) -> list[ShownRefund]:
    """The newest refunds of a network."""
    found = Refund.objects.filter(organization=organization).select_related("payment__session", "by")
    return [shown_refund(one) for one in found.order_by("-created_at")[:limit]]

"""What of money needs an operator (settings: `ATTENTION_SOURCES`)."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts import permissions
from payments.models import Discrepancy, Dispute, Payment, Refund
from payments.selectors import differing, failed_refunds, unpaid
from payments.selectors.disputes import disputes_to_answer
from payments.selectors.reconciling import waiting_discrepancies
from stations.attention import Attention

Row = TypeVar("Row", Discrepancy, Dispute, Refund)


def settlements(user: Any) -> list[Attention]:
    """Terminals at chargers that settled something else than our price."""
    visible = Payment.objects.visible_to(user).select_related("organization")
    found = [one for one in differing(visible) if permissions.may_see_money(user, one.organization)]
    if not found:
        return []
    detail = ngettext_lazy(
        "%(count)d settlement of a terminal is not what we would have billed.",
        "%(count)d settlements of terminals are not what we would have billed.",
        "count",
    )
    return [
        Attention(
            role="wait",
            icon="credit-card",
            title=_("Money of terminals differs"),
            detail=detail % {"count": len(found)},
            since=found[-1].created_at,
            href=f"{reverse('payments:revenue')}#settlements",
            action=_("Look"),
        )
    ]


def disputes(user: Any) -> list[Attention]:
    """Payers whose bank asks money back, while an answer counts."""
    found = _of_money(user, disputes_to_answer(user))
    if not found:
        return []
    detail = ngettext_lazy(
        "%(count)d dispute has to be answered, the next until %(day)s.",
        "%(count)d disputes have to be answered, the next until %(day)s.",
        "count",
    )
    due_at = found[0].due_at or found[0].opened_at
    return [
        Attention(
            role="fault",
            icon="circle-alert",
            title=_("A bank asks money back"),
            detail=detail % {"count": len(found), "day": date_format(localtime(due_at), "SHORT_DATE_FORMAT")},
            since=min(one.opened_at for one in found),
            href=reverse("payments:disputes"),
            action=_("Look"),
        )
    ]


def refunds(user: Any) -> list[Attention]:
    """Money that did not arrive at its payer: it is ours again, and the payer was promised it."""
    return [
        Attention(
            role="fault",
            icon="rotate-ccw",
            title=_("A refund did not arrive"),
            detail=one.failure or _("The payer's bank did not take it."),
            since=one.settled_at,
            href=_place_of(one),
            action=_("Look"),
        )
        for one in _of_money(user, failed_refunds(user))
    ]


def hopeless_debts(user: Any) -> list[Attention]:
    """Charges that no reminder could bring in: somebody has to decide."""
    found = [
        debt
        for debt in unpaid.hopeless_debts(user)
        if permissions.may_see_money(user, debt.record.organization)
    ]
    if not found:
        return []
    detail = ngettext_lazy(
        "%(count)d charge is not paid after all reminders. Write it off, or ask the driver yourself.",
        "%(count)d charges are not paid after all reminders. Write them off, or ask the drivers yourself.",
        "count",
    )
    return [
        Attention(
            role="wait",
            icon="circle-dollar-sign",
            title=_("Charges that nobody pays"),
            detail=detail % {"count": len(found)},
            since=found[0].record.issued_at,
            href=f"{reverse('payments:revenue')}#debts",
            action=_("Decide"),
        )
    ]


def discrepancies(user: Any) -> list[Attention]:
    """What reconciliation found and nobody has mended."""
    found = _of_money(user, waiting_discrepancies(user))
    if not found:
        return []
    detail = ngettext_lazy(
        "%(count)d thing does not agree between payment provider and books.",
        "%(count)d things do not agree between payment provider and books.",
        "count",
    )
    return [
        Attention(
            role="wait",
            icon="badge-check",
            title=_("Reconciliation found something"),
            detail=detail % {"count": len(found)},
            since=found[0].found_at,
            href=reverse("payments:reconciliation"),
            action=_("Mend"),
        )
    ]


def _of_money(user: Any, rows: QuerySet[Row]) -> list[Row]:
    """Those of organizations whose money the person may see."""
    return [one for one in rows if permissions.may_see_money(user, one.organization)]


def _place_of(refund: Refund) -> str:
    session = refund.payment.session
    return reverse("stations:session", args=[session.public_id]) if session else reverse("payments:revenue")

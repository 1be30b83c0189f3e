"""Our side of a reconciliation, and what its page shows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from accounts.models import Organization
from payments.comparing import OurPayment, OurPayout, OurRefund
from payments.models import (
    Discrepancy,
    Dispute,
    HostPayout,
    Payment,
    PaymentMethod,
    PostingLine,
    ProviderOperation,
    ReconciliationRun,
    Refund,
)
from payments.selectors.credits import overpaid_minor
from payments.selectors.fees import posted_fees
from payments.states import DISPUTE_CLOSED

CARDS_WITHIN: Final = timedelta(days=90)
OPEN_OPERATION: Final = ("written", "unknown")


def payments_to_compare(
    organization: Organization, *, since: datetime, quiet_since: datetime, refs: Collection[str]
) -> list[Payment]:
    """Those of the time, every hold, what `refs` name and what is open; not what is changing just now."""
    chosen = Q(created_at__gte=since) | Q(captured_at__gte=since) | Q(status=Payment.Status.AUTHORIZED)
    disputed = Dispute.objects.filter(payment=OuterRef("pk")).exclude(status__in=DISPUTE_CLOSED)
    chosen |= Q(provider_ref__in=refs) | Exists(_open_about()) | Exists(disputed)
    at_work = ProviderOperation.objects.filter(payment=OuterRef("pk"), state__in=OPEN_OPERATION)
    moving = Refund.objects.filter(payment=OuterRef("pk")).filter(
        Q(created_at__gt=quiet_since) | Q(settled_at__gt=quiet_since)
    )
    found = Payment.objects.filter(chosen, ~Exists(at_work), ~Exists(moving), organization=organization)
    found = found.exclude(provider_ref="", checkout_ref="").filter(created_at__lte=quiet_since)
    settled = Q(closed_at=None) | Q(closed_at__lte=quiet_since)
    authorized = Q(authorized_at=None) | Q(authorized_at__lte=quiet_since)
    wanted = ("session", "account__user")
    return list(
        found.filter(settled, authorized).select_related(*wanted).prefetch_related("refunds", "disputes")
    )


def _open_about() -> QuerySet[Discrepancy]:
    return Discrepancy.objects.filter(payment=OuterRef("pk"), state=Discrepancy.State.OPEN)


def our_payments(payments: Collection[Payment], *, provider: str, whole_since: datetime) -> list[OurPayment]:
    """The payments as values, with what the books say of each."""
    cash = _cash(payments, provider)
    asked = set(
        ProviderOperation.objects.filter(payment__in=payments, kind="capture").values_list(
            "payment_id", flat=True
        )
    )
    overpaid, fees = _overpaid(payments), posted_fees(payments)
    return [
        OurPayment(
            pk=one.pk,
            payment_id=str(one.public_id),
            ref=one.provider_ref,
            status=one.status,
            currency=one.currency,
            captured_minor=one.captured_minor,
            cash_minor=cash.get(one.pk, 0),
            overpaid_minor=overpaid.get(one.pk, 0),
            is_whole=one.created_at >= whole_since,
            asked_to_capture=one.pk in asked,
            refunds=tuple(_our_refund(refund) for refund in one.refunds.all()),
            disputes={dispute.provider_ref: dispute.status for dispute in one.disputes.all()},
            fees=fees.get(one.pk, {}),
        )
        for one in payments
    ]


def _our_refund(refund: Refund) -> OurRefund:
    return OurRefund(
        ref=refund.provider_ref,
        refund_id=str(refund.public_id),
        status=refund.status,
        amount_minor=refund.amount_minor,
    )


def _cash(payments: Collection[Payment], provider: str) -> dict[int, int]:
    lines = PostingLine.objects.filter(posting__payment__in=payments, account=f"cash:{provider}").order_by()
    sums = lines.values_list("posting__payment_id").annotate(Sum("amount_minor"))
    return {payment_id: minor for payment_id, minor in sums if payment_id}


def _overpaid(payments: Collection[Payment]) -> dict[int, int]:
    """What was paid for an occasion beyond its bill, under its newest captured payment."""
    captured = sorted((one for one in payments if one.captured_minor), key=lambda one: one.pk)
    sessions = {one.session_id: one.pk for one in captured if one.session_id}
    kept = {one.kept_id: one.pk for one in captured if one.kept_id and not one.session_id}
    found = ((sessions, overpaid_minor("session", sessions)), (kept, overpaid_minor("kept", kept)))
    return {pk: paid.get(one, 0) for newest, paid in found for one, pk in newest.items()}


def cards_to_compare(organization: Organization, *, now: datetime) -> QuerySet[PaymentMethod]:
    """The usable cards of those who paid here lately."""
    lately = Payment.objects.filter(
        account=OuterRef("account"), organization=organization, created_at__gte=now - CARDS_WITHIN
    )
    return PaymentMethod.objects.filter(Exists(lately), is_usable=True).select_related("account")


def payouts_to_compare(organization: Organization) -> list[OurPayout]:
    """Those that were paid, and are not being taken back at this moment."""
    at_work = ProviderOperation.objects.filter(payout=OuterRef("pk"), state__in=OPEN_OPERATION)
    paid = HostPayout.objects.filter(
        ~Exists(at_work), organization=organization, status=HostPayout.Status.PAID
    )
    return [
        OurPayout(ref=one.provider_ref, reversed_minor=one.reversed_minor, currency=one.currency)
        for one in paid
    ]


def known_payments(ids: Collection[str]) -> dict[str, str]:
    """Which of these public ids are payments here, of any organization, and their provider's references."""
    found = Payment.objects.filter(public_id__in=ids).values_list("public_id", "provider_ref")
    return {str(public_id): ref for public_id, ref in found}


def organizations_that_collect() -> QuerySet[Organization]:
    """Those with payments at the provider."""
    paid = Payment.objects.filter(organization=OuterRef("pk")).exclude(provider_ref="", checkout_ref="")
    return Organization.objects.filter(Exists(paid)).order_by("pk")


# --- the page --------------------------------------------------------------------------------


def latest_runs(organization: Organization, limit: int = 14) -> QuerySet[ReconciliationRun]:
    runs = ReconciliationRun.objects.filter(organization=organization).select_related("by")
    return runs.order_by("-created_at")[:limit]


def open_discrepancies(organization: Organization) -> QuerySet[Discrepancy]:
    found = Discrepancy.objects.filter(organization=organization, state=Discrepancy.State.OPEN)
    return found.select_related("payment__session").order_by("found_at", "pk")


def waiting_discrepancies(user: Any) -> QuerySet[Discrepancy]:
    waiting = Discrepancy.objects.visible_to(user).filter(state=Discrepancy.State.OPEN)
    return waiting.select_related("organization").order_by("found_at")


def closed_discrepancies(organization: Organization, limit: int = 50) -> QuerySet[Discrepancy]:
    found = Discrepancy.objects.filter(organization=organization).exclude(state=Discrepancy.State.OPEN)
    return found.select_related("payment__session", "mended_by").order_by("-closed_at", "-pk")[:limit]

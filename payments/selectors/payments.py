"""Tariffs, payments, cards and records."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet

from accounts.models import Organization, User
from core import clock
from core.money import Money
from payments.models import (
    BillingAccount,
    ChargeDetailRecord,
    Invoice,
    KeptStall,
    Occasion,
    Payment,
    PaymentMethod,
    Tariff,
    TariffAssignment,
)
from payments.selectors.occasions import about
from payments.selectors.refunds import refundable


def current_tariffs(organization: Organization) -> QuerySet[Tariff]:
    """Every tariff's newest version, with where it holds and will hold."""
    newest = (
        Tariff.objects.filter(organization=organization)
        .order_by("public_id", "-version")
        .distinct("public_id")
        .values("pk")
    )
    lasting = Q(during__endswith__isnull=True) | Q(during__endswith__gt=clock.now())
    places = ("group", "location", "station", "evse")
    holds = TariffAssignment.objects.filter(lasting).select_related(*places).order_by("during")
    return (
        Tariff.objects.filter(pk__in=newest).prefetch_related(Prefetch("assignments", holds)).order_by("name")
    )


def payments_of(occasion: Occasion) -> QuerySet[Payment]:
    return Payment.objects.filter(**about(occasion)).select_related("method").order_by("created_at")


def open_payment_of(occasion: Occasion) -> Payment | None:
    """The hold that a session runs on, or that waits for whoever booked."""
    open_ones = Payment.objects.filter(status__in=("created", "requires_action", "authorized"))
    return open_ones.filter(**about(occasion)).first()


def record_of(occasion: Occasion) -> ChargeDetailRecord | None:
    """The standing record: the reissued one if it was credited."""
    return ChargeDetailRecord.objects.standing().filter(**about(occasion)).first()


def invoice_of(record: ChargeDetailRecord) -> Invoice | None:
    """The numbered document of a record."""
    return Invoice.objects.filter(cdr=record).first()


def default_method(account: BillingAccount) -> PaymentMethod | None:
    return account.methods.filter(is_default=True, is_usable=True).first()


def cards_of(user: User) -> QuerySet[PaymentMethod]:
    return PaymentMethod.objects.filter(account__user=user, is_usable=True).order_by("-is_default", "pk")


_WITH_CARD = """
select a.user_id from payments_billingaccount a join payments_paymentmethod m on m.account_id = a.id
 where a.user_id = any(%s) and m.is_default and m.is_usable
"""


def users_with_card(user_ids: set[int]) -> set[int]:
    """Who of these people has a usable default card. One query, in SQL: every start asks it."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH_CARD, [list(user_ids)])
        return {user_id for (user_id,) in cursor.fetchall()}


def waiting_for(*, driver_id: int, evse_id: int) -> Payment | None:
    """What is held for the driver's booking here: she may come still, or her charge has just begun."""
    may_come = (KeptStall.Outcome.OPEN, KeptStall.Outcome.USED)
    held = Payment.objects.filter(status=Payment.Status.AUTHORIZED, session=None, payer_key="")
    theirs = held.filter(kept__driver=driver_id, kept__evse=evse_id, kept__outcome__in=may_come)
    return theirs.order_by("kept__starts_at").first()


def holds_waiting(user_ids: set[int]) -> set[tuple[int | None, int | None]]:
    """Who has a hold for which EVSE that no session uses yet: (user, EVSE). One query."""
    found = Payment.objects.filter(account__user__in=user_ids, status=Payment.Status.AUTHORIZED, session=None)
    return set(found.values_list("account__user_id", "evse_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPayment:
    """A payment with its amounts as money, for pages."""

    payment: Payment
    requested: Money
    authorized: Money
    captured: Money
    refunded: Money
    left: Money | None
    difference: Money

    @property
    def is_stuck(self) -> bool:
        """Waiting for the provider's word, or for somebody."""
        return self.payment.status in (Payment.Status.CREATED, Payment.Status.REQUIRES_ACTION)


def shown_payment(payment: Payment) -> ShownPayment:
    return ShownPayment(
        payment=payment,
        requested=Money.of_minor(payment.requested_minor, payment.currency),
        authorized=Money.of_minor(payment.authorized_minor, payment.currency),
        captured=Money.of_minor(payment.captured_minor, payment.currency),
        refunded=Money.of_minor(payment.refunded_minor, payment.currency),
        left=refundable(payment),
        difference=Money.of_minor(payment.difference_minor or 0, payment.currency),
    )


def differing(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    """Those that a terminal settled otherwise than our price, and nobody has looked at, the newest first."""
    found = payments.filter(difference_minor__isnull=False, looked_at=None).exclude(difference_minor=0)
    return found.order_by("-created_at")


def latest_payments(organization: Organization, limit: int = 50) -> QuerySet[Payment]:
    """The newest payments, with what a list shows of them."""
    wanted = ("method", "session", "kept", "tops_up", "evse__station__location", "account__user")
    found = Payment.objects.filter(organization=organization).select_related(*wanted)
    return found.order_by("-created_at")[:limit]

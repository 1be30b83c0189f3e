"""Drivers' charges that are not paid although nobody is asking a card any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import (
    CharField,
    Count,
    Exists,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat

from accounts.models import Organization
from core import clock
from core.money import Money, to_minor
from payments.models import ChargeDetailRecord, Payment, Posting
from payments.selectors.books import DEBT_SETTLES_IN
from payments.selectors.occasions import of_driver
from payments.selectors.paying import Way, way_at
from payments.states import OPEN_PAYMENT

LOOKED_BACK: Final = timedelta(days=120)
UNPAID_FOR: Final = timedelta(days=1)
"""So long the sweep asks; later it is a debt, and the driver is asked."""
NOTICES: Final = (timedelta(0), timedelta(days=3), timedelta(days=7))
"""When a driver is told, counted from the first notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """What is missing of one record. `told` notices were sent, the first and last at these times."""

    record: ChargeDetailRecord
    missing: Money
    told: int
    first_told_at: datetime | None
    last_told_at: datetime | None

    @property
    def is_hopeless(self) -> bool:
        """Every reminder was sent: a candidate to be written off."""
        return self.told >= len(NOTICES)

    @property
    def next_notice_at(self) -> datetime | None:
        """None when all were sent."""
        if self.is_hopeless:
            return None
        return self.first_told_at + NOTICES[self.told] if self.first_told_at else self.record.issued_at


def unpaid_debts(organization: Organization | None = None) -> list[Debt]:
    """Of signed-in drivers, oldest first; a guest's rest is written off at once and never stands here.

    Where no cards are asked for, nobody is asked for what she owes.
    """
    by_card = _candidates().annotate(way=Coalesce(way_at(clock.now()), Value(Way.CARD))).filter(way=Way.CARD)
    records = by_card.filter(of_driver())
    if organization is not None:
        records = records.filter(organization=organization)
    asking = Payment.objects.filter(paying(), status__in=OPEN_PAYMENT)
    found = records.filter(~Exists(asking), issued_at__lt=clock.now() - DEBT_SETTLES_IN)
    return [debt for record in found if (debt := _debt(record)).missing.amount > 0]


def debts_of_driver(user_id: int, organization: Organization) -> list[Debt]:
    """All that this driver has not paid there, oldest first."""
    mine = _candidates().filter(
        Q(session__driver=user_id) | Q(kept__driver=user_id), organization=organization
    )
    return [debt for record in mine if (debt := _debt(record)).missing.amount > 0]


def hopeless_debts(user: Any) -> list[Debt]:
    """Of the organizations that this person sees: every reminder was sent and nothing came."""
    mine = ChargeDetailRecord.objects.visible_to(user).values("pk")
    found = _candidates().filter(pk__in=mine, session__driver__isnull=False, told__gte=len(NOTICES))
    return [debt for record in found if (debt := _debt(record)).missing.amount > 0]


def debt_of(record_public_id: str) -> Debt | None:
    """What is missing of this record, perhaps nothing; None when there is no such record."""
    record = _candidates().filter(public_id=record_public_id).first()
    return None if record is None else _debt(record)


def paying() -> Q:
    """Payments of the outer record's occasion."""
    return Q(session=OuterRef("session")) | Q(kept=OuterRef("kept"), session=None)


def sum_taken() -> Subquery:
    """What was captured for the outer record's occasion."""
    whole = Payment.objects.filter(paying()).order_by().annotate(whole=Value(1)).values("whole")
    return Subquery(whole.annotate(sum=Sum("captured_minor")).values("sum"))


def _candidates() -> QuerySet[ChargeDetailRecord]:
    """Recent standing records of drivers, with what was taken, and without those that were written off."""
    taken = sum_taken()
    reference = Concat(
        Value("cdr."), Cast(OuterRef("public_id"), CharField()), Value(".write_off"), output_field=CharField()
    )
    return (
        ChargeDetailRecord.objects.standing()
        .filter(
            ~Exists(Posting.objects.filter(reference=reference)),
            company=None,
            issued_at__gt=clock.now() - LOOKED_BACK,
        )
        .annotate(
            taken=Coalesce(taken, 0),
            told=Count("notices"),
            first_told_at=Min("notices__sent_at"),
            last_told_at=Max("notices__sent_at"),
        )
        .select_related("organization", "session__driver", "session__evse", "session__station__location")
        .select_related("kept__driver", "kept__evse__station__location")
        .order_by("issued_at")
    )


def _debt(record: ChargeDetailRecord) -> Debt:
    missing = to_minor(record.total_gross, record.currency) - record.taken  # type: ignore[attr-defined]
    return Debt(
        record=record,
        missing=Money.of_minor(max(0, missing), record.currency),
        told=record.told,  # type: ignore[attr-defined]
        first_told_at=record.first_told_at,  # type: ignore[attr-defined]
        last_told_at=record.last_told_at,  # type: ignore[attr-defined]
    )


def sessions_with_a_rest(in_flight: timedelta) -> list[int]:
    """Drivers' billed sessions of which something is missing while nobody is at it.

    What a hold did not cover is asked for when the hold is taken; who died in between, or did not hear
    that it was taken, left the rest to us.
    """
    return _with_a_rest("session", Q(session__driver__isnull=False), in_flight)


def kept_with_a_rest(in_flight: timedelta) -> list[int]:
    """The same of stalls that were kept in vain, and those of which a hold still stands."""
    held = Payment.objects.filter(status=Payment.Status.AUTHORIZED, session=None, kept__cdrs__isnull=False)
    waiting = held.order_by("pk").values_list("kept_id", flat=True).distinct()
    return [pk for pk in waiting if pk] + _with_a_rest("kept", Q(kept__isnull=False), in_flight)


def _with_a_rest(kind: str, whose: Q, in_flight: timedelta) -> list[int]:
    payments = Payment.objects.filter(paying())
    records = (
        ChargeDetailRecord.objects.standing()
        .filter(
            whose,
            ~Exists(payments.filter(status__in=OPEN_PAYMENT)),
            company=None,
            issued_at__range=(clock.now() - UNPAID_FOR, clock.now() - in_flight),
        )
        .annotate(taken=Coalesce(sum_taken(), 0))
    )
    found = records.order_by("pk").values_list(f"{kind}_id", "total_gross", "currency", "taken")
    return [pk for pk, total, currency, taken in found if to_minor(total, currency) > taken]

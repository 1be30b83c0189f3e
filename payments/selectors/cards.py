"""Cards as their driver sees them, and those that end soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from accounts.models import User
from core import clock
from payments.models import PaymentMethod
from payments.selectors.payments import cards_of

ENDING_WITHIN: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCard:
    """`end`: "soon" within thirty days, "over" afterwards, else empty."""

    card: PaymentMethod
    end: str


def shown_cards(user: User) -> list[ShownCard]:
    today = clock.now().date()
    return [ShownCard(card=card, end=_end(card.ends_on, today)) for card in cards_of(user)]


def _end(ends_on: date | None, today: date) -> str:
    if ends_on is None or ends_on > today + ENDING_WITHIN:
        return ""
    return "soon" if ends_on >= today else "over"


def ending_cards() -> QuerySet[PaymentMethod]:
    """Default cards whose last day comes within thirty days, or has passed, and whose driver was not told."""
    last = clock.now().date() + ENDING_WITHIN + timedelta(days=1)  # whose month is over before this day
    is_over = Q(expires_year__lt=last.year) | Q(expires_year=last.year, expires_month__lt=last.month)
    return PaymentMethod.objects.filter(is_over, is_default=True, is_usable=True, end_told_at=None)

"""How an organization's drivers pay: by card, on accounts only, or not at all."""

from __future__ import annotations

from datetime import datetime

from django.db.models import OuterRef, Subquery

from core import clock
from payments.models import PaymentWay

Way = PaymentWay.Way


def way_of(organization_id: int, at: datetime | None = None) -> str:
    """The way that holds at an instant (default: now)."""
    found = PaymentWay.objects.filter(organization=organization_id, since__lte=at or clock.now())
    return found.order_by("-since").values_list("way", flat=True).first() or Way.CARD


def way_at(at: datetime, organization: str = "organization") -> Subquery:
    """The same, for a query whose rows name their organization so; None: by card."""
    found = PaymentWay.objects.filter(organization=OuterRef(organization), since__lte=at)
    return Subquery(found.order_by("-since").values("way")[:1])


def asks_cards(organization_id: int) -> bool:
    """Whether the provider is asked for anything here now."""
    return way_of(organization_id) == Way.CARD

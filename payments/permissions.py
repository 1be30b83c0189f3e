"""Who may see which money."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts import permissions
from accounts.models import Organization
from payments.models import Occasion
from stations.models import ChargingSession


def organizations_with_money(user: Any) -> QuerySet[Organization]:
    """Those whose money the person may see."""
    mine: QuerySet[Organization] = user.organizations()
    return mine.filter(memberships__user=user, memberships__role__in=permissions.MONEY_SEEN)


def may_see_receipt(user: Any, occasion: Occasion) -> bool:
    """Its driver, and whoever may see the organization's money."""
    if user.is_authenticated and occasion.driver_id == user.pk:
        return True
    return permissions.may_see_money(user, occasion.organization)


def may_see_cost(user: Any, session: ChargingSession) -> bool:
    """Its driver, and every member of the organization."""
    if user.is_authenticated and session.driver_id == user.pk:
        return True
    return permissions.may_see(user, session.organization)

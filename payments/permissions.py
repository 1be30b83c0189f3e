"""Who may see which money."""

from __future__ import annotations

from typing import Any

from accounts import permissions
from payments.models import Occasion
from stations.models import ChargingSession


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

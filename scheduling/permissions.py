"""Who may see and cancel bookings, and look into the sharing of power."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from accounts.permissions import may_command_stations, may_see
from scheduling.models import Reservation
from stations.models import Location


def may_see_booking(user: Any, reservation: Reservation) -> bool:
    """Its driver, and the members of the organization whose place it is."""
    return _is_driver(user, reservation) or may_see(user, reservation.organization)


def may_cancel_booking(user: Any, reservation: Reservation) -> bool:
    """Its driver, and whoever may command the organization's stations."""
    return _is_driver(user, reservation) or may_command_stations(user, reservation.organization)


def may_see_plan(user: Any, location: Location) -> bool:
    """How a location's power is shared is for its organization."""
    return may_see(user, location.organization)


def bookable_locations(user: Any) -> QuerySet[Location]:
    """Public ones, and those of the person's own organizations."""
    mine = user.organizations() if user.is_authenticated else []
    return Location.objects.filter(Q(is_public=True) | Q(organization__in=mine))


def _is_driver(user: Any, reservation: Reservation) -> bool:
    return bool(user.is_authenticated) and user.acting_for is None and reservation.driver_id == user.pk

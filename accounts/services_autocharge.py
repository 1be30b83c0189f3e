"""Autocharge: a car is recognized by the address it tells when it is plugged in. Off until its driver agrees.

An address is no secret: whoever copies it charges at the driver's cost. So it is taken only from a car
that this driver has charged (`stations.selectors_autocharge`), and she can end it at any time.
"""

from __future__ import annotations

from django.db import transaction

from accounts.events import TokenBlocked, TokenChanged
from accounts.models import IdToken, Vehicle
from core import clock
from core.events import publish


class AddressTaken(ValueError):
    """This address stands for a car already."""


@transaction.atomic
def recognize_vehicle(*, vehicle: Vehicle, token: IdToken) -> IdToken:
    """From now on this car charges by being plugged in; its driver has agreed. Raises AddressTaken."""
    stranger = IdToken.objects.filter(
        pk=token.pk, type=IdToken.Type.VEHICLE, status=IdToken.Status.INVALID, user=None, organization=None
    )
    claimed = stranger.update(
        user_id=vehicle.user_id, vehicle=vehicle, status=IdToken.Status.ACCEPTED, label=vehicle.name[:60]
    )
    if not claimed:
        raise AddressTaken(token.uid)
    Vehicle.objects.filter(pk=vehicle.pk).update(autocharge_since=clock.now())
    publish(TokenChanged(token_id=token.pk))
    token.refresh_from_db()
    return token


@transaction.atomic
def forget_vehicle_address(*, vehicle: Vehicle) -> int:
    """The car is a stranger again. Returns how many addresses it had."""
    ids = list(
        IdToken.objects.filter(vehicle=vehicle, type=IdToken.Type.VEHICLE).values_list("pk", flat=True)
    )
    IdToken.objects.filter(pk__in=ids).update(
        user=None, vehicle=None, status=IdToken.Status.INVALID, label=""
    )
    Vehicle.objects.filter(pk=vehicle.pk).update(autocharge_since=None)
    publish(*(TokenBlocked(token_id=pk) for pk in ids))
    return len(ids)

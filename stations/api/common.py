"""What the views of this app share."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from accounts.models import User
from stations.models import ChargingStation


def station_of(user: User, identity: str) -> ChargingStation:
    """A station of hers by its identity, else 404."""
    visible = ChargingStation.objects.visible_to(user).select_related("organization", "location")
    return get_object_or_404(visible, identity=identity)

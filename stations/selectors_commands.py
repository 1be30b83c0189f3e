"""Reads about commands."""

from __future__ import annotations

from collections.abc import Collection

from stations.models import StationCommand

OPEN = (StationCommand.Status.QUEUED, StationCommand.Status.SENT)


def settled_among(command_ids: Collection[int]) -> list[int]:
    """Those of these commands that wait for nothing more."""
    found = StationCommand.objects.filter(pk__in=command_ids).exclude(status__in=OPEN)
    return list(found.order_by().values_list("pk", flat=True))

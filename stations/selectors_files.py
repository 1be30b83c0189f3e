"""The files of a network as its operators see them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from stations.models import ChargingStation, FileLink, StoredFile


def files(user: Any, *, kind: str, query: str = "", station: str = "") -> QuerySet[StoredFile]:
    """Files of one kind, newest first; those whose words contain `query`, of one charger if named."""
    found = StoredFile.objects.visible_to(user).filter(kind=kind)
    if station:
        found = found.filter(station__identity=station)
    for word in query.split():
        found = found.filter(
            Q(name__icontains=word)
            | Q(version__icontains=word)
            | Q(vendor__icontains=word)
            | Q(model__icontains=word)
            | Q(station__identity__icontains=word)
        )
    return found.select_related("station", "uploaded_by").order_by("-created_at", "-pk")


def handovers(user: Any, *, file: StoredFile) -> QuerySet[FileLink]:
    """To which chargers the file was offered, and whether they fetched it; the latest first."""
    links = FileLink.objects.visible_to(user).filter(file=file)
    return links.select_related("station", "created_by", "command").order_by("-pk")


def firmware_for(station: ChargingStation) -> QuerySet[StoredFile]:
    """Images that are meant for a charger like this one, newest first."""
    own = StoredFile.objects.filter(organization_id=station.organization_id, kind=StoredFile.Kind.FIRMWARE)
    fits_vendor = Q(vendor="") | Q(vendor__iexact=station.vendor)
    return own.filter(fits_vendor, Q(model="") | Q(model__iexact=station.model)).order_by("-created_at")


def chargers_for(user: Any, *, file: StoredFile) -> QuerySet[ChargingStation]:
    """Chargers of the file's organization that the image is meant for."""
    found = ChargingStation.objects.visible_to(user).filter(organization_id=file.organization_id)
    if file.vendor:
        found = found.filter(vendor__iexact=file.vendor)
    if file.model:
        found = found.filter(model__iexact=file.model)
    return found.select_related("location").order_by("identity")

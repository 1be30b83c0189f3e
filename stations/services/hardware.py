"""EVSEs and connectors: made by an operator, or believed when a station reports one we lack."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Final

from django.db import connection

from accounts.models import Organization
from stations.models import ChargingStation, Connector, Evse

CODE_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH: Final = 6


def new_code() -> str:
    """A short code for a stall's label, without letters that are easily mistaken."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def new_evse_id(*, organization: Organization, number: int) -> str:
    """A public id in OCPI's form: country, party, a running number, and the EVSE's own in its station.

    For ever: the database neither changes an id nor takes one that was ever given.
    """
    with connection.cursor() as cursor:
        cursor.execute("select nextval('stations_evse_running_number')")
        [running] = cursor.fetchone() or [0]
    return f"{organization.country_code}*{organization.party_id}*E{running:06d}*{number}".upper()


def make_evse(*, station: ChargingStation, number: int, **fields: Any) -> Evse:
    """An EVSE with a permanent public id and a label code."""
    fields.setdefault("evse_id", new_evse_id(organization=station.organization, number=number))
    fields.setdefault("code", new_code())
    return Evse.objects.create(
        station=station, organization_id=station.organization_id, number=number, **fields
    )


def adopt_connector(
    *, station_id: int, evse_number: int, connector_number: int, status: str, detail: str, at: datetime
) -> int:
    """Keep a connector that only the station knows of; returns the id of its EVSE.

    Runs under the station's lock.
    """
    evse = adopt_evse(station_id=station_id, evse_number=evse_number)
    Connector.objects.get_or_create(
        evse=evse,
        number=connector_number,
        defaults={
            "organization_id": evse.organization_id,
            "standard": Connector.Standard.UNKNOWN,
            "status": status,
            "detail": detail[:40],
            "status_at": at,
        },
    )
    return evse.pk


def adopt_evse(*, station_id: int, evse_number: int) -> Evse:
    """The EVSE of this number, made if the station is the first to speak of it."""
    known = Evse.objects.filter(station_id=station_id, number=evse_number).first()
    if known:
        return known
    station = ChargingStation.objects.select_related("organization").get(pk=station_id)
    return make_evse(station=station, number=evse_number)

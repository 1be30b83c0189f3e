"""A small place to book and charge at, made of plain rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from accounts.models import IdToken, Organization, User
from stations.models import ChargingSession, ChargingStation, Circuit, Connector, Evse, Location, MeterReading

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
_numbers = count(1)


def make_driver(name="ann"):
    number = next(_numbers)
    user = User.objects.create_user(f"{name}{number}@example.org", "a long password", name=name)
    IdToken.objects.create(uid=f"APP{number:06}", type=IdToken.Type.APP, user=user)
    return user


def make_location(limit_a=None, **fields):
    number = next(_numbers)
    organization = Organization.objects.create(
        name=f"Net {number}", slug=f"net-{number}", country_code="DE", party_id=f"{number % 1000:03}"
    )
    location = Location.objects.create(
        organization=organization,
        name=f"Place {number}",
        slug=f"place-{number}",
        latitude=50,
        longitude=8,
        **fields,
    )
    if limit_a is not None:
        Circuit.objects.create(
            organization=organization, location=location, name="the grid connection", limit_a=limit_a
        )
    return location


def make_evse(location, status="available", is_connected=True, **fields):
    """One station with one place and one plug."""
    number = next(_numbers)
    station = ChargingStation.objects.create(
        organization=location.organization,
        location=location,
        identity=f"CP{number:04}",
        is_connected=is_connected,
        connected_at=NOW - HOUR,
        last_seen_at=NOW,
    )
    evse = Evse.objects.create(
        organization=location.organization,
        station=station,
        number=1,
        evse_id=f"DE*TST*E{number}",
        code=f"T{number}",
        **fields,
    )
    Connector.objects.create(organization=location.organization, evse=evse, status=status)
    return evse


def make_session(evse, driver=None, started_at=NOW, **fields):
    token = IdToken.objects.filter(user=driver).first() if driver else None
    return ChargingSession.objects.create(
        organization=evse.organization,
        station=evse.station,
        evse=evse,
        connector_number=1,
        driver=driver,
        id_token=token,
        token_uid=token.uid if token else "",
        status="active",
        phase=fields.pop("phase", "charging"),
        started_at=started_at,
        meter_start_wh=next(_numbers),
        **fields,
    )


def make_reading(session, amps, taken_at):
    return MeterReading.objects.create(
        station=session.station,
        session=session,
        evse_number=session.evse.number,
        taken_at=taken_at,
        received_at=taken_at,
        context="periodic",
        current_ma=int(amps * 1000),
        power_w=int(amps * 690),
    )


def end_session(session, ended_at):
    ChargingSession.objects.filter(pk=session.pk).update(status="completed", ended_at=ended_at)

"""What 2.x stations report about smart charging: profiles they hold, outer limits, cars' needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.db import transaction

from core import clock
from core.events import publish
from core.live import nudge
from stations.command_kinds import SetProfile, UpdateDynamicLimit
from stations.events import ChargingNeedsTold, OuterLimitChanged
from stations.models import (
    ChargingNeeds,
    ChargingSession,
    ChargingStation,
    ReportedLimit,
    ReportedProfile,
    StationCommand,
)
from stations.services.notices import keep_notice

_SAID_OF_PROFILE: Final = (
    "source",
    "purpose",
    "kind",
    "stack_level",
    "transaction_id",
    "body",
    "request_number",
    "reported_at",
)


@transaction.atomic
def store_profiles(*, station_id: int, profiles: Iterable[Mapping[str, Any]]) -> int:
    """Keep the charging profiles that the station holds; keys as in ReportedProfile. How many."""
    station = ChargingStation.objects.get(pk=station_id)
    newest = {(said["evse_number"], said["number"]): said for said in profiles}
    ReportedProfile.objects.bulk_create(
        [
            ReportedProfile(
                organization_id=station.organization_id, station=station, reported_at=clock.now(), **said
            )
            for _, said in sorted(newest.items())
        ],
        update_conflicts=True,
        unique_fields=["station", "evse_number", "number"],
        update_fields=_SAID_OF_PROFILE,
    )
    return len(newest)


@transaction.atomic
def note_limit(
    *,
    station_id: int,
    evse_number: int,
    source: str,
    is_grid_critical: bool | None = None,
    schedules: Sequence[Mapping[str, Any]] = (),
    bounds: Sequence[Mapping[str, Any]] = (),
) -> ReportedLimit:
    """Somebody else limits this station (K12, K14): the newest limit of a source replaces its last.

    `bounds` as in ReportedLimit; `schedules` are kept as they came.
    """
    station = ChargingStation.objects.get(pk=station_id)
    limit, _ = ReportedLimit.objects.update_or_create(
        station=station,
        evse_number=evse_number,
        source=source,
        cleared_at=None,
        defaults={
            "organization_id": station.organization_id,
            "is_grid_critical": is_grid_critical,
            "schedules": list(schedules),
            "bounds": list(bounds),
            "told_at": clock.now(),
        },
    )
    _tell_of_limit(station, evse_number, source, is_cleared=False)
    return limit


@transaction.atomic
def clear_limit(*, station_id: int, source: str, evse_number: int | None = None) -> int:
    """That limit is gone (K13); without an EVSE every limit of the source. Returns how many were known."""
    station = ChargingStation.objects.get(pk=station_id)
    known = ReportedLimit.objects.filter(station=station, source=source, cleared_at=None)
    if evse_number is not None:
        known = known.filter(evse_number=evse_number)
    cleared = known.update(cleared_at=clock.now())
    if cleared:
        _tell_of_limit(station, evse_number or 0, source, is_cleared=True)
    return cleared


@transaction.atomic
def note_needs(*, station_id: int, evse_number: int, needs: Mapping[str, Any]) -> bool:
    """A car told what it needs (K15, K17); keys as in ChargingNeeds. Its session is the open one there.

    Whether somebody shares out power there: then a limit for the session will follow.
    """
    station = ChargingStation.objects.get(pk=station_id)
    session = _active_session(station, evse_number)
    noted = ChargingNeeds.objects.create(
        organization_id=station.organization_id,
        station=station,
        evse_number=evse_number,
        session=session,
        received_at=clock.now(),
        **needs,
    )
    is_planned = session is not None and session.evse is not None and session.evse.circuit_id is not None
    if session is not None and is_planned:
        publish(_needs_told(noted, session))
        nudge(f"session.{session.pk}", f"station.{station_id}")
    return is_planned


@transaction.atomic
def note_schedule(*, station_id: int, evse_number: int, schedule: Mapping[str, Any]) -> None:
    """The schedule that the car chose (K15.FR.10), kept with its latest needs.

    Whether it respects the limits the station has judged before (K15.FR.09).
    """
    latest = ChargingNeeds.objects.filter(station_id=station_id, evse_number=evse_number).first()
    if latest is None:
        keep_notice(station_id=station_id, kind="car_schedule", body=dict(schedule), evse_number=evse_number)
        return
    ChargingNeeds.objects.filter(pk=latest.pk).update(schedule=schedule)


def dynamic_limit(*, station_id: int, profile_id: int) -> dict[str, float] | None:
    """What a dynamic profile that we set allows now (2.1 K28); None when we set no such one."""
    said = StationCommand.objects.filter(
        station_id=station_id,
        status=StationCommand.Status.ACCEPTED,
        kind__in=[SetProfile.name, UpdateDynamicLimit.name],
        params__profile_id=profile_id,
    ).order_by("pk")
    limit: dict[str, float] | None = None
    for kind, params in said.values_list("kind", "params"):
        limit = _limit_after(limit, kind, params)
    return limit


def _limit_after(
    limit: dict[str, float] | None, kind: str, params: Mapping[str, Any]
) -> dict[str, float] | None:
    if kind == SetProfile.name:
        return {"limit": params["periods"][0]["limit"]} if params["kind"] == "dynamic" else None
    if limit is None:
        return None
    named = ("limit", "discharge_limit", "setpoint")
    return limit | {name: params[name] for name in named if params.get(name) is not None}


def _active_session(station: ChargingStation, evse_number: int) -> ChargingSession | None:
    active = ChargingSession.objects.filter(
        station=station, evse__number=evse_number, status=ChargingSession.Status.ACTIVE
    )
    return active.select_related("evse").first()


def _needs_told(needs: ChargingNeeds, session: ChargingSession) -> ChargingNeedsTold:
    return ChargingNeedsTold(
        session_id=session.pk,
        organization_id=session.organization_id,
        station_id=session.station_id,
        evse_id=session.evse_id,
        driver_id=session.driver_id,
        at=clock.now(),
        departure_at=needs.departure_at,
        energy_wh=needs.energy_wh,
    )


def _tell_of_limit(station: ChargingStation, evse_number: int, source: str, *, is_cleared: bool) -> None:
    publish(
        OuterLimitChanged(
            station_id=station.pk,
            organization_id=station.organization_id,
            at=clock.now(),
            evse_number=evse_number,
            source=source,
            is_cleared=is_cleared,
        )
    )
    nudge(f"station.{station.pk}")

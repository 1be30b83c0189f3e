"""The facts of a session as rating wants them, read from readings, news and commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from core.models import DomainEvent
from payments.rating.facts import Holder, SessionFacts, Use
from payments.rating.periods import USES, Hold, Phase, Register, build
from payments.rating.price_rules import freezes_prices
from stations.events import EvseStatusChanged, SessionPhaseChanged
from stations.models import ChargingSession, Location, MeterReading, StationCommand

FAULTED: Final = "faulted"
UNLOCKS: Final = {"UnlockFailed": True, "Unlocked": False}


def session_facts(session: ChargingSession, *, until: datetime) -> SessionFacts:
    """What happened in the session, up to its end or `until`, as rating wants it."""
    zone = session.station.location.time_zone
    if session.started_at is None:
        return SessionFacts(time_zone=zone, periods=())
    end = max(session.started_at, session.ended_at or until)
    phases = _phases(session)
    frozen_at = session.started_at if keeps_start_prices(session.station.location) else None
    periods = build(
        start_at=session.started_at,
        end_at=end,
        total_wh=max(0, session.energy_wh),
        registers=_registers(session, end),
        phases=phases,
        holds=[*_planned(session), *_broken(session, end, phases)],
    )
    return SessionFacts(time_zone=zone, periods=periods, frozen_at=frozen_at)


def keeps_start_prices(location: Location) -> bool:
    """Do the unit prices of the start hold for the whole charge at this place (MONEY rule 3)?"""
    return location.freezes_prices or freezes_prices(
        location.country_code or location.organization.country_code
    )


def _registers(session: ChargingSession, end: datetime) -> list[Register]:
    """Energy since the start at each reading (the range lets the day partitions be skipped)."""
    rows = MeterReading.objects.filter(
        session=session,
        taken_at__gte=session.started_at,
        taken_at__lte=end,
        energy_wh__isnull=False,
    ).order_by("taken_at")
    readings = list(rows.values_list("taken_at", "energy_wh"))
    if not readings:
        return []
    base_wh = session.meter_start_wh if session.meter_start_wh is not None else readings[0][1]
    return [Register(at, (energy_wh or 0) - (base_wh or 0)) for at, energy_wh in readings]


def _phases(session: ChargingSession) -> list[Phase]:
    """The story of the charging phase, from the news that was told about it."""
    told = DomainEvent.objects.filter(
        type=SessionPhaseChanged.name,
        subject=f"session.{session.pk}",
        occurred_at__gte=session.created_at - timedelta(minutes=1),
    ).order_by("pk")
    events = [SessionPhaseChanged.from_payload(one.payload) for one in told]
    return list(_story(session, events))


def _story(session: ChargingSession, events: list[SessionPhaseChanged]) -> Iterator[Phase]:
    if session.started_at is None:
        return
    if events and events[0].was:
        yield Phase(session.started_at, events[0].was)
    yield from (Phase(event.at, event.phase) for event in events)
    if not events and session.phase:
        yield Phase(session.started_at, session.phase)


def _planned(session: ChargingSession) -> list[Hold]:
    """When our own plan gave the session nothing."""
    given = _answered(kind="set_power_limit", session=session, status="accepted")
    return [
        Hold(at, Holder.PLAN, 0 in (params.get("limit_a"), params.get("limit_w")))
        for at, params, _word in given
    ]


def _broken(session: ChargingSession, end: datetime, phases: Iterable[Phase]) -> list[Hold]:
    """When something was broken; asked only where the vehicle was idle, which this alone excuses."""
    if not any(USES.get(phase.name) is Use.IDLE for phase in phases):
        return []
    return [*_faults(session, end), *_stuck(session, end)]


def _faults(session: ChargingSession, end: datetime) -> Iterator[Hold]:
    told = DomainEvent.objects.filter(
        type=EvseStatusChanged.name,
        subject=f"evse.{session.evse_id}",
        occurred_at__gte=session.started_at,
        occurred_at__lte=end,
    ).order_by("pk")
    for change in (EvseStatusChanged.from_payload(one.payload) for one in told):
        if session.connector_number in (None, change.connector_number):
            yield Hold(change.at, Holder.FAULT, change.status == FAULTED)


def _stuck(session: ChargingSession, end: datetime) -> Iterator[Hold]:
    """From a failed unlock on until one succeeds (1.6 and 2.x say UnlockFailed, Unlocked)."""
    if session.evse is None:
        return
    asked = {"params__evse_number": session.evse.number, "answered_at__range": (session.started_at, end)}
    for at, _params, word in _answered(kind="unlock", station=session.station_id, **asked):
        if word in UNLOCKS:
            yield Hold(at, Holder.UNLOCK, UNLOCKS[word])


def _answered(**wanted: Any) -> list[tuple[datetime, dict[str, Any], str]]:
    """When the station answered such commands, what they asked, and its word."""
    found = StationCommand.objects.filter(answered_at__isnull=False, **wanted)
    rows = found.order_by("answered_at").values_list("answered_at", "params", "answer_word")
    return [(at, params, word) for at, params, word in rows if at is not None]

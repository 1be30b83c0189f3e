"""The facts of a session as rating wants them, read from readings, news and commands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from core.models import DomainEvent
from payments.rating.facts import SessionFacts
from payments.rating.periods import Limit, Phase, Register, build
from stations.events import SessionPhaseChanged
from stations.models import ChargingSession, MeterReading, StationCommand


def session_facts(session: ChargingSession, *, until: datetime) -> SessionFacts:
    """What happened in the session, up to its end or `until`, as rating wants it."""
    zone = session.station.location.time_zone
    if session.started_at is None:
        return SessionFacts(time_zone=zone, periods=())
    end = max(session.started_at, session.ended_at or until)
    periods = build(
        start_at=session.started_at,
        end_at=end,
        total_wh=max(0, session.energy_wh),
        registers=_registers(session, end),
        phases=_phases(session),
        limits=_limits(session),
    )
    return SessionFacts(time_zone=zone, periods=periods)


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


def _limits(session: ChargingSession) -> list[Limit]:
    """When our own plan gave the session nothing."""
    commands = StationCommand.objects.filter(
        session=session, kind="set_power_limit", status=StationCommand.Status.ACCEPTED
    ).order_by("answered_at")
    return [
        Limit(command.answered_at, 0 in (command.params.get("limit_a"), command.params.get("limit_w")))
        for command in commands
        if command.answered_at is not None
    ]

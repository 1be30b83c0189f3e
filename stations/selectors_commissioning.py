"""What an installer's page, the operator's, and the record show of a commissioning."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Max, QuerySet

from core import clock
from stations.doorstep import FailedConnection, failed_connections
from stations.models import (
    ChargingSession,
    ChargingStation,
    CommissioningCheck,
    CommissioningLink,
    CommissioningRecord,
    Connector,
    DeviceVariable,
    Evse,
    MeterReading,
    StartAttempt,
    StationCommand,
)
from stations.phases import Finding, Reading, Seen, Wiring, is_fault, judge, look
from stations.states import OPEN_SESSION

LOOK_BACK: Final = timedelta(hours=24)
FRESH: Final = timedelta(minutes=2)
"""So long a stall that has told of something stands out."""
ROTATION_WORDS: Final = ("ConnectorPhaseRotation", "PhaseRotation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One test charge: its start attempt, its session, and what its readings show."""

    attempt: StartAttempt
    session: ChargingSession | None
    readings: tuple[MeterReading, ...] = ()
    seen: Seen = field(default_factory=Seen)
    findings: tuple[Finding, ...] = ()

    @property
    def is_running(self) -> bool:
        return self.session is not None and self.session.status in OPEN_SESSION

    @property
    def has_charged(self) -> bool:
        """Energy has flowed, the charge is over, and nothing is wrong with the wiring."""
        is_over = self.session is not None and self.session.status == "completed"
        return is_over and bool(self.session and self.session.energy_wh) and not is_fault(self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """One stall of the charger with what was found out about it."""

    evse: Evse
    connectors: tuple[Connector, ...]
    check: CommissioningCheck
    tests: tuple[Test, ...]
    unlock: StationCommand | None
    is_fresh: bool
    told_at: datetime | None

    @property
    def test(self) -> Test | None:
        """The newest that came to something; else the newest."""
        begun = (test for test in self.tests if test.session is not None and test.session.started_at)
        return next(begun, self.tests[0] if self.tests else None)

    @property
    def is_running(self) -> bool:
        return any(test.is_running for test in self.tests)

    @property
    def has_charged(self) -> bool:
        return any(test.has_charged for test in self.tests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything that one commissioning shows. `failures`: who did not get in lately."""

    link: CommissioningLink
    station: ChargingStation | None
    sockets: tuple[Socket, ...]
    failures: tuple[FailedConnection, ...]
    rotation: str
    record: CommissioningRecord | None

    @property
    def is_connected(self) -> bool:
        return self.station is not None and self.station.is_connected and bool(self.station.booted_at)

    @property
    def done(self) -> dict[str, bool]:
        """Which steps are done. None of a charger that has no stall yet."""
        has_stalls = bool(self.sockets)
        return {
            "connection": self.is_connected,
            "sockets": has_stalls and all(socket.check.socket_at for socket in self.sockets),
            "charge": has_stalls and all(socket.has_charged for socket in self.sockets),
            "labels": has_stalls and all(socket.check.label_at for socket in self.sockets),
            "finish": self.record is not None,
        }

    @property
    def missing(self) -> list[str]:
        """The steps that are still open, in their order, without the last."""
        return [step for step, is_done in self.done.items() if not is_done and step != "finish"]

    @property
    def is_charging(self) -> bool:
        return any(socket.is_running for socket in self.sockets)


def board(link: CommissioningLink) -> Board:
    """The state of everything, for the page and for the record."""
    station = link.station
    return Board(
        link=link,
        station=station,
        sockets=_sockets(link, station) if station else (),
        failures=failures(link),
        rotation=_rotation(station) if station else "",
        record=CommissioningRecord.objects.filter(link=link).first(),
    )


def failures(link: CommissioningLink) -> tuple[FailedConnection, ...]:
    """Who did not get in during the last day: this charger, and strangers with nearly its name."""
    if link.station is None:
        return ()
    since = clock.now() - LOOK_BACK
    found = failed_connections(
        organization_id=link.organization_id, identity=link.station.identity, since=since
    )
    return tuple(found)


def _rotation(station: ChargingStation) -> str:
    """What the charger itself says about its phases, where it was read."""
    told = DeviceVariable.objects.filter(station=station, variable__in=ROTATION_WORDS).exclude(value="")
    return ", ".join(dict.fromkeys(told.values_list("value", flat=True)))[:80]


def _sockets(link: CommissioningLink, station: ChargingStation) -> tuple[Socket, ...]:
    evses = list(Evse.objects.filter(station=station).prefetch_related("connectors").order_by("number"))
    checks = {check.evse_id: check for check in CommissioningCheck.objects.filter(link=link)}
    tests = _tests(link, {evse.pk: evse for evse in evses})
    unlocks = _unlocks(station)
    newest = max((c.status_at for e in evses for c in e.connectors.all() if c.status_at), default=None)
    return tuple(
        Socket(
            evse=evse,
            connectors=(connectors := tuple(evse.connectors.all())),
            check=checks.get(evse.pk) or CommissioningCheck(link=link, evse=evse),
            tests=tuple(tests.get(evse.pk, ())),
            unlock=unlocks.get(evse.number),
            told_at=(told_at := max((c.status_at for c in connectors if c.status_at), default=None)),
            is_fresh=told_at is not None and told_at == newest and told_at > clock.now() - FRESH,
        )
        for evse in evses
    )


def _unlocks(station: ChargingStation) -> dict[int, StationCommand]:
    """The newest order to unlock of each EVSE."""
    asked = StationCommand.objects.filter(station=station, kind="unlock", created_at__gte=clock.now() - FRESH)
    return {command.params.get("evse_number", 0): command for command in asked.order_by("pk")}


def _tests(link: CommissioningLink, evses: dict[int, Evse]) -> dict[int, list[Test]]:
    """The test charges of each stall, newest first."""
    attempts = StartAttempt.objects.filter(reference=f"commissioning.{link.pk}").select_related("session")
    found: dict[int, list[Test]] = {}
    for attempt in attempts.order_by("-began_at", "-pk"):
        if attempt.evse_id in evses:
            found.setdefault(attempt.evse_id, []).append(_test(attempt, evses[attempt.evse_id]))
    return found


def _test(attempt: StartAttempt, evse: Evse) -> Test:
    session = attempt.session
    if session is None or session.started_at is None:
        return Test(attempt=attempt, session=session)
    readings = tuple(_readings(session))
    seen = look(Reading(r.power_w, r.current_ma, r.voltage_dv, r.other) for r in readings)
    wiring = Wiring(
        is_dc=evse.current_type == Evse.Current.DC,
        phases=evse.phases,
        max_current_a=evse.max_current_a,
        max_power_w=evse.max_power_w,
    )
    findings = judge(seen, wiring) if readings else ()
    return Test(attempt=attempt, session=session, readings=readings, seen=seen, findings=findings)


def _readings(session: ChargingSession) -> QuerySet[MeterReading]:
    """In order; the time range lets PostgreSQL skip the other days' partitions."""
    began_at = session.started_at or session.created_at
    around = timedelta(minutes=5)
    end = (session.ended_at or clock.now()) + around
    found = MeterReading.objects.filter(
        session=session, taken_at__gte=began_at - around, taken_at__lte=end
    ).exclude(context__startswith="signed")
    return found.order_by("taken_at")


# --- the operator's lists --------------------------------------------------------------------------


def links(user: Any) -> QuerySet[CommissioningLink]:
    """The user's network's, newest first."""
    wanted = ("organization", "location__organization", "station", "made_by", "record")
    return CommissioningLink.objects.visible_to(user).select_related(*wanted)


def records(user: Any) -> QuerySet[CommissioningRecord]:
    found = CommissioningRecord.objects.visible_to(user).select_related("organization", "station__location")
    return found


def commissioned_at(station: ChargingStation) -> datetime | None:
    latest: datetime | None = CommissioningRecord.objects.filter(station=station).aggregate(
        at=Max("made_at")
    )["at"]
    return latest

"""The commissioning record: what was found out, written down once and for all.

`evidence` is plain JSON: `station`, `connection` (with `failures`), `stalls` (each with `socket`,
`label`, `rotation` and `tests`), `starts`, `link`, `missing` (steps that were left out). Instants are
ISO 8601 in UTC, energy in Wh, power in W, currents in A and voltages in V of each phase.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from django.db import transaction

from stations.models import ChargingStation, CommissioningLink, CommissioningRecord
from stations.selectors_commissioning import Board, Socket, Test, board
from stations.services.commissioning import NotOpen, changing, demand_open, note

READINGS_KEPT: Final = 60
STATION_FACTS: Final = (
    *("identity", "name", "vendor", "model", "serial", "firmware"),
    *("ocpp_version", "security_profile", "boot_reason"),
)
EVSE_FACTS: Final = (
    *("number", "name", "evse_id", "code"),
    *("current_type", "phases", "max_power_w", "max_current_a"),
)


class StillCharging(RuntimeError):
    """A test charge runs: its end belongs into the record."""


class NothingToRecord(RuntimeError):
    """The charger has not been named yet."""


@transaction.atomic
def finish(
    *, link: CommissioningLink, installer: str, company: str = "", notes: str = ""
) -> CommissioningRecord:
    """Write the record and close the link. Twice gives the first one.

    Raises NotOpen, NothingToRecord, StillCharging.
    """
    with changing(link) as locked:
        known = CommissioningRecord.objects.filter(link=locked).first()
        if known is not None:
            return known
        demand_open(locked)
        now = board(locked)
        if locked.station is None:
            raise NothingToRecord(str(locked.public_id))
        if now.is_charging:
            raise StillCharging(str(locked.station))
        record = CommissioningRecord.objects.create(
            organization_id=locked.organization_id,
            station=locked.station,
            link=locked,
            installer=installer,
            company=company,
            notes=notes,
            evidence=evidence_of(now),
        )
        locked.finished_at = record.made_at
        locked.password_nonce = ""
    note(link, None, "finish", record=str(record.public_id), installer=installer)
    return record


def evidence_of(now: Board) -> dict[str, Any]:
    """Everything that the board shows, as it is kept."""
    if now.station is None:
        raise NotOpen("no station")
    return {
        "station": _station(now.station),
        "connection": _connection(now),
        "stalls": [_stall(socket) for socket in now.sockets],
        "starts": [_start(test) for socket in now.sockets for test in socket.tests],
        "link": {
            "made_by": str(now.link.made_by or ""),
            "begun_at": _iso(now.link.claimed_at),
            "device": now.link.device,
        },
        "missing": now.missing,
        "told_rotation": now.rotation,
    }


def _station(station: ChargingStation) -> dict[str, Any]:
    place = station.location
    address = ", ".join(part for part in (place.address, place.postal_code, place.city) if part)
    facts = {name: getattr(station, name) for name in STATION_FACTS}
    return {**facts, "place": place.name, "address": address, "time_zone": place.time_zone}


def _connection(now: Board) -> dict[str, Any]:
    station = now.station
    return {
        "is_connected": now.is_connected,
        "connected_at": _iso(station.connected_at if station else None),
        "booted_at": _iso(station.booted_at if station else None),
        "failures": [
            {
                "identity": one.identity,
                "what": str(one.what),
                "count": one.count,
                "last_at": _iso(one.last_at),
            }
            for one in now.failures
        ],
    }


def _stall(socket: Socket) -> dict[str, Any]:
    check, evse = socket.check, socket.evse
    return {
        **{name: getattr(evse, name) for name in EVSE_FACTS},
        "connectors": [{"number": one.number, "standard": one.standard} for one in socket.connectors],
        "socket_at": _iso(check.socket_at),
        "socket_seen": check.socket_seen,
        "label": check.label,
        "label_at": _iso(check.label_at),
        "rotation": check.rotation,
        "tests": [
            _test(test) for test in socket.tests if test.session is not None and test.session.started_at
        ],
        "is_proven": socket.has_charged,
    }


def _test(test: Test) -> dict[str, Any]:
    session = test.session
    if session is None:
        return {}
    step = max(1, -(-len(test.readings) // READINGS_KEPT))
    return {
        "number": session.number,
        "started_at": _iso(session.started_at),
        "ended_at": _iso(session.ended_at),
        "end_reason": session.end_reason,
        "energy_wh": session.energy_wh,
        "meter_start_wh": session.meter_start_wh,
        "meter_end_wh": session.meter_end_wh,
        "power_w": test.seen.power_w,
        "amperes": test.seen.amperes,
        "volts": test.seen.volts,
        "findings": [finding._asdict() for finding in test.findings],
        "readings": [[_iso(r.taken_at), r.power_w, r.energy_wh] for r in test.readings[::step]],
    }


def _start(test: Test) -> dict[str, Any]:
    attempt = test.attempt
    return {
        "at": _iso(attempt.began_at),
        "evse": attempt.evse.number if attempt.evse else None,
        "outcome": attempt.outcome,
        "reached": attempt.reached,
        "cause": attempt.cause,
        "detail": attempt.detail,
    }


def _iso(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""

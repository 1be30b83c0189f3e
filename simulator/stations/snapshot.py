"""A station's memory as JSON, so that another process can go on where one stopped.

A revived station keeps its meters, cars and running sessions, and does not boot again: for the
central system only the line was lost. Profiles, unsent messages, the local list, keys, the log and
the firmware are kept too; an update or an upload that was under way has failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from simulator.stations.clock import parse_instant
from simulator.stations.evse import Evse, Permit, Reservation, Transaction
from simulator.stations.link import Message
from simulator.stations.profiles import Limit, Period, Profile
from simulator.stations.station import Station
from simulator.stations.vehicles import CATALOG, Vehicle
from simulator.stations.web_payments import WebPayments
from simulator.stations.words import RegistrationState, StopReason, Token

Json = dict[str, Any]


def take(station: Station, now: datetime) -> Json:
    """Everything worth keeping. The line should be down, so that nothing is in flight."""
    return {
        "identity": station.spec.identity,
        "taken_at": now.isoformat(),
        "registration": str(station.registration),
        "password": station.password,
        "organization": station.organization,
        "security_profile": station.settings.security_profile,
        "firmware": station.firmware.memory(),
        "tokens": station.tokens.memory(),
        "keys": station.keys.memory(),
        "log": station.logs.memory(),
        "remembered": dict(station.remembered),
        "web_payments": station.web_payments.memory(),
        "heartbeat_interval_s": station.settings.heartbeat_interval_s,
        "is_operative": station.cabinet.is_operative,
        "profiles": [_plain(asdict(profile)) for profile in station.cabinet.profiles.installed],
        "backlog": [_message(message) for message in station.link.backlog],
        "evses": [_evse(evse) for evse in station.cabinet.evses.values()],
    }


def restore(station: Station, data: Mapping[str, Any], now: datetime) -> None:
    """Bring a newborn station of the same spec to that state. Cars have waited meanwhile."""
    station.registration = RegistrationState(data["registration"])
    station.link.is_open = station.registration is RegistrationState.ACCEPTED
    station.password = data["password"]
    if "firmware" in data:  # a snapshot of today, and not one of an earlier version
        _recall_upkeep(station, data)
    station.web_payments = WebPayments(**data.get("web_payments", {}))
    station.settings.heartbeat_interval_s = data["heartbeat_interval_s"]
    station.cabinet.is_operative = data["is_operative"]
    station.cabinet.profiles.installed = [_profile(item) for item in data["profiles"]]
    for evse, item in zip(station.cabinet.evses.values(), data["evses"], strict=True):
        _restore_evse(evse, item, now)
    for item in data["backlog"]:
        station.link.call(Message(action=item["action"], payload=item["payload"], is_durable=True))
    station.keep_beating(now)
    station.cabinet.review(now)


def _recall_upkeep(station: Station, data: Mapping[str, Any]) -> None:
    station.organization = data["organization"]
    station.settings.security_profile = data["security_profile"]
    station.firmware.recall(data["firmware"])
    station.tokens.recall(data["tokens"])
    station.keys.recall(data["keys"])
    station.logs.recall(data["log"])
    station.remembered.update(data["remembered"])


def _plain(value: Any) -> Any:
    """Dataclass values as JSON: instants as text, tuples as lists."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _message(message: Message) -> Json:
    payload = message.payload() if callable(message.payload) else message.payload
    return {"action": message.action, "payload": payload}


def _evse(evse: Evse) -> Json:
    vehicle, transaction = evse.vehicle, evse.transaction
    return {
        "register_wh": evse.register_wh,
        "is_operative": evse.is_operative,
        "becomes_inoperative": evse.becomes_inoperative,
        "is_finished": evse.is_finished,
        "fault": evse.fault,
        "fault_info": evse.fault_info,
        "vehicle": _vehicle(vehicle) if vehicle else None,
        "permit": _plain(asdict(evse.permit)) | {"profile": None} if evse.permit else None,
        "reservation": _plain(asdict(evse.reservation)) if evse.reservation else None,
        "transaction": _plain(asdict(transaction)) if transaction else None,
    }


def _vehicle(vehicle: Vehicle) -> Json:
    return {
        "name": vehicle.spec.name,
        "soc_percent": vehicle.soc_percent,
        "target_percent": vehicle.target_percent,
    }


def _restore_evse(evse: Evse, data: Mapping[str, Any], now: datetime) -> None:
    for name in ("register_wh", "is_operative", "becomes_inoperative", "is_finished", "fault", "fault_info"):
        setattr(evse, name, data[name])
    if data["vehicle"]:
        car = dict(data["vehicle"])
        evse.vehicle = Vehicle(spec=CATALOG[car.pop("name")], **car)
    evse.permit = _permit(data["permit"])
    evse.reservation = _reservation(data["reservation"])
    evse.transaction = _transaction(data["transaction"])
    evse.settled_at = now
    if evse.transaction is not None:
        evse.next_sample_at = now


def _permit(data: Json | None) -> Permit | None:
    if data is None:
        return None
    return Permit(**data | {"token": _token(data["token"]), "expires_at": _instant(data["expires_at"])})


def _reservation(data: Json | None) -> Reservation | None:
    if data is None:
        return None
    instant = parse_instant(data["expires_at"])
    return Reservation(**data | {"token": Token(**data["token"]), "expires_at": instant})


def _transaction(data: Json | None) -> Transaction | None:
    if data is None:
        return None
    reason = StopReason(data["stop_reason"]) if data["stop_reason"] else None
    read = {
        "token": _token(data["token"]),
        "stopped_by": _token(data["stopped_by"]),
        "stop_reason": reason,
        "started_at": parse_instant(data["started_at"]),
        "ended_at": _instant(data["ended_at"]),
    }
    return Transaction(**data | read)


def _profile(data: Json) -> Profile:
    periods = tuple(Period(item["start_s"], Limit(**item["limit"])) for item in data["periods"])
    instants = ("valid_from", "valid_to", "starts_at", "installed_at")
    return Profile(**data | {"periods": periods} | {name: _instant(data[name]) for name in instants})


def _token(data: Json | None) -> Token | None:
    return Token(**data) if data else None


def _instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None

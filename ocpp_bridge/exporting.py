"""What a conversation's recording needs to know, gathered from the tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db.models import Q

from accounts.models import IdToken
from ocpp_bridge.journal_search import frames_between
from ocpp_bridge.pseudonyms import without_tokens
from ocpp_bridge.recordings import Line, Recording
from stations.command_kinds import WriteVariable
from stations.models import ChargingSession, ChargingStation, StationCommand

MOST_FRAMES: Final = 20_000
STATION_FIELDS: Final = (
    "identity",
    "name",
    "vendor",
    "model",
    "serial",
    "firmware",
    "ocpp_version",
    "registration",
)
EVSE_FIELDS: Final = ("number", "name", "current_type", "phases", "max_power_w", "max_current_a")
TOKEN_FIELDS: Final = ("uid", "type", "status", "group_uid", "valid_until", "allows_concurrent")
SESSION_FIELDS: Final = (
    "number",
    "transaction_id",
    "connector_number",
    "token_uid",
    "start_token",
    "requested_at",
    "started_at",
    "reported_start_at",
    "meter_start_wh",
)
OUTCOME_FIELDS: Final = (
    "number",
    "status",
    "energy_wh",
    "meter_start_wh",
    "meter_end_wh",
    "end_reason",
    "started_at",
    "ended_at",
    "review_reasons",
)


def record_conversation(*, station: ChargingStation, since: datetime, until: datetime) -> Recording:
    """What was said between these instants, at most MOST_FRAMES frames, and what it depended on.

    Token numbers are pseudonyms, the same in every recording of this server.
    """
    lines = [
        Line(entry.at, entry.direction, entry.body)
        for entry in frames_between(station_id=station.pk, since=since, until=until, limit=MOST_FRAMES)
    ]
    messages = [message for line in lines if (message := _read(line.body)) is not None]
    first, last = (lines[0].at, lines[-1].at) if lines else (since, until)
    commands = _commands(station, messages)
    recording = Recording(
        station=_station(station),
        tokens=_tokens(set(_uids(messages))),
        sessions=_sessions(station, first, commands),
        commands=commands,
        outcomes=_outcomes(station, first, last),
        lines=lines,
    )
    return without_tokens(recording, key=settings.STATION_SECRET_KEY.encode())


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _fields(row: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _station(station: ChargingStation) -> dict[str, Any]:
    station = ChargingStation.objects.get(pk=station.pk)
    evses = station.evses.order_by("number").prefetch_related("connectors")
    return _fields(station, STATION_FIELDS) | {
        "evses": [
            _fields(evse, EVSE_FIELDS)
            | {"connectors": [_fields(plug, ("number", "standard")) for plug in evse.connectors.all()]}
            for evse in evses
        ],
    }


def _uids(message: Any) -> Iterator[str]:
    """Every token in a message, however deep."""
    if isinstance(message, list):
        for part in message:
            yield from _uids(part)
    elif isinstance(message, dict):
        for name, part in message.items():
            if name in ("idTag", "idToken") and isinstance(part, str):
                yield part.upper()
            else:
                yield from _uids(part)


def _tokens(uids: set[str]) -> list[dict[str, Any]]:
    spellings = uids | {uid.lower() for uid in uids}
    found = IdToken.objects.filter(Q(uid__in=spellings)).order_by("pk")
    return [_fields(token, TOKEN_FIELDS) for token in found]


def _commands(station: ChargingStation, messages: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """Our requests among the messages, by message id; those with secrets are left out."""
    ids = {str(message[1]) for message in messages if isinstance(message, list) and len(message) == 4}
    rows = StationCommand.objects.filter(station=station, message_id__in=ids).select_related("session")
    return {
        row.message_id: {"kind": row.kind, "params": row.params, "session": _session(row.session)}
        for row in rows
        if not (row.kind == WriteVariable.name and row.params.get("secret_nonce"))
    }


def _session(session: ChargingSession | None) -> dict[str, Any] | None:
    if session is None:
        return None
    return _fields(session, SESSION_FIELDS) | {"evse": session.evse.number if session.evse else None}


def _sessions(
    station: ChargingStation, first: datetime, commands: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Sessions that were under way, or asked for, when the recording begins."""
    begun = Q(started_at__lt=first) & (Q(ended_at=None) | Q(ended_at__gte=first))
    asked = Q(requested_at__lt=first) & (Q(started_at__gte=first) | Q(status="pending"))
    asked_here = {command["session"]["number"] for command in commands.values() if command["session"]}
    rows = station.sessions.filter(begun | asked).exclude(number__in=asked_here).order_by("pk")
    return [
        {**(_session(row) or {}), "was_active": bool(row.started_at and row.started_at < first)}
        for row in rows.select_related("evse")
    ]


def _outcomes(station: ChargingStation, first: datetime, last: datetime) -> list[dict[str, Any]]:
    """What came of the sessions that began and ended while it was recorded."""
    whole = station.sessions.filter(created_at__gte=first, ended_at__isnull=False, ended_at__lte=last)
    return [_fields(row, OUTCOME_FIELDS) for row in whole.order_by("pk")]

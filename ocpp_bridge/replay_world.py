"""The small world in which a recording is held again: its station, tokens, sessions and commands.

What is ours has other numbers here than in the recording; this translates both ways.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models.functions import Upper

from accounts.models import IdToken, Organization
from core import clock
from ocpp_bridge.comparing import Mismatch, mismatches
from ocpp_bridge.recordings import Recording
from stations.command_kinds import CommandKind, StartSession, Verbatim, read_kind
from stations.models import ChargingSession, ChargingStation, Connector, Evse, Location
from stations.services import commands
from stations.services.hardware import make_evse

UNREADABLE: Final = "-1"
NUMBERED: Final = frozenset({"transactionId", "remoteStartId", "chargingProfileId", "id"})
PARAMS: Final = frozenset({"session_number", "remote_start_id"})
STATION: Final = ("name", "vendor", "model", "serial", "firmware", "ocpp_version", "registration")


@dataclass(slots=True)
class World:
    """`numbers`, `start_tokens` and `message_ids` map what was recorded to what it is here."""

    station: ChargingStation
    numbers: dict[int, int] = field(default_factory=dict)
    start_tokens: dict[str, str] = field(default_factory=dict)
    message_ids: dict[str, str] = field(default_factory=dict)

    # --- translating -----------------------------------------------------------------------

    def inward(self, text: str, message: Any, *, is_answer: bool) -> str:
        """What the station said, in the numbers of this world; untouched where none of ours is in it."""
        for was, is_ in self.start_tokens.items():
            text = text.replace(was, is_)
        if not isinstance(message, list):
            return text
        there = json.loads(text)
        here = _renumbered(there, self.numbers)
        if is_answer and len(here) > 1:
            here[1] = self.message_ids.get(str(here[1]), here[1])
        return text if here == there else json.dumps(here)

    def outward(self, text: str | None, *, asked: str = "") -> str | None:
        """What we say, in the numbers of the recording; with the message id `asked` if it is a request."""
        if text is None:
            return None
        for was, is_ in self.start_tokens.items():
            text = text.replace(is_, was)
        message = _renumbered(json.loads(text), {is_: was for was, is_ in self.numbers.items()})
        if asked:
            message[1] = asked
        return json.dumps(message)

    # --- giving commands -------------------------------------------------------------------

    def command(self, message: Any, known: Mapping[str, Any] | None) -> None:
        """Ask for what was asked then: as the domain's command when the file has it, else word by word."""
        session = self._pending(known["session"]) if known and known["session"] else None
        commands.request(station=self.station, kind=self._kind(message, known), session=session)

    def _kind(self, message: Any, known: Mapping[str, Any] | None) -> CommandKind:
        if known is None:
            return Verbatim(action=str(message[2]), payload=_renumbered(message[3], self.numbers))
        params = {
            name: self.numbers.get(value, value) if name in PARAMS else value
            for name, value in known["params"].items()
        }
        if known["kind"] == StartSession.name:
            uid = str(params["token_uid"])
            params["token_uid"] = self.start_tokens.get(uid, uid)
        return read_kind(known["kind"], params)

    def _pending(self, told: Mapping[str, Any]) -> ChargingSession | None:
        """The session that a command is about; one that was asked for is made when it first appears."""
        number = self.numbers.get(told["number"])
        if number is not None:
            return ChargingSession.objects.get(number=number)
        return self.add_session({**told, "was_active": False}) if told["start_token"] else None

    def add_session(self, told: Mapping[str, Any]) -> ChargingSession:
        evse = Evse.objects.filter(station=self.station, number=told["evse"]).first()
        session = ChargingSession.objects.create(
            organization_id=self.station.organization_id,
            station=self.station,
            evse=evse,
            connector_number=told["connector_number"],
            requested_at=_instant(told["requested_at"]) or clock.now(),
            start_token=self._start_token(told["start_token"]),
            **(_begun(told) if told["was_active"] else {}),
        )
        session.refresh_from_db(fields=["number"])
        self.numbers[told["number"]] = session.number
        return session

    def _start_token(self, recorded: str) -> str:
        if recorded:
            self.start_tokens[recorded] = secrets.token_hex(len(recorded))[: len(recorded)].upper()
        return self.start_tokens.get(recorded, "")

    # --- the end ---------------------------------------------------------------------------

    def outcomes(self, recorded: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, list[Mismatch]]]:
        """Sessions that ended otherwise than then, by their recorded number."""
        for told in recorded:
            found = self._found(told)
            wanted = {name: value for name, value in told.items() if name != "number"}
            now = {name: getattr(found, name, None) for name in wanted}
            members = mismatches(json.dumps(wanted), json.dumps(now, default=_plain))
            if members:
                yield told["number"], members

    def _found(self, told: Mapping[str, Any]) -> ChargingSession | None:
        sessions = ChargingSession.objects.filter(station=self.station)
        number = self.numbers.get(told["number"])
        if number is not None:
            return sessions.filter(number=number).first()
        return sessions.filter(started_at=_instant(told["started_at"])).first()


def version_of(recording: Recording) -> str:
    return str(recording.station["ocpp_version"])


def build(recording: Recording) -> World:
    """A network, a place and a station like the recorded one; its tokens, where nobody here has them."""
    told = recording.station
    station = ChargingStation.objects.create(
        location=(place := _place()),
        organization_id=place.organization_id,
        identity=f"replay-{secrets.token_hex(8)}",
        **{name: told[name] for name in STATION},
    )
    for evse in told["evses"]:
        _add_evse(station, evse)
    for token in recording.tokens:
        _add_token(station, token)
    world = World(station)
    for session in recording.sessions:
        world.add_session(session)
    return world


def _place() -> Location:
    word = secrets.token_hex(8)
    organization = Organization.objects.create(
        name="Replay", slug=f"replay-{word}", country_code="ZZ", party_id=word[:3].upper()
    )
    zero = Decimal(0)
    return Location.objects.create(
        organization=organization, name="Replay", slug=f"replay-{word}", latitude=zero, longitude=zero
    )


def _add_evse(station: ChargingStation, told: Mapping[str, Any]) -> None:
    evse = make_evse(station=station, **{name: part for name, part in told.items() if name != "connectors"})
    for plug in told["connectors"]:
        Connector.objects.create(organization_id=station.organization_id, evse=evse, **plug)


def _add_token(station: ChargingStation, told: Mapping[str, Any]) -> None:
    """A token that this database holds already is left as it is: its row is not ours to lock."""
    same = IdToken.objects.annotate(upper=Upper("uid")).filter(type=told["type"], upper=told["uid"].upper())
    if not same.exists():
        fields = {**told, "valid_until": _instant(told["valid_until"])}
        IdToken.objects.create(organization_id=station.organization_id, **fields)


def _begun(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": ChargingSession.Status.ACTIVE,
        "transaction_id": told["transaction_id"],
        "token_uid": told["token_uid"],
        "started_at": _instant(told["started_at"]),
        "reported_start_at": _instant(told["reported_start_at"]),
        "meter_start_wh": told["meter_start_wh"],
    }


def _renumbered(value: Any, numbers: Mapping[int, int]) -> Any:
    """The same value with other numbers where a member names one of ours."""
    return _walk(value, lambda name, part: numbers.get(part, part) if name in NUMBERED else part)


def _walk(value: Any, change: Callable[[str, int], int], name: str = "") -> Any:
    if isinstance(value, list):
        return [_walk(part, change, name) for part in value]
    if isinstance(value, dict):
        return {key: _walk(part, change, key) for key, part in value.items()}
    return change(name, value) if type(value) is int else value


def _instant(text: Any) -> datetime | None:
    """An instant as a file has it, or as it is."""
    return datetime.fromisoformat(text) if isinstance(text, str) and text else text or None


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)

"""Commands on their way to a station and back: rows to requests, answers to rows. Synchronous.

The socket and `replay.Conversation` both use these; only the waiting in between differs.
"""

from __future__ import annotations

import logging
from typing import Final, NamedTuple

from ocpp_bridge.dialects.base import Dialect, Learn, Unsupported
from ocpp_bridge.exchange import ACCEPTED, Settled, redact
from ocpp_bridge.frames import Payload
from ocpp_bridge.link import Asked, message_id
from ocpp_bridge.translating import CannotSay, encode
from stations.command_kinds import CommandKind, StartSession, StopSession, UnknownKind, WriteVariable
from stations.models import ChargingStation, StationCommand
from stations.redaction import redacted
from stations.services import commands, security
from stations.services.device import store_variables
from stations.services.sealing import CannotOpen

logger = logging.getLogger(__name__)

REJECTED: Final = "rejected"
BEFORE_ACCEPTANCE: Final = (StartSession, StopSession)
"""What must not be asked of a station that is only pending (2.0.1 B02.FR.05, 1.6 section 4.2)."""
NOT_TO_BE_SAID: Final = (CannotSay, Unsupported, UnknownKind, CannotOpen, TypeError)
"""TypeError: an old row's names."""


class Ready(NamedTuple):
    """A claimed command as a call that can be sent."""

    asked: Asked
    payload: Payload


class Spent(NamedTuple):
    """A claimed command that could not be said; its row tells why."""

    command_id: int


def claim_next(
    *, station_id: int, connection_no: int, dialect: Dialect, registration: str
) -> Ready | Spent | None:
    """The next command of this station, claimed for this connection; None when there is none.

    A connection that has been replaced gets none: what it claimed would be said to nobody.
    """
    if not ChargingStation.objects.filter(pk=station_id, connection_no=connection_no).exists():
        return None
    command = commands.claim_next(station_id=station_id, connection_no=connection_no)
    if command is None:
        return None
    try:
        kind = commands.read(command)
        _check(kind, registration)
        request = encode(dialect.version, _unsealed(station_id, kind, dialect))
    except NOT_TO_BE_SAID as refusal:
        return _give_back(command, str(refusal))
    asked = Asked(message_id(command.pk), command.pk, request.action)
    shown = {"action": request.action, "payload": redacted(redact(request.payload, dialect.secrets))}
    StationCommand.objects.filter(pk=command.pk).update(message_id=asked.message_id, sent=shown, sealed="")
    return Ready(asked, request.payload)


def _unsealed(station_id: int, kind: CommandKind, dialect: Dialect) -> CommandKind:
    """A new password is made at the moment of sending; the row holds none."""
    if not (isinstance(kind, WriteVariable) and kind.secret_nonce):
        return kind
    try:
        return security.unseal(station_id=station_id, kind=kind, ocpp_version=dialect.version)
    except security.NotAwaited as error:
        raise Unsupported(str(error)) from error


def _check(kind: CommandKind, registration: str) -> None:
    if registration == REJECTED:  # 2.0.1 B03.FR.03
        raise Unsupported("The station is rejected: it is asked nothing.")
    if registration != ACCEPTED and isinstance(kind, BEFORE_ACCEPTANCE):
        raise Unsupported("The station is not accepted yet.")


def _give_back(command: StationCommand, why: str) -> Spent:
    commands.record_answer(command_id=command.pk, outcome="failed", word=why[:60], answer=None)
    return Spent(command.pk)


def settle(station_id: int, settled: Settled) -> None:
    """Write down what the station answered, and what it told about itself."""
    answered = settled.answered
    if answered.variables:
        store_variables(station_id=station_id, variables=answered.variables)
    commands.record_answer(
        command_id=settled.asked.command_id,
        outcome=answered.outcome,
        word=answered.word[:60],
        answer=redacted(settled.payload),
    )
    if settled.learn is not None and answered.outcome != "failed":
        _learn(station_id, settled, settled.learn)


def _learn(station_id: int, settled: Settled, learn: Learn) -> None:
    """What the answer, beside what was asked, tells about the station; its end is written already."""
    sent = StationCommand.objects.values_list("sent", flat=True).get(pk=settled.asked.command_id) or {}
    try:
        learn(station_id, sent["payload"], settled.payload)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        logger.exception("could not use what station %d answered to %s", station_id, settled.asked.action)


def time_out(asked: Asked) -> None:
    """No answer came; a late one still counts."""
    commands.record_timeout(command_id=asked.command_id)

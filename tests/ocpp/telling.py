"""Helpers for recorded 2.x conversations: a station says something, or answers what we asked."""

from __future__ import annotations

import json
from typing import Any

from ocpp_bridge.replay import Conversation
from stations import command_kinds as kinds
from stations.models import ChargingStation, StationCommand
from stations.services import commands
from tests.ocpp.talk import call


def say(conversation: Conversation, action: str, payload: Any, message_id: str | None = None) -> list[Any]:
    """What we answer to a call."""
    (reply,) = conversation.exchange(call(action, payload, message_id))
    return json.loads(reply)


def ask(
    conversation: Conversation, station: ChargingStation, kind: kinds.CommandKind, answer: Any
) -> tuple[StationCommand, tuple[str, Any]]:
    """Have a command sent and answered: its row afterwards, and what was said."""
    command = commands.request(station=station, kind=kind)
    text = conversation.next_command()
    assert text is not None
    _, message_id, action, payload = json.loads(text)
    assert conversation.exchange(json.dumps([3, message_id, answer])) == []
    command.refresh_from_db()
    return command, (action, payload)

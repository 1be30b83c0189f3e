"""Helpers: who knocks at the door, and what a station answers."""

from __future__ import annotations

import json

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from core.outbox import deliver_pending
from ocpp_bridge import handshake
from ocpp_bridge.callers import Caller
from ocpp_bridge.handshake import Admission
from ocpp_bridge.replay import Conversation
from tests.ocpp.doors import basic

BOOT_16 = {"chargePointModel": "Wallbox", "chargePointVendor": "Maker", "chargePointSerialNumber": "SN-1"}
NAME = "Northwind Charging"


def caller(identity="CP-1", password=None, **said) -> Caller:
    sent = password.encode() if isinstance(password, str) else password
    return Caller(identity, identity.encode() if sent else b"", sent, ("ocpp1.6",), "203.0.113.7", **said)


def settle(conversation: Conversation, payload, code: str | None = None) -> dict:
    """Let the station answer the next command; what was asked of it."""
    text = conversation.next_command()
    assert text is not None
    _, message_id, action, asked = json.loads(text)
    answer = [3, message_id, payload] if code is None else [4, message_id, code, "", {}]
    conversation.exchange(json.dumps(answer))
    while deliver_pending():
        pass
    return {"action": action, **asked}


def may_enter(password: str) -> bool:
    return isinstance(handshake.admit(caller(password=password)), Admission)


def password_in(asked: dict) -> str:
    if asked["action"] == "ChangeConfiguration":
        assert asked["key"] == "AuthorizationKey"
        return asked["value"]
    (data,) = asked["setVariableData"]
    assert (data["component"]["name"], data["variable"]["name"]) == ("SecurityCtrlr", "BasicAuthPassword")
    return data["attributeValue"]


def stranger(identity="NEW-1", password=None, organization="northwind") -> Caller:
    return caller(identity, password, organization=organization)


def knock(port: int, identity: str, password: str, lines: list) -> None:
    """Come to the network's address over a real socket."""
    lines.append(
        connect(
            f"ws://127.0.0.1:{port}/ocpp/northwind/{identity}",
            subprotocols=[Subprotocol("ocpp1.6")],
            additional_headers=basic(identity, password),
            open_timeout=30,
        )
    )

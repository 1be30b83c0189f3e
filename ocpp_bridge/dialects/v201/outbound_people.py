"""OCPP 2.0.1, what we ask stations to show, and what they know of customers (I, N09, N10, O)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from ocpp_bridge.dialects.base import Encode, Request, Unsupported
from ocpp_bridge.dialects.common import given
from ocpp_bridge.dialects.v201 import mapping
from ocpp_bridge.dialects.v201.tokens import id_token
from ocpp_bridge.dialects.values import whole_seconds
from ocpp_bridge.frames import Payload
from stations import command_kinds as kinds


def show_message(command: kinds.ShowMessage) -> Request:
    evse = command.evse_number
    text = given(format=command.format, language=command.language or None, content=command.content)
    message = given(
        id=command.number,
        priority=mapping.MESSAGE_PRIORITY[command.priority],
        state=mapping.MESSAGE_STATE[command.state] if command.state else None,
        startDateTime=whole_seconds(command.starts_at) or None,
        endDateTime=whole_seconds(command.ends_at) or None,
        transactionId=command.transaction_id or None,
        display={"name": "Display", "evse": {"id": evse}} if evse else None,
        message=text,
    )
    return Request("SetDisplayMessage", {"message": message})


def clear_message(command: kinds.ClearMessage) -> Request:
    return Request("ClearDisplayMessage", {"id": command.number})


def read_messages(command: kinds.ReadMessages) -> Request:
    payload = given(
        requestId=command.request_number or 0,
        id=list(command.numbers) or None,
        priority=mapping.MESSAGE_PRIORITY[command.priority] if command.priority else None,
        state=mapping.MESSAGE_STATE[command.state] if command.state else None,
    )
    return Request("GetDisplayMessages", payload)


def show_cost(command: kinds.ShowCost) -> Request:
    """The figure is a JSON number on the wire, with the digits that it has."""
    cost = float(Decimal(command.total_cost))
    return Request("CostUpdated", {"totalCost": cost, "transactionId": command.transaction_id})


def read_customer(command: kinds.ReadCustomer) -> Request:
    """Exactly one reference to the customer (N09.FR.09)."""
    payload: Payload = {
        "requestId": command.request_number or 0,
        "report": command.is_report,
        "clear": command.is_clear,
    }
    named = _customer(command)
    if len(named) != 1:
        raise Unsupported("Name the customer by a token, a name or a certificate, and by one of them.")
    return Request("CustomerInformation", {**payload, **named})


def _customer(command: kinds.ReadCustomer) -> dict[str, Any]:
    hashes = {
        "hashAlgorithm": command.hash_algorithm,
        "issuerNameHash": command.issuer_name_hash,
        "issuerKeyHash": command.issuer_key_hash,
        "serialNumber": command.serial_number,
    }
    return given(
        idToken=id_token(command.token_uid, command.token_type) if command.token_uid else None,
        customerIdentifier=command.customer or None,
        customerCertificate=hashes if command.hash_algorithm else None,
    )


ENCODERS: Final[Mapping[type[kinds.CommandKind], Encode]] = {
    kinds.ClearMessage: clear_message,
    kinds.ReadCustomer: read_customer,
    kinds.ReadMessages: read_messages,
    kinds.ShowCost: show_cost,
    kinds.ShowMessage: show_message,
}

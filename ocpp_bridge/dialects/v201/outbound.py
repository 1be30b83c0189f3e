"""OCPP 2.0.1, what we ask: command -> request; the station's answer -> outcome (part 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core import clock
from ocpp_bridge.dialects.base import Encode, Request
from ocpp_bridge.dialects.v201 import mapping
from ocpp_bridge.dialects.v201.variables import as_component
from ocpp_bridge.dialects.values import stamp, whole_seconds
from ocpp_bridge.frames import Payload
from stations import command_kinds as kinds


def request_start(command: kinds.StartSession) -> Request:
    payload: Payload = {
        "evseId": command.evse_number,
        "idToken": id_token(command.token_uid, command.token_type),
        "remoteStartId": command.remote_start_id or 0,
    }
    if command.limit_a is not None or command.limit_w is not None:
        payload["chargingProfile"] = {
            "id": command.remote_start_id or command.evse_number,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": [schedule(1, command.limit_a, command.limit_w)],
        }
    return Request("RequestStartTransaction", payload)


def id_token(uid: str, type_: str) -> Payload:
    word = mapping.TOKEN_TYPE.get(type_, type_)
    return {"idToken": uid, "type": word if word in mapping.TOKEN_TYPES else "Central"}


def request_stop(command: kinds.StopSession) -> Request:
    return Request("RequestStopTransaction", {"transactionId": command.transaction_id})


def reserve(command: kinds.Reserve) -> Request:
    payload: Payload = {
        "id": command.reservation_number,
        "expiryDateTime": whole_seconds(command.expires_at),
        "idToken": id_token(command.token_uid, command.token_type),
        "evseId": command.evse_number,
    }
    if command.group_uid:
        payload["groupIdToken"] = {"idToken": command.group_uid, "type": "Central"}
    return Request("ReserveNow", payload)


def cancel_reservation(command: kinds.CancelReservation) -> Request:
    return Request("CancelReservation", {"reservationId": command.reservation_number})


def set_limit(command: kinds.SetPowerLimit) -> Request:
    limits = schedule(command.profile_id, command.limit_a, command.limit_w, command.phases)
    is_dated = command.duration_s is not None or command.purpose == "station"
    if is_dated:
        limits["startSchedule"] = stamp(clock.now())
    if command.duration_s is not None:
        limits["duration"] = command.duration_s
    profile: Payload = {
        "id": command.profile_id,
        "stackLevel": command.stack_level,
        "chargingProfilePurpose": mapping.PROFILE_PURPOSE[command.purpose],
        "chargingProfileKind": "Absolute" if is_dated else "Relative",
        "chargingSchedule": [limits],
    }
    if command.purpose == "session" and command.transaction_id:
        profile["transactionId"] = command.transaction_id
    evse = 0 if command.purpose == "station" else command.evse_number
    return Request("SetChargingProfile", {"evseId": evse, "chargingProfile": profile})


def schedule(number: int, limit_a: int | None, limit_w: int | None, phases: int | None = None) -> Payload:
    """One constant limit; amperes are per phase."""
    period: Payload = {"startPeriod": 0, "limit": limit_w if limit_a is None else limit_a}
    if phases is not None:
        period["numberPhases"] = phases
    unit = "W" if limit_a is None else "A"
    return {"id": number, "chargingRateUnit": unit, "chargingSchedulePeriod": [period]}


def clear_limit(command: kinds.ClearPowerLimit) -> Request:
    """By id, or by criteria; one of them must be given (K10.FR.02)."""
    if command.profile_id is not None:
        return Request("ClearChargingProfile", {"chargingProfileId": command.profile_id})
    if command.evse_number is not None:
        return Request("ClearChargingProfile", {"chargingProfileCriteria": {"evseId": command.evse_number}})
    every = {"chargingProfilePurpose": "TxProfile"}
    return Request("ClearChargingProfile", {"chargingProfileCriteria": every})


def unlock(command: kinds.Unlock) -> Request:
    where = {"evseId": command.evse_number, "connectorId": command.connector_number}
    return Request("UnlockConnector", where)


def reset(command: kinds.Reset) -> Request:
    return Request("Reset", {"type": mapping.RESET[command.is_hard]})


def set_availability(command: kinds.SetAvailability) -> Request:
    payload: Payload = {"operationalStatus": mapping.AVAILABILITY[command.is_operative]}
    if command.evse_number:
        payload["evse"] = {"id": command.evse_number}
    return Request("ChangeAvailability", payload)


def read_variables(command: kinds.ReadVariables) -> Request:
    """All of them is a report, which comes later in NotifyReport (B07)."""
    if not command.names:
        return Request("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})
    return Request("GetVariables", {"getVariableData": [as_component(name) for name in command.names]})


def write_variable(command: kinds.WriteVariable) -> Request:
    wanted = {**as_component(command.variable), "attributeValue": command.value}
    return Request("SetVariables", {"setVariableData": [wanted]})


def trigger(command: kinds.Trigger) -> Request:
    """A status needs the connector too (F06.FR.12)."""
    payload: Payload = {"requestedMessage": mapping.TRIGGER[command.message]}
    if command.evse_number:
        payload["evse"] = {"id": command.evse_number}
        if command.message == "status":
            payload["evse"]["connectorId"] = 1
    return Request("TriggerMessage", payload)


def verbatim(command: kinds.Verbatim) -> Request:
    return Request(command.action, command.payload)


ENCODERS: Final[Mapping[type[kinds.CommandKind], Encode]] = {
    kinds.CancelReservation: cancel_reservation,
    kinds.ClearPowerLimit: clear_limit,
    kinds.ReadVariables: read_variables,
    kinds.Reserve: reserve,
    kinds.Reset: reset,
    kinds.SetAvailability: set_availability,
    kinds.SetPowerLimit: set_limit,
    kinds.StartSession: request_start,
    kinds.StopSession: request_stop,
    kinds.Trigger: trigger,
    kinds.Unlock: unlock,
    kinds.Verbatim: verbatim,
    kinds.WriteVariable: write_variable,
}

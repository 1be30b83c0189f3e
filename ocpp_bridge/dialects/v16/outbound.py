"""OCPP 1.6, what we ask: command -> request; the station's answer -> outcome (section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from ocpp_bridge.dialects import common, words
from ocpp_bridge.dialects.base import Answered, Encode, Interpret, Request, Unsupported, by_status
from ocpp_bridge.dialects.v16 import mapping, messages, upkeep
from ocpp_bridge.dialects.values import whole_seconds
from ocpp_bridge.frames import Payload
from stations import command_kinds as kinds


def remote_start(command: kinds.StartSession) -> Request:
    payload: Payload = {"connectorId": command.evse_number, "idTag": command.token_uid}
    if common.has_limit(command):
        payload["chargingProfile"] = {
            **common.START_PROFILE,
            "chargingProfileId": command.remote_start_id or command.evse_number,
            "chargingSchedule": common.constant_limit(command.limit_a, command.limit_w),
        }
    return Request("RemoteStartTransaction", payload)


def remote_stop(command: kinds.StopSession) -> Request:
    return Request("RemoteStopTransaction", {"transactionId": command.session_number})


def reserve(command: kinds.Reserve) -> Request:
    payload: Payload = {
        "connectorId": command.evse_number,
        "expiryDate": whole_seconds(command.expires_at),
        "idTag": command.token_uid,
        "reservationId": command.reservation_number,
    }
    if command.group_uid:
        payload["parentIdTag"] = command.group_uid
    return Request("ReserveNow", payload)


def set_limit(command: kinds.SetPowerLimit) -> Request:
    profile: Payload = {
        **common.limit_profile(command, mapping.PROFILE_PURPOSE),
        "chargingProfileId": command.profile_id,
        "chargingSchedule": common.limit_schedule(command),
    }
    if command.purpose == "session" and command.session_number is not None:
        profile["transactionId"] = command.session_number
    payload = {"connectorId": common.limit_place(command), "csChargingProfiles": profile}
    return Request("SetChargingProfile", payload)


def clear_limit(command: kinds.ClearPowerLimit) -> Request:
    payload = common.given(
        id=command.profile_id,
        connectorId=command.evse_number,
        chargingProfilePurpose=mapping.PROFILE_PURPOSE[command.purpose] if command.purpose else None,
        stackLevel=command.stack_level,
    )
    return Request("ClearChargingProfile", payload)


def set_profile(command: kinds.SetProfile) -> Request:
    profile: Payload = {
        **common.profile(command, mapping.PROFILE_PURPOSE),
        "chargingProfileId": command.profile_id,
        "chargingSchedule": common.schedule(command),
    }
    if command.purpose == "session" and command.session_number is not None:
        profile["transactionId"] = command.session_number
    payload = {"connectorId": common.limit_place(command), "csChargingProfiles": profile}
    return Request("SetChargingProfile", payload)


def read_schedule(command: kinds.ReadSchedule) -> Request:
    payload: Payload = {"connectorId": command.evse_number, "duration": command.duration_s}
    return Request("GetCompositeSchedule", {**payload, **common.given(chargingRateUnit=command.unit or None)})


def unlock(command: kinds.Unlock) -> Request:
    return Request("UnlockConnector", {"connectorId": command.evse_number})


def reset(command: kinds.Reset) -> Request:
    return Request("Reset", {"type": mapping.RESET[command.is_hard]})


def set_availability(command: kinds.SetAvailability) -> Request:
    wanted = words.AVAILABILITY[command.is_operative]
    return Request("ChangeAvailability", {"connectorId": command.evse_number, "type": wanted})


def read_variables(command: kinds.ReadVariables) -> Request:
    return Request("GetConfiguration", {"key": list(command.names)} if command.names else {})


def write_variable(command: kinds.WriteVariable) -> Request:
    return Request("ChangeConfiguration", {"key": command.variable, "value": command.value})


def trigger(command: kinds.Trigger) -> Request:
    """The core message where it can ask, the whitepaper's where only that one can."""
    extended = mapping.EXTENDED_TRIGGER.get(command.message)
    wanted = extended or mapping.TRIGGER.get(command.message)
    if wanted is None:
        raise Unsupported(f"OCPP 1.6 cannot ask for {command.message}.")
    payload: Payload = {"requestedMessage": wanted}
    if command.evse_number:
        payload["connectorId"] = command.evse_number
    return Request("ExtendedTriggerMessage" if extended else "TriggerMessage", payload)


ENCODERS: Final[Mapping[type[kinds.CommandKind], Encode]] = {
    **upkeep.ENCODERS,
    kinds.CancelReservation: common.cancel_reservation,
    kinds.ClearPowerLimit: clear_limit,
    kinds.ReadSchedule: read_schedule,
    kinds.ReadVariables: read_variables,
    kinds.Reserve: reserve,
    kinds.Reset: reset,
    kinds.SetAvailability: set_availability,
    kinds.SetPowerLimit: set_limit,
    kinds.SetProfile: set_profile,
    kinds.StartSession: remote_start,
    kinds.StopSession: remote_stop,
    kinds.Trigger: trigger,
    kinds.Unlock: unlock,
    kinds.Verbatim: common.verbatim,
    kinds.WriteVariable: write_variable,
}


def configuration(payload: Payload) -> Answered:
    """Keys that the station does not know make it a refusal only when it knew none."""
    answer = cast(messages.GetConfigurationAnswer, payload)
    known, unknown = answer.get("configurationKey", []), answer.get("unknownKey", [])
    variables = tuple(map(variable, known))
    if unknown and not known:
        return Answered(outcome="rejected", word="UnknownKey")
    return Answered(outcome="accepted", word="", variables=variables)


def variable(key: messages.ConfigurationKey) -> Mapping[str, Any]:
    is_secret = key["key"].lower() in mapping.SECRET_KEYS
    return {
        "variable": key["key"],
        "value": "" if is_secret else key.get("value", ""),
        "mutability": "ReadOnly" if key["readonly"] else "ReadWrite",
    }


INTERPRETERS: Final[Mapping[str, Interpret]] = {
    **upkeep.INTERPRETERS,
    "ChangeConfiguration": by_status,
    "GetConfiguration": configuration,
}

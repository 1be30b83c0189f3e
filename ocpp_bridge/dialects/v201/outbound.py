"""OCPP 2.0.1, what we ask: command -> request; the station's answer -> outcome (part 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ocpp_bridge.dialects import common, words
from ocpp_bridge.dialects.base import Encode, Request
from ocpp_bridge.dialects.v201 import mapping, outbound_device, outbound_people, outbound_upkeep
from ocpp_bridge.dialects.v201.tokens import id_token
from ocpp_bridge.dialects.values import whole_seconds
from ocpp_bridge.frames import Payload
from stations import command_kinds as kinds


def request_start(command: kinds.StartSession) -> Request:
    payload: Payload = {
        "evseId": command.evse_number,
        "idToken": id_token(command.token_uid, command.token_type),
        "remoteStartId": command.remote_start_id or 0,
    }
    if common.has_limit(command):
        payload["chargingProfile"] = {
            **common.START_PROFILE,
            "id": command.remote_start_id or command.evse_number,
            "chargingSchedule": schedule(1, common.constant_limit(command.limit_a, command.limit_w)),
        }
    return Request("RequestStartTransaction", payload)


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


def set_limit(command: kinds.SetPowerLimit) -> Request:
    profile: Payload = {
        **common.limit_profile(command, mapping.PROFILE_PURPOSE),
        "id": command.profile_id,
        "chargingSchedule": schedule(command.profile_id, common.limit_schedule(command)),
    }
    if command.purpose == "session" and command.transaction_id:
        profile["transactionId"] = command.transaction_id
    payload = {"evseId": common.limit_place(command), "chargingProfile": profile}
    return Request("SetChargingProfile", payload)


def schedule(number: int, limits: Payload) -> list[Payload]:
    return [{"id": number, **limits}]


def set_profile(command: kinds.SetProfile) -> Request:
    profile: Payload = {
        **common.profile(command, mapping.PROFILE_PURPOSE),
        "id": command.profile_id,
        "chargingSchedule": schedule(command.profile_id, common.schedule(command)),
    }
    if command.purpose == "session" and command.transaction_id:
        profile["transactionId"] = command.transaction_id
    payload = {"evseId": common.limit_place(command), "chargingProfile": profile}
    return Request("SetChargingProfile", payload)


def clear_limit(command: kinds.ClearPowerLimit) -> Request:
    """By id, or by criteria; one of them must be given (K10.FR.02)."""
    if command.profile_id is not None:
        return Request("ClearChargingProfile", {"chargingProfileId": command.profile_id})
    criteria = common.given(
        evseId=command.evse_number,
        chargingProfilePurpose=purpose(command.purpose) if command.purpose else None,
        stackLevel=command.stack_level,
    )
    every = {"chargingProfilePurpose": "TxProfile"}
    return Request("ClearChargingProfile", {"chargingProfileCriteria": criteria or every})


def purpose(word: str) -> str:
    """Ours, or the standard's own."""
    return mapping.PROFILE_PURPOSE.get(word, word)


def read_profiles(command: kinds.ReadProfiles) -> Request:
    """Something must be asked for (K09.FR.03): with nothing named, those of every source."""
    wanted = common.given(
        chargingProfileId=list(command.profile_ids) or None,
        chargingProfilePurpose=purpose(command.purpose) if command.purpose else None,
        stackLevel=command.stack_level,
        chargingLimitSource=list(command.sources) or None,
    )
    payload = {
        "requestId": command.request_number or 0,
        "chargingProfile": wanted or {"chargingLimitSource": list(mapping.LIMIT_SOURCES)},
        **common.given(evseId=command.evse_number),
    }
    return Request("GetChargingProfiles", payload)


def read_schedule(command: kinds.ReadSchedule) -> Request:
    payload: Payload = {"evseId": command.evse_number, "duration": command.duration_s}
    return Request("GetCompositeSchedule", {**payload, **common.given(chargingRateUnit=command.unit or None)})


def unlock(command: kinds.Unlock) -> Request:
    where = {"evseId": command.evse_number, "connectorId": command.connector_number}
    return Request("UnlockConnector", where)


def reset(command: kinds.Reset) -> Request:
    return Request("Reset", {"type": mapping.RESET[command.is_hard]})


def set_availability(command: kinds.SetAvailability) -> Request:
    payload: Payload = {"operationalStatus": words.AVAILABILITY[command.is_operative]}
    if command.evse_number:
        payload["evse"] = {"id": command.evse_number}
    return Request("ChangeAvailability", payload)


def trigger(command: kinds.Trigger) -> Request:
    """A status needs the connector too (F06.FR.12)."""
    payload: Payload = {"requestedMessage": mapping.TRIGGER[command.message]}
    if command.evse_number:
        payload["evse"] = {"id": command.evse_number}
        if command.message == "status":
            payload["evse"]["connectorId"] = 1
    return Request("TriggerMessage", payload)


ENCODERS: Final[Mapping[type[kinds.CommandKind], Encode]] = {
    **outbound_device.ENCODERS,
    **outbound_people.ENCODERS,
    **outbound_upkeep.ENCODERS,
    kinds.CancelReservation: common.cancel_reservation,
    kinds.ClearPowerLimit: clear_limit,
    kinds.ReadProfiles: read_profiles,
    kinds.ReadSchedule: read_schedule,
    kinds.Reserve: reserve,
    kinds.Reset: reset,
    kinds.SetAvailability: set_availability,
    kinds.SetPowerLimit: set_limit,
    kinds.SetProfile: set_profile,
    kinds.StartSession: request_start,
    kinds.StopSession: request_stop,
    kinds.Trigger: trigger,
    kinds.Unlock: unlock,
    kinds.Verbatim: common.verbatim,
}

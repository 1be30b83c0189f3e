"""OCPP 2.0.1, what stations answer to our requests: the outcome, and what we learn from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ocpp_bridge.dialects import errands
from ocpp_bridge.dialects.base import Answered, Interpret, Learn, by_status
from ocpp_bridge.dialects.v201 import mapping
from ocpp_bridge.dialects.v201.names import about
from ocpp_bridge.dialects.v201.reporting import severity, shown
from ocpp_bridge.dialects.v201.variables import DEFAULT_ATTRIBUTE, described, got, set_
from ocpp_bridge.dialects.values import whole
from ocpp_bridge.frames import Payload
from stations.services import device, messages, monitoring

CUSTOM: Final = "CustomMonitor"
"""Where a monitor comes from that we set (part 2, EventNotificationEnumType)."""


def by_all(results: Sequence[Mapping[str, Any]], good: frozenset[str]) -> Answered:
    """A list of results: accepted when every one is; the word is the first refusal."""
    words = [str(result["status"]) for result in results]
    refused = [word for word in words if word not in good]
    return Answered(outcome="rejected" if refused else "accepted", word=(refused or words or [""])[0])


def monitors_set(payload: Payload) -> Answered:
    return by_all(payload["setMonitoringResult"], frozenset({"Accepted"}))


def monitors_cleared(payload: Payload) -> Answered:
    return by_all(payload["clearMonitoringResult"], frozenset({"Accepted"}))


def list_version(payload: Payload) -> Answered:
    """0: the station keeps no list (D02.FR.03)."""
    return Answered(outcome="accepted", word=str(int(payload["versionNumber"])))


def transaction_state(payload: Payload) -> Answered:
    """E14: is it running, and are messages on their way?"""
    parts = [
        {True: "running", False: "over"}.get(payload.get("ongoingIndicator"), ""),  # type: ignore[arg-type]
        "messages wait" if payload["messagesInQueue"] else "no messages wait",
    ]
    return Answered(outcome="accepted", word=", ".join(part for part in parts if part))


def unpublished(payload: Payload) -> Answered:
    """Gone it is, also when it never was there (L04.FR.02)."""
    word = str(payload["status"])
    return Answered(outcome="accepted" if word in ("Unpublished", "NoFirmware") else "rejected", word=word)


def empty_is_fine(payload: Payload) -> Answered:
    """A report of nothing is an answer as well (B08.FR.15, N02.FR.10, K09)."""
    answered = by_status(payload)
    if answered.word in ("EmptyResultSet", "NoProfiles", "Unknown"):
        return Answered(outcome="accepted", word=answered.word)
    return answered


def replaced(payload: Payload) -> Answered:
    """AcceptedCanceled: taken, and what ran before is given up (L01.FR.24, N01.FR.12)."""
    answered = by_status(payload)
    is_taken = answered.word == "AcceptedCanceled"
    return Answered(outcome="accepted", word=answered.word) if is_taken else answered


# --- what we learn ------------------------------------------------------------------------------


def learn_variables(station_id: int, request: Payload, answer: Payload) -> None:
    """Settings that were taken are known at once; those that need a restart are not there yet."""
    told = zip(request["setVariableData"], answer["setVariableResult"], strict=False)
    device.store_variables(
        station_id=station_id,
        variables=[
            described(data, data.get("attributeType", DEFAULT_ATTRIBUTE), data["attributeValue"])
            for data, result in told
            if result["attributeStatus"] == "Accepted" and not _is_secret(data)
        ],
    )


def _is_secret(data: Mapping[str, Any]) -> bool:
    return data["variable"]["name"].lower() in mapping.SECRET_VARIABLES


def learn_monitors(station_id: int, request: Payload, answer: Payload) -> None:
    monitoring.store_monitors(station_id=station_id, monitors=list(_monitors(request, answer)))


def _monitors(request: Payload, answer: Payload) -> Iterator[dict[str, Any]]:
    told = zip(request["setMonitoringData"], answer["setMonitoringResult"], strict=False)
    for data, result in told:
        if result["status"] == "Accepted" and "id" in result:
            yield {
                **about(data["component"], data["variable"]),
                "number": whole(result["id"]),
                "kind": data["type"],
                "value": data["value"],
                "severity": severity(data["severity"]),
                "is_transactional": data.get("transaction", False),
                "origin": CUSTOM,
            }


def forget_monitors(station_id: int, request: Payload, answer: Payload) -> None:
    gone = [
        int(result["id"])
        for result in answer["clearMonitoringResult"]
        if result["status"] in ("Accepted", "NotFound")
    ]
    monitoring.forget_monitors(station_id=station_id, numbers=gone)


def learn_message(station_id: int, request: Payload, answer: Payload) -> None:
    if answer["status"] == "Accepted":
        messages.store_messages(station_id=station_id, messages=[shown(request["message"])])


def forget_message(station_id: int, request: Payload, answer: Payload) -> None:
    if answer["status"] in ("Accepted", "Unknown"):
        messages.forget_message(station_id=station_id, number=int(request["id"]))


INTERPRETERS: Final[Mapping[str, Interpret]] = {
    "ClearVariableMonitoring": monitors_cleared,
    "GetChargingProfiles": empty_is_fine,
    "GetDisplayMessages": empty_is_fine,
    "GetLocalListVersion": list_version,
    "GetLog": replaced,
    "GetMonitoringReport": empty_is_fine,
    "GetReport": empty_is_fine,
    "GetTransactionStatus": transaction_state,
    "GetVariables": got,
    "SetVariableMonitoring": monitors_set,
    "SetVariables": set_,
    "UnpublishFirmware": unpublished,
    "UpdateFirmware": replaced,
}

LEARNERS: Final[Mapping[str, Learn]] = {
    "ClearDisplayMessage": forget_message,
    "ClearVariableMonitoring": forget_monitors,
    "GetLog": errands.learn_of_log,
    "SetDisplayMessage": learn_message,
    "SetVariableMonitoring": learn_monitors,
    "SetVariables": learn_variables,
    "UpdateFirmware": errands.learn_of_firmware,
}

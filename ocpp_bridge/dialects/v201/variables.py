"""The device model of OCPP 2.0.1 (part 2, B05 to B08): its variables and ours, both ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ocpp_bridge.dialects.base import Answered, Interpret
from ocpp_bridge.dialects.v201 import mapping, messages
from ocpp_bridge.dialects.values import position
from ocpp_bridge.frames import Payload

DEFAULT_ATTRIBUTE: Final = "Actual"


def as_component(name: str) -> Payload:
    """ "OCPPCommCtrlr.HeartbeatInterval" as component and variable."""
    component, _, variable = name.partition(".")
    return {"component": {"name": component}, "variable": {"name": variable}}


def store_report(station_id: int, message: messages.NotifyReport) -> None:
    """Part of a report: keep what it says."""
    from stations.services.device import store_variables

    store_variables(station_id=station_id, variables=list(reported(message.get("reportData", ()))))


def reported(data: Sequence[messages.ReportData]) -> Iterator[Mapping[str, Any]]:
    for entry in data:
        for attribute in entry["variableAttribute"]:
            yield described(
                entry["component"],
                entry["variable"],
                attribute.get("type", DEFAULT_ATTRIBUTE),
                attribute.get("value", ""),
                attribute.get("mutability", "ReadWrite"),
            )


def described(
    component: messages.Component, variable: messages.Variable, attribute: str, value: str, mutability: str
) -> Mapping[str, Any]:
    evse = component.get("evse")
    is_secret = variable["name"].lower() in mapping.SECRET_VARIABLES
    return {
        "component": component["name"],
        "component_instance": component.get("instance", ""),
        "variable": variable["name"],
        "instance": variable.get("instance", ""),
        "evse_number": position(evse["id"]) if evse else 0,
        "attribute": attribute,
        "value": "" if is_secret else value,
        "mutability": mutability,
    }


def got(payload: Payload) -> Answered:
    """GetVariables: a refusal only when nothing at all could be read."""
    results: list[messages.GetVariableResult] = payload["getVariableResult"]
    told = [result for result in results if result["attributeStatus"] == "Accepted"]
    variables = tuple(
        described(
            result["component"],
            result["variable"],
            result.get("attributeType", DEFAULT_ATTRIBUTE),
            result.get("attributeValue", ""),
            "",
        )
        for result in told
    )
    word = told[0]["attributeStatus"] if told else results[0]["attributeStatus"]
    return Answered(outcome="accepted" if told else "rejected", word=word, variables=variables)


def set_(payload: Payload) -> Answered:
    """SetVariables: accepted when every part was, at once or after a reboot."""
    words = [result["attributeStatus"] for result in payload["setVariableResult"]]
    refused = [word for word in words if word not in ("Accepted", "RebootRequired")]
    return Answered(outcome="rejected" if refused else "accepted", word=(refused or words)[0])


INTERPRETERS: Final[Mapping[str, Interpret]] = {"GetVariables": got, "SetVariables": set_}

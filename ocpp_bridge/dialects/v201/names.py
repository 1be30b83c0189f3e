"""Names of variables as text: "Connector@1:2.AvailabilityState" and the like, both ways. Pure.

Component[instance]@evse:connector.Variable[instance]#Attribute, of which only the component and the
variable's name have to be there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ocpp_bridge.dialects.values import position
from ocpp_bridge.frames import Payload

_NAME: Final = re.compile(
    r"(?P<component>[^.\[@]+)(?:\[(?P<component_instance>[^\]]*)\])?"
    r"(?:@(?P<evse>\d+)(?::(?P<connector>\d+))?)?"
    r"(?:\.(?P<variable>[^.\[#]+)(?:\[(?P<instance>[^\]]*)\])?)?"
    r"(?:#(?P<attribute>\w+))?"
)


def as_component(name: str) -> Payload:
    """Component and variable, the latter left out when it is not named."""
    found = _NAME.fullmatch(name)
    if found is None:
        component, _, variable = name.partition(".")
        return {"component": {"name": component}, "variable": {"name": variable}}
    parts = found.groupdict()
    named: Payload = {"component": _component(parts)}
    if parts["variable"]:
        named["variable"] = _with_instance(parts["variable"], parts["instance"])
    return named


def as_attribute(name: str) -> Payload:
    """The same, with the attribute where one other than the actual value is meant."""
    named = as_component(name)
    found = _NAME.fullmatch(name)
    attribute = found["attribute"] if found else None
    return {**named, "attributeType": attribute} if attribute else named


def about(component: Mapping[str, Any], variable: Mapping[str, Any]) -> dict[str, Any]:
    """Where a variable belongs, as our tables have it."""
    evse = component.get("evse") or {}
    return {
        "component": component["name"],
        "component_instance": component.get("instance", ""),
        "variable": variable["name"],
        "instance": variable.get("instance", ""),
        "evse_number": position(evse.get("id", 0)),
        "connector_number": position(evse.get("connectorId", 0)),
    }


def _component(parts: Mapping[str, str | None]) -> Payload:
    component = _with_instance(parts["component"] or "", parts["component_instance"])
    if parts["evse"]:
        component["evse"] = {"id": int(parts["evse"])}
        if parts["connector"]:
            component["evse"]["connectorId"] = int(parts["connector"])
    return component


def _with_instance(name: str, instance: str | None) -> Payload:
    return {"name": name, "instance": instance} if instance else {"name": name}

"""2.0.1's device model over the wire: variables read, written and reported (B05 to B08)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from simulator.stations.dialects.base import Handler
from simulator.stations.dialects.v201 import variables
from simulator.stations.dialects.v201.parts import say_in_parts
from simulator.stations.frames import Payload

if TYPE_CHECKING:
    from simulator.stations.dialects.v201.dialect import Dialect201
    from simulator.stations.station import Station

_AT_ONCE: Final = 12
_ON_UNLESS_SAID: Final = ("Active", "Available", "Enabled")


class ModelCommands201:
    """Handlers by action."""

    def __init__(self, station: Station, dialect: Dialect201) -> None:
        self._station, self._dialect = station, dialect

    def handlers(self) -> dict[str, Handler]:
        return {
            "GetBaseReport": self.get_base_report,
            "GetReport": self.get_report,
            "GetVariables": self.get_variables,
            "SetVariables": self.set_variables,
        }

    def get_variables(self, request: Payload, at: datetime) -> Payload:
        items = request["getVariableData"]
        return {"getVariableResult": [variables.get(self._station, item) for item in items]}

    def set_variables(self, request: Payload, at: datetime) -> Payload:
        items = request["setVariableData"]
        return {"setVariableResult": [variables.put(self._station, item) for item in items]}

    def get_base_report(self, request: Payload, at: datetime) -> Payload:
        """The summary tells only how available everything is (B07.FR.09)."""
        data = variables.report(self._station)
        match request["reportBase"]:
            case "SummaryInventory":
                data = [item for item in data if item["variable"]["name"] in ("AvailabilityState", "Problem")]
            case "ConfigurationInventory":
                data = [item for item in data if _is_writable(item)]
        return self._report(request["requestId"], data, at)

    def get_report(self, request: Payload, at: datetime) -> Payload:
        """What fits at least one criterion, and one of the named variables (B08)."""
        named, criteria = request.get("componentVariable", []), request.get("componentCriteria", [])
        everything = variables.report(self._station)
        data = [
            item
            for item in everything
            if (not named or any(_is_named(item, name) for name in named))
            and (not criteria or any(_fits(item, criterion, everything) for criterion in criteria))
        ]
        return self._report(request["requestId"], data, at)

    def _report(self, number: int, data: list[dict[str, Any]], at: datetime) -> Payload:
        if not data:
            return {"status": "EmptyResultSet"}
        common = {"requestId": number, "generatedAt": self._station.clock.stamp(at)}
        say_in_parts(self._dialect, "NotifyReport", "reportData", data, at_once=_AT_ONCE, common=common)
        return {"status": "Accepted"}


def _is_writable(item: dict[str, Any]) -> bool:
    return bool(item["variableAttribute"][0]["mutability"] != "ReadOnly")


def _is_named(item: dict[str, Any], name: Payload) -> bool:
    """A component without EVSE or a missing variable means all of them (B08.FR.20, B08.FR.21)."""
    component, variable = name["component"], name.get("variable")
    return _covers(component, item["component"]) and (variable is None or _covers(variable, item["variable"]))


def _covers(wanted: Payload, found: Payload) -> bool:
    """Every member that is given must be the same."""
    return all(found.get(key) == value for key, value in wanted.items() if key != "customData")


def _fits(item: dict[str, Any], criterion: str, everything: list[dict[str, Any]]) -> bool:
    """B08.FR.07 to B08.FR.10: on is what says so or says nothing; a problem must be said."""
    said = [
        other["variableAttribute"][0].get("value")
        for other in everything
        if other["component"] == item["component"] and other["variable"]["name"] == criterion
    ]
    return said[0] == "true" if said else criterion in _ON_UNLESS_SAID

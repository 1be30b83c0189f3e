"""2.0.1's variable monitoring (N02 to N08): thresholds, deltas and rhythms, told by NotifyEvent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from simulator.stations.dialects.base import Handler, without_none
from simulator.stations.dialects.v201 import variables
from simulator.stations.dialects.v201.parts import say_in_parts
from simulator.stations.frames import Payload

if TYPE_CHECKING:
    from simulator.stations.dialects.v201.dialect import Dialect201
    from simulator.stations.station import Station

_AT_ONCE: Final = 5
_RHYTHMS: Final = ("Periodic", "PeriodicClockAligned")
_THRESHOLDS: Final = ("UpperThreshold", "LowerThreshold")
_NUMBERS: Final = ("integer", "decimal")
_CRITERIA: Final = {
    "ThresholdMonitoring": _THRESHOLDS,
    "DeltaMonitoring": ("Delta",),
    "PeriodicMonitoring": _RHYTHMS,
}
LEAST_SEVERE: Final = 9


@dataclass(slots=True, kw_only=True)
class Monitor:
    """One custom monitor. `last`: the value last told; `is_over`: beyond its threshold."""

    number: int
    address: variables.Address
    names: Payload
    kind: str
    value: float
    severity: int
    is_transactional: bool
    last: str = ""
    is_over: bool = False
    due_at: datetime | None = None

    def next_due(self, after: datetime) -> datetime | None:
        """Of a rhythm; clock-aligned ones count from midnight UTC."""
        if self.kind not in _RHYTHMS:
            return None
        if self.kind == "Periodic":
            return after + timedelta(seconds=self.value)
        midnight = after.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        passed = int((after - midnight).total_seconds() // self.value)
        return midnight + timedelta(seconds=(passed + 1) * self.value)


class Monitors201:
    """The monitors of one station, and the handlers about them."""

    def __init__(self, station: Station, dialect: Dialect201) -> None:
        self._station, self._dialect = station, dialect
        self._monitors: dict[int, Monitor] = {}
        self._numbers, self._events = count(1), count(1)
        self._level = LEAST_SEVERE

    def handlers(self) -> dict[str, Handler]:
        return {
            "ClearVariableMonitoring": self.clear,
            "GetMonitoringReport": self.report,
            "SetMonitoringBase": self.set_base,
            "SetMonitoringLevel": self.set_level,
            "SetVariableMonitoring": self.set_monitors,
        }

    # --- asked

    def set_monitors(self, request: Payload, at: datetime) -> Payload:
        return {"setMonitoringResult": [self._set(item, at) for item in request["setMonitoringData"]]}

    def _set(self, item: Payload, at: datetime) -> dict[str, Any]:
        names = {"component": item["component"], "variable": item["variable"]}
        echo = names | {"type": item["type"], "severity": item["severity"]}
        address = variables.address_of(item)
        status = self._judge(item, address)
        if status != "Accepted":
            return without_none(echo | {"status": status, "id": item.get("id")})
        monitor = Monitor(
            number=item.get("id") or next(self._numbers),
            address=address,
            names=names,
            kind=item["type"],
            value=float(item["value"]),
            severity=item["severity"],
            is_transactional=item.get("transaction", False),
            last=self._value(address),
        )
        monitor.due_at = monitor.next_due(at)
        self._monitors[monitor.number] = monitor
        return echo | {"status": "Accepted", "id": monitor.number}

    def _judge(self, item: Payload, address: variables.Address) -> str:
        """N04.FR.03 to N04.FR.16."""
        status = variables.known(self._station, address)
        if status != "Accepted":
            return status
        is_number = variables.inventory(self._station)[address].kind in _NUMBERS
        if item["type"] in _THRESHOLDS and not is_number:
            return "UnsupportedMonitorType"
        number, is_short = item.get("id"), item["value"] < (0 if item["type"] == "Delta" else -1e12)
        former = self._monitors.get(number) if number is not None else None
        is_foreign = number is not None and (former is None or former.address != address)
        if is_foreign or is_short or (item["type"] in _RHYTHMS and item["value"] <= 0):
            return "Rejected"
        alike = (address, item["type"], item["severity"])
        others = (other for other in self._monitors.values() if other.number != number)
        is_twice = any((other.address, other.kind, other.severity) == alike for other in others)
        return "Duplicate" if is_twice else "Accepted"

    def clear(self, request: Payload, at: datetime) -> Payload:
        def status(number: int) -> str:
            return "Accepted" if self._monitors.pop(number, None) else "NotFound"

        return {
            "clearMonitoringResult": [{"id": number, "status": status(number)} for number in request["id"]]
        }

    def set_base(self, request: Payload, at: datetime) -> Payload:
        """There are no preconfigured ones here; only All leaves the custom ones (N03.FR.03 to N03.FR.05)."""
        if request["monitoringBase"] != "All":
            self._monitors.clear()
        return {"status": "Accepted"}

    def set_level(self, request: Payload, at: datetime) -> Payload:
        if not 0 <= request["severity"] <= LEAST_SEVERE:
            return {"status": "Rejected"}
        self._level = request["severity"]
        return {"status": "Accepted"}

    def report(self, request: Payload, at: datetime) -> Payload:
        kinds = {kind for word in request.get("monitoringCriteria", ()) for kind in _CRITERIA[word]}
        named = [
            variables.address_of(item) for item in request.get("componentVariable", ()) if "variable" in item
        ]
        found = [
            self._reported(monitor)
            for monitor in self._monitors.values()
            if (not kinds or monitor.kind in kinds) and (not named or monitor.address in named)
        ]
        if not found:
            return {"status": "EmptyResultSet"}
        common = {"requestId": request["requestId"], "generatedAt": self._station.clock.stamp(at)}
        say_in_parts(
            self._dialect, "NotifyMonitoringReport", "monitor", found, at_once=_AT_ONCE, common=common
        )
        return {"status": "Accepted"}

    def _reported(self, monitor: Monitor) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": monitor.number,
            "transaction": monitor.is_transactional,
            "value": monitor.value,
            "type": monitor.kind,
            "severity": monitor.severity,
        }
        origin = {"eventNotificationType": "CustomMonitor"} if self._station.spec.version == "2.1" else {}
        return monitor.names | {"variableMonitoring": [told | origin]}

    # --- watching

    @property
    def next_due_at(self) -> datetime | None:
        return min((monitor.due_at for monitor in self._monitors.values() if monitor.due_at), default=None)

    def look(self, at: datetime) -> None:
        """Tell of every monitor that has something to tell."""
        for monitor in self._monitors.values():
            if monitor.due_at is not None and monitor.due_at <= at:
                monitor.due_at = monitor.next_due(at)
                self._tell(monitor, "Periodic", at)
            elif monitor.due_at is None:
                self._compare(monitor, self._value(monitor.address), at)

    def _compare(self, monitor: Monitor, value: str, at: datetime) -> None:
        if monitor.kind == "Delta":
            if _differs(monitor.last, value, monitor.value):
                self._tell(monitor, "Delta", at)
            return
        amount = _number(value)
        is_upper = monitor.kind == "UpperThreshold"
        is_over = amount > monitor.value if is_upper else amount < monitor.value
        if is_over != monitor.is_over:
            monitor.is_over = is_over
            self._tell(monitor, "Alerting", at, is_cleared=not is_over)

    def _value(self, address: variables.Address) -> str:
        read = variables.inventory(self._station)[address].read
        return read(self._station) if read is not None else ""

    def _tell(self, monitor: Monitor, trigger: str, at: datetime, *, is_cleared: bool = False) -> None:
        monitor.last = self._value(monitor.address)
        if monitor.severity > self._level:
            return
        event = monitor.names | {
            "trigger": trigger,
            "actualValue": monitor.last,
            "eventNotificationType": "CustomMonitor",
            "variableMonitoringId": monitor.number,
        }
        self.notify(event | ({"cleared": True} if is_cleared else {}), at)

    def notify(self, event: Payload, at: datetime) -> None:
        """NotifyEvent of one event (N07, N08)."""
        stamp = self._station.clock.stamp(at)
        data = event | {"eventId": next(self._events), "timestamp": stamp}
        self._dialect.say(
            "NotifyEvent", {"generatedAt": stamp, "seqNo": 0, "tbc": False, "eventData": [data]}
        )


def _differs(before: str, now: str, by: float) -> bool:
    try:
        return abs(float(now) - float(before)) >= by and now != before
    except ValueError:
        return now != before


def _number(text: str) -> float:
    return float(text or 0)

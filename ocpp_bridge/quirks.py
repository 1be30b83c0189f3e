"""Known deviations of stations, by name, each with a test (OCPP.md section 4).

Judging is strict. Only when the schema complains are these asked, problem by problem: one either
mends the payload, or lets pass what the translators can live with (it is kept in the station's
own words). A payload with a problem that nobody settles stays refused. What was met is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, NamedTuple

from ocpp_bridge.dialects.values import as_number
from ocpp_bridge.frames import Payload
from ocpp_bridge.schemas import Problem

seen: Final[Counter[tuple[int, str]]] = Counter()
"""How often each (station_id, quirk) was met since it was last written down."""


class Settled(Enum):
    MENDED = "mended"
    LET_PASS = "let pass"


Settle = Callable[[Payload, Problem], Settled | None]


class Quirk(NamedTuple):
    name: str
    actions: frozenset[str]
    settle: Settle


_METERED: Final = frozenset({"MeterValues", "StopTransaction", "TransactionEvent"})
_PRECIOUS: Final = _METERED | {"StartTransaction"}
_REPORTS: Final = _PRECIOUS | {"StatusNotification"}
_GREETINGS: Final = frozenset({"BootNotification", "DataTransfer"})
_LABELS: Final = frozenset(
    {
        "chargeBoxSerialNumber",
        "chargePointSerialNumber",
        "firmwareVersion",
        "iccid",
        "imsi",
        "meterSerialNumber",
        "meterType",
        "serialNumber",
    }
)
_SAMPLE_WORDS: Final = frozenset({"measurand", "unit", "context", "phase", "location", "format"})
_REASONS: Final = frozenset({"reason", "stoppedReason", "triggerReason", "chargingState", "errorCode"})
_CUT: Final = {"info": 50, "vendorErrorCode": 50, "vendorId": 255}


def _holder(payload: Payload, problem: Problem) -> Any:
    """The object or list which holds the offending value."""
    holder: Any = payload
    for step in problem.path[:-1]:
        holder = holder[step]
    return holder


def empty_member(payload: Payload, problem: Problem) -> Settled | None:
    """null or [] where a member should be left out (2.0.1 part 4 section 4.1.5)."""
    if not problem.path:
        return None
    holder, last = _holder(payload, problem), problem.path[-1]
    if not isinstance(holder, dict) or holder.get(str(last)) not in (None, []):
        return None
    holder.pop(str(last), None)  # a schema may complain twice of one member: its type, its words
    return Settled.MENDED


def number_as_text(payload: Payload, problem: Problem) -> Settled | None:
    """ "17" or 17.0 where 17 belongs, and numbers beyond 64 bits (OCPP.md section 9)."""
    if problem.kind != "Type" or not problem.path or problem.path[-1] == "value":
        return None
    holder, last = _holder(payload, problem), problem.path[-1]
    number = as_number(holder[last])
    if number is None or problem.expected != "integer":
        return None
    holder[last] = number
    return Settled.MENDED


def sample_value_type(payload: Payload, problem: Problem) -> Settled | None:
    """A sampled value as a JSON number in 1.6, or as text in 2.0.1."""
    if problem.kind != "Type" or not problem.path or problem.path[-1] != "value":
        return None
    holder = _holder(payload, problem)
    value = holder["value"]
    if problem.expected == "string" and type(value) in (int, float):
        holder["value"] = str(value)
        return Settled.MENDED
    try:
        holder["value"] = float(value)
    except (TypeError, ValueError):
        return None
    return Settled.MENDED


def vendor_sample(payload: Payload, problem: Problem) -> Settled | None:
    """Measurands, units and contexts outside the standard's lists; kept raw with the reading."""
    if problem.kind == "Enum" and "sampledValue" in problem.path and problem.path[-1] in _SAMPLE_WORDS:
        return Settled.LET_PASS
    return None


def vendor_reason(payload: Payload, problem: Problem) -> Settled | None:
    """A reason, trigger or error code in a vendor's own word; stored as it is."""
    if problem.kind == "Enum" and problem.path and problem.path[-1] in _REASONS:
        return Settled.LET_PASS
    return None


def long_text(payload: Payload, problem: Problem) -> Settled | None:
    """Free text of a status beyond its length, cut as a station should have."""
    if problem.kind != "MaxLength" or problem.path[-1] not in _CUT:
        return None
    holder, last = _holder(payload, problem), str(problem.path[-1])
    holder[last] = holder[last][: _CUT[last]]
    return Settled.MENDED


def long_signature(payload: Payload, problem: Problem) -> Settled | None:
    """Signed meter data of any length: the journal keeps it whole."""
    if problem.kind == "MaxLength" and "signedMeterValue" in problem.path:
        return Settled.LET_PASS
    return None


def unknown_member(payload: Payload, problem: Problem) -> Settled | None:
    """Members that the standard does not know: ignored, and kept in the journal."""
    return Settled.LET_PASS if problem.kind == "AdditionalProperties" else None


def long_label(payload: Payload, problem: Problem) -> Settled | None:
    """Serial numbers and the like beyond their length: a station would never get in for it."""
    is_label = problem.kind == "MaxLength" and problem.path[-1] in _LABELS
    return Settled.LET_PASS if is_label else None


def data_not_text(payload: Payload, problem: Problem) -> Settled | None:
    """A vendor's data as an object, where 1.6 wants a text (section 6.17): kept as it is."""
    is_data = problem.kind == "Type" and problem.path == ("data",)
    return Settled.LET_PASS if is_data and payload["data"] is not None else None


QUIRKS: Final = (
    Quirk("empty_member", _REPORTS | _GREETINGS, empty_member),
    Quirk("number_as_text", _PRECIOUS, number_as_text),
    Quirk("sample_value_type", _METERED, sample_value_type),
    Quirk("vendor_sample", _METERED, vendor_sample),
    Quirk("vendor_reason", _REPORTS, vendor_reason),
    Quirk("long_text", frozenset({"StatusNotification"}), long_text),
    Quirk("long_signature", _METERED, long_signature),
    Quirk("long_label", frozenset({"BootNotification"}), long_label),
    Quirk("data_not_text", frozenset({"DataTransfer"}), data_not_text),
    Quirk("unknown_member", _REPORTS, unknown_member),
)


def settle(action: str, payload: Payload, found: list[Problem]) -> tuple[list[str], bool] | None:
    """The quirks that settle every problem, and whether the payload was changed; None if not all."""
    names, is_changed = [], False
    for problem in found:
        for quirk in QUIRKS:
            settled = quirk.settle(payload, problem) if action in quirk.actions else None
            if settled is not None:
                names.append(quirk.name)
                is_changed |= settled is Settled.MENDED
                break
        else:
            return None
    return names, is_changed

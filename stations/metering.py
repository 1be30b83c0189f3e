"""Meter readings: normalize what stations send, and judge whether it can be true. Pure.

Samples come in the standard's dotted words, which both versions share (OCPP 1.6 section 7.31 to
7.37, 2.0.1 part 2 section 3.57 to 3.60). Out go whole watt-hours, watts, milliamperes,
decivolts and percent. Nothing is dropped: whatever has no column travels in `other`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias
from zlib import crc32

from stations.facts import ReadingTaken

REGISTER: Final = "Energy.Active.Import.Register"

CONTEXTS: Final = {
    "": "periodic",
    "Sample.Periodic": "periodic",
    "Sample.Clock": "clock",
    "Transaction.Begin": "begin",
    "Transaction.End": "end",
    "Trigger": "trigger",
    "Interruption.Begin": "interruption_begin",
    "Interruption.End": "interruption_end",
}

_UNITS: Final[dict[str, dict[str, tuple[str, float]]]] = {
    REGISTER: {"": ("energy_wh", 1), "wh": ("energy_wh", 1), "kwh": ("energy_wh", 1000)},
    "Power.Active.Import": {"": ("power_w", 1), "w": ("power_w", 1), "kw": ("power_w", 1000)},
    "Power.Offered": {"": ("offered_w", 1), "w": ("offered_w", 1), "kw": ("offered_w", 1000)},
    "Current.Import": {"": ("current_ma", 1000), "a": ("current_ma", 1000), "ma": ("current_ma", 1)},
    "Voltage": {"": ("voltage_dv", 10), "v": ("voltage_dv", 10), "kv": ("voltage_dv", 10_000)},
    "SoC": {"": ("soc_percent", 1), "percent": ("soc_percent", 1), "%": ("soc_percent", 1)},
}
_RANGES: Final = {
    "energy_wh": (0, 10**15),
    "power_w": (-(2**31), 2**31 - 1),
    "offered_w": (-(2**31), 2**31 - 1),
    "current_ma": (-(2**31), 2**31 - 1),
    "voltage_dv": (-(2**31), 2**31 - 1),
    "soc_percent": (0, 100),
}
_PHASES: Final = {"L1": "L1", "L2": "L2", "L3": "L3", "L1-N": "L1", "L2-N": "L2", "L3-N": "L3"}

Columns: TypeAlias = dict[str, int]


SIGNED: Final = "SignedData"
"""The format of a 1.6 sample whose value is a signed record and no number."""


class RawSample(NamedTuple):
    """One sampled value as sent; empty means "not said". `multiplier` is a power of ten (2.x).

    `signed` is 2.x's `signedMeterValue`, which comes beside the plain value.
    """

    value: str | float
    measurand: str = ""
    unit: str = ""
    multiplier: int = 0
    phase: str = ""
    location: str = ""
    context: str = ""
    format: str = ""
    signed: Any = None


def readings(
    samples: Iterable[RawSample],
    *,
    taken_at: datetime,
    transaction_id: str = "",
    number: int | None = None,
    evse_number: int | None = None,
) -> tuple[ReadingTaken, ...]:
    """One instant's samples as facts, one fact per context (nearly always one).

    Signed data is a fact of its own, before the others: its context names its content, so that no
    plain reading of the same instant can stand in its way.
    """
    samples = tuple(samples)
    signed = [sample for sample in samples if sample.signed is not None or sample.format == SIGNED]
    contents = [(context, normalize(group)) for context, group in _by_context(samples)]
    if signed:
        contents.insert(0, _signed(signed))
    return tuple(
        [
            ReadingTaken(
                transaction_id=transaction_id,
                number=number,
                evse_number=evse_number,
                taken_at=taken_at,
                context=context,
                **columns,
            )
            for context, columns in contents
        ]
    )


Words: TypeAlias = tuple[str, str, int, str, str, str, str]
"""What a sample says of itself, but for its value: the fields of `RawSample` from `measurand` to `format`."""


def plain(samples: Iterable[tuple[str | float, Words]]) -> tuple[str, dict[str, Any]] | None:
    """Context and columns of one instant's samples when each is a total with a column of its own, else None.

    The short way of `readings` for what nearly every station nearly always sends.
    """
    context, columns = "", dict[str, Any]()
    for value, words in samples:
        place = _place(*words)
        if place is None or (context and place[0] != context):
            return None
        context, multiplier, column = place
        number = _whole(value, column, multiplier)
        if number is None or column.name in columns:
            return None
        columns[column.name] = number
    return (context, columns) if context else None


@lru_cache(maxsize=1024)
def _place(
    measurand: str, unit: str, multiplier: int, phase: str, location: str, context: str, format: str
) -> tuple[str, int, _Column] | None:
    column = None if phase or format == SIGNED else _column(measurand, unit, location, format)
    return None if column is None else (CONTEXTS.get(context, "other"), multiplier, column)


def _by_context(samples: Sequence[RawSample]) -> Iterable[tuple[str, Sequence[RawSample]]]:
    """The plain samples by what caused them, in our words."""
    said = {(sample.context, sample.format) for sample in samples}
    if len(said) == 1 and next(iter(said))[1] != SIGNED:
        return ((CONTEXTS.get(samples[0].context, "other"), samples),)
    groups: dict[str, list[RawSample]] = {}
    for sample in samples:
        if sample.format != SIGNED:
            groups.setdefault(CONTEXTS.get(sample.context, "other"), []).append(sample)
    return groups.items()


def _signed(samples: Iterable[RawSample]) -> tuple[str, dict[str, Any]]:
    """Signed data whole, as it came, under a context that two different ones do not share."""
    told = [
        {
            "context": sample.context,
            "measurand": sample.measurand,
            "value": sample.signed or str(sample.value),
        }
        for sample in samples
    ]
    return f"signed:{crc32(json.dumps(told).encode()):08x}", {"other": {"signed": told}}


def normalize(samples: Iterable[RawSample]) -> dict[str, Any]:
    """Samples of one instant and context to columns of ReadingTaken, with `other` for the rest.

    A value without phase is the total and wins over the phases; without it energy and power
    are the sum of the phases, voltage their mean, and current the highest, since limits are
    per phase.
    """
    columns: dict[str, Any] = {}
    phases: dict[str, Columns] = {}
    odd: list[dict[str, Any]] = []
    for sample in samples:
        value, measurand, unit, multiplier, phase, location, _, format, _ = sample
        column = _column(measurand, unit, location, format)
        number = None if column is None else _whole(value, column, multiplier)
        if column is None or number is None or (not phase and column.name in columns):
            odd.append(_as_json(sample))
        elif not phase:
            columns[column.name] = number
        else:
            phases.setdefault(column.name, {})[phase] = number
    if phases:
        columns = _from_phases(phases) | columns
    if phases or odd:
        columns["other"] = ({"phases": phases} if phases else {}) | ({"samples": odd} if odd else {})
    return columns


def register_wh(samples: Iterable[RawSample]) -> int | None:
    """The energy register among these samples, in Wh, or None."""
    return normalize(samples).get("energy_wh")


class _Column(NamedTuple):
    """Where a sample goes, what its unit is worth there, and what can be stored."""

    name: str
    factor: float
    low: int
    high: int


@lru_cache(maxsize=1024)
def _column(measurand: str, unit: str, location: str, format: str) -> _Column | None:
    """The column of such samples, or None. Stations say the same few words for ever."""
    units = _UNITS.get(measurand or REGISTER)
    if units is None or format == SIGNED:
        return None
    found = units.get(unit.lower())
    is_at_the_outlet = location in ("", "Outlet") or measurand == "SoC"
    if found is None or not is_at_the_outlet:
        return None
    return _Column(*found, *_RANGES[found[0]])


def _whole(value: str | float, column: _Column, multiplier: int) -> int | None:
    """The value in the column's unit, or None when it makes no sense there."""
    try:
        number = float(value) * column.factor
        if multiplier:
            number *= 10.0**multiplier
        whole = round(number)
    except (ValueError, OverflowError):  # no number, infinite, or none at all
        return None
    return whole if column.low <= whole <= column.high else None


def _from_phases(phases: dict[str, Columns]) -> Columns:
    folded = {name: fold(name, by_phase) for name, by_phase in phases.items()}
    return {name: value for name, value in folded.items() if value is not None}


def fold(name: str, by_phase: Columns) -> int | None:
    """The one value that stands for several phases, or None when there is no line phase."""
    lines = [value for phase, value in by_phase.items() if phase in _PHASES]
    if not lines:
        return None
    if name == "voltage_dv":
        return round(sum(lines) / len(lines))
    return max(lines) if name in ("current_ma", "soc_percent") else sum(lines)


def _as_json(sample: RawSample) -> dict[str, Any]:
    said = {key: value for key, value in sample._asdict().items() if value not in ("", 0, None)}
    said.pop("signed", None)
    return {**said, "value": str(sample.value)}


# --- judging -------------------------------------------------------------------------------
#
# A flag keeps a session from being billed until somebody has looked; nothing is refused.

FALLBACK_POWER_W: Final = 400_000
"""What an EVSE of unknown power could deliver at most."""

_SLACK_WH: Final = 2_000
_ROUNDING_WH: Final = 100
_TINY_WH: Final = 10
_GENEROSITY: Final = 1.25
_UNIT_ERROR: Final = 1000
_LIFETIME_WH: Final = 100_000
"""No car takes this much in one session: 100 kWh above what time allows is a register."""


def judged_time(claimed_at: datetime, now: datetime) -> datetime:
    """A station's instant, capped at its arrival: nothing is reported before it happens."""
    return min(claimed_at, now)


def possible_wh(elapsed: timedelta, max_power_w: int | None) -> int:
    """The most energy that can have flowed in that time, with some slack for clocks."""
    hours = max(elapsed.total_seconds(), 0) / 3600
    return _SLACK_WH + round(hours * (max_power_w or FALLBACK_POWER_W) * _GENEROSITY)


def judge_step(before_wh: int, after_wh: int, elapsed: timedelta, max_power_w: int | None) -> tuple[str, ...]:
    """Problems between two consecutive values of one register.

    What falls to next to nothing has begun again; what falls by little was rounded.
    """
    if after_wh < before_wh - _TINY_WH and after_wh <= before_wh // 20:
        return ("register_restarted",)
    if after_wh < before_wh - _ROUNDING_WH:
        return ("register_backwards",)
    if after_wh - before_wh <= possible_wh(elapsed, max_power_w):
        return ()
    looks_like_kwh = before_wh > 0 and after_wh / before_wh >= _UNIT_ERROR / 2
    return ("unit_suspect",) if looks_like_kwh else ("register_jump",)


def judge_totals(
    start_wh: int | None, end_wh: int | None, elapsed: timedelta, max_power_w: int | None
) -> tuple[str, ...]:
    """Problems of a whole session: its two register values against its duration."""
    if start_wh is None or end_wh is None:
        missing = (("no_meter_start", start_wh), ("no_meter_end", end_wh))
        return tuple(flag for flag, value in missing if value is None)
    if end_wh < start_wh:
        return ("register_backwards",)
    excess_wh = end_wh - start_wh - possible_wh(elapsed, max_power_w)
    if excess_wh <= 0:
        return ()
    return ("begin_zero",) if start_wh == 0 and excess_wh > _LIFETIME_WH else ("energy_implausible",)

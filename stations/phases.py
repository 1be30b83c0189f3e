"""What the readings of a test charge tell about how a stall is wired. Pure.

Amperes and volts are per phase. Which phase of the grid a phase of the charger is cannot be seen in
them; what can be is whether each is there, and whether the car draws from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

PHASES: Final = ("L1", "L2", "L3")
ROTATIONS: Final = ("RST", "RTS", "SRT", "STR", "TRS", "TSR")
"""OCPP's words (1.6 section 9.1.10): R is L1 of the grid, S is L2, T is L3, in the charger's order."""

DEAD_V: Final = 50
LOW_V, HIGH_V = 207, 253
"""EN 50160: 230 V, 10 % up or down."""
FLOWS_A: Final = 1.0
UNEVEN: Final = 0.25
TOO_MUCH: Final = 1.1


class Reading(NamedTuple):
    """One instant as it is stored: watts, milliamperes and decivolts, `other` with what each phase said."""

    power_w: int | None
    current_ma: int | None
    voltage_dv: int | None
    other: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What a stall should be."""

    is_dc: bool
    phases: int
    max_current_a: int
    max_power_w: int


@dataclass(frozen=True, slots=True)
class Seen:
    """The most that each phase has carried, and its last voltage. Empty: the charger tells no phases."""

    amperes: dict[str, float] = field(default_factory=dict)
    volts: dict[str, float] = field(default_factory=dict)
    power_w: int = 0


class Finding(NamedTuple):
    """Something noteworthy: `code` as in `judge`, the phases it is about, and a figure."""

    code: str
    phases: str = ""
    figure: float | None = None


FAULTS: Final = frozenset({"no_energy", "dead_phase", "odd_voltage", "too_many_phases", "too_much_current"})
"""What must be mended. Everything else may be the car."""


def look(readings: Iterable[Reading]) -> Seen:
    """Fold the readings of a charge, oldest first."""
    amperes: dict[str, float] = {}
    volts: dict[str, float] = {}
    power_w = 0
    for reading in readings:
        by_column = (reading.other or {}).get("phases", {})
        for phase, value in _lines(by_column.get("current_ma", {})):
            amperes[phase] = max(amperes.get(phase, 0.0), value / 1000)
        for phase, value in _lines(by_column.get("voltage_dv", {})):
            volts[phase] = value / 10
        power_w = max(power_w, reading.power_w or 0)
    return Seen(dict(sorted(amperes.items())), dict(sorted(volts.items())), power_w)


def _lines(by_phase: Mapping[str, int]) -> list[tuple[str, int]]:
    """L1 to L3, also where they are told against neutral; not N, and not one line against another."""
    named = [(phase.removesuffix("-N"), value) for phase, value in by_phase.items()]
    return [(phase, value) for phase, value in named if phase in PHASES]


def judge(seen: Seen, wiring: Wiring) -> tuple[Finding, ...]:
    """What is noteworthy, the worst first. Nothing: seen is what was expected."""
    if seen.power_w <= 0 and not any(value >= FLOWS_A for value in seen.amperes.values()):
        return (Finding("no_energy"), *_voltages(seen, wiring))
    found = [*_voltages(seen, wiring), *_currents(seen, wiring)]
    if not wiring.is_dc and not seen.amperes:
        found.append(Finding("phases_untold"))
    return tuple(sorted(found, key=lambda finding: finding.code not in FAULTS))


def is_fault(findings: Sequence[Finding]) -> bool:
    return any(finding.code in FAULTS for finding in findings)


def _voltages(seen: Seen, wiring: Wiring) -> list[Finding]:
    if wiring.is_dc:
        return []
    expected = PHASES[: wiring.phases]
    dead = [phase for phase in expected if seen.volts and seen.volts.get(phase, 0) < DEAD_V]
    odd = [(phase, seen.volts[phase]) for phase in expected if phase in seen.volts and phase not in dead]
    found = [Finding("dead_phase", ", ".join(dead))] if dead else []
    return found + [Finding("odd_voltage", phase, v) for phase, v in odd if not LOW_V <= v <= HIGH_V]


def _currents(seen: Seen, wiring: Wiring) -> list[Finding]:
    flowing = {phase: value for phase, value in seen.amperes.items() if value >= FLOWS_A}
    if wiring.is_dc or not flowing:
        return []
    missing = [phase for phase in PHASES[: wiring.phases] if phase not in flowing]
    surplus = [phase for phase in flowing if phase not in PHASES[: wiring.phases]]
    low, high = min(flowing.values()), max(flowing.values())
    found = [
        ("too_many_phases", ", ".join(surplus), None, bool(surplus)),
        ("too_much_current", "", high, high > wiring.max_current_a * TOO_MUCH),
        ("idle_phase", ", ".join(missing), None, bool(missing)),
        ("uneven", "", high - low, high - low > high * UNEVEN),
    ]
    return [Finding(code, phases, figure) for code, phases, figure, holds in found if holds]

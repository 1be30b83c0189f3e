"""From measurements to a yes or no. Pure: the bars and the arithmetic, nothing that runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

OF_FLOOR: Final = 0.40
GOAL_OF_FLOOR: Final = 0.50
TIMES_CONTROL: Final = 12.0
TOGETHER_OF_FLOOR: Final = 0.30
FULL_FROM_STATIONS: Final = 1_000
"""From here on a batch is full, and its own price little beside a floor that has none (ADR 22)."""
LEAST_ACKNOWLEDGED: Final = 500


@dataclass(frozen=True)
class Window:
    """One server under load for some seconds. CPU in seconds; `failures` are answers that were none."""

    messages: int
    server_cpu_s: float
    postgres_cpu_s: float = 0.0
    failures: int = 0

    @property
    def per_cpu_s(self) -> float:
        """Messages per CPU-second of the server process."""
        return self.messages / self.server_cpu_s if self.server_cpu_s else 0.0

    @property
    def together_per_cpu_s(self) -> float:
        """Messages per CPU-second of the server and PostgreSQL together."""
        total_s = self.server_cpu_s + self.postgres_cpu_s
        return self.messages / total_s if total_s else 0.0


@dataclass(frozen=True)
class Round:
    """The three servers, one after the other."""

    stations: int
    floor: Window
    control: Window
    bridge: Window
    version: str = "1.6"

    @property
    def where(self) -> tuple[str, int]:
        """What rounds that are judged together have in common."""
        return self.version, self.stations


@dataclass(frozen=True)
class Killed:
    """`kill -9` of the bridge under load: what it had acknowledged, and what of it is not on disk."""

    acknowledged: int
    missing: int


@dataclass(frozen=True)
class Bar:
    """One promise: what was measured, what it must reach, whether it does."""

    name: str
    measured: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        low = self.at_least is None or self.measured >= self.at_least
        return low and (self.at_most is None or self.measured <= self.at_most)


@dataclass(frozen=True)
class Ratios:
    """Medians over the rounds of one version and number of stations."""

    version: str
    stations: int
    of_floor: float
    times_control: float
    together_of_floor: float


def ratios(rounds: Sequence[Round]) -> Ratios:
    """The medians of each round's own ratios: neighbors in time are compared, nothing else."""
    return Ratios(
        version=rounds[0].version,
        stations=rounds[0].stations,
        of_floor=median(_ratio(r.bridge.per_cpu_s, r.floor.per_cpu_s) for r in rounds),
        times_control=median(_ratio(r.bridge.per_cpu_s, r.control.per_cpu_s) for r in rounds),
        together_of_floor=median(_ratio(r.bridge.together_per_cpu_s, r.floor.per_cpu_s) for r in rounds),
    )


def _ratio(measured: float, reference: float) -> float:
    return measured / reference if reference else 0.0


def medians(rounds: Sequence[Round]) -> list[Ratios]:
    """One line for each version and number of stations."""
    places = sorted({r.where for r in rounds})
    return [ratios([r for r in rounds if r.where == place]) for place in places]


def judge(rounds: Sequence[Round], killed: Sequence[Killed], *, with_goal: bool = False) -> list[Bar]:
    """Every bar of the promise, over all rounds and kills; `with_goal` also the next one."""
    found = medians(rounds)
    bars = [bar for one in found for bar in _bars(one)]
    if with_goal:
        full = [one for one in found if one.stations >= FULL_FROM_STATIONS]
        bars += [Bar(f"goal: of the floor {_where(one)}", one.of_floor, GOAL_OF_FLOOR) for one in full]
    failures = sum(w.failures for r in rounds for w in (r.floor, r.control, r.bridge))
    bars.append(Bar("answers that were no results", failures, at_most=0))
    bars.append(Bar("acknowledged starts and stops under kill -9", acknowledged(killed), LEAST_ACKNOWLEDGED))
    bars.append(Bar("of these missing", sum(one.missing for one in killed), at_most=0))
    return bars


def acknowledged(killed: Sequence[Killed]) -> int:
    return sum(one.acknowledged for one in killed)


def _where(found: Ratios) -> str:
    return f"at {found.stations:,} stations of {found.version}"


def _bars(found: Ratios) -> list[Bar]:
    where = _where(found)
    bars = [
        Bar(f"of the floor {where}", found.of_floor, OF_FLOOR),
        Bar(f"times the control {where}", found.times_control, TIMES_CONTROL),
    ]
    if found.stations >= FULL_FROM_STATIONS:
        name = f"bridge and PostgreSQL together of the floor {where}"
        bars.append(Bar(name, found.together_of_floor, TOGETHER_OF_FLOOR))
    return bars

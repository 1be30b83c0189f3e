"""From two scenes to a yes or no. Pure: the bars and the arithmetic, nothing that runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.ocpp.verdict import Bar
from bench.storm.crowd import Scene

TIMES_FLOOR: Final = 3.3
"""Twice the prototype, told in floors, since no two machines are alike.

The prototype took 0.51 ms a station where the floor took 42 µs a message (uvloop). Here the floor
takes about 7.3 messages' worth for a station: 0.31 ms there, and 2 x 0.51 / 0.31 = 3.3.
"""
SCENES: Final = ("cold", "return")


@dataclass(frozen=True)
class Books:
    """What stands in the database after the return: it must be as many as there are stations."""

    connected: int
    charging: int


@dataclass(frozen=True)
class Run:
    """One server through both scenes; `charging` have been answered a reading before and after."""

    scenes: dict[str, Scene]
    charging: int
    books: Books | None = None


@dataclass(frozen=True)
class Round:
    """Floor and bridge, one after the other."""

    floor: Run
    bridge: Run


def cpu_ms(scene: Scene) -> float:
    """CPU of the server for each station that was accepted, milliseconds."""
    return 1000 * scene.server_cpu_s / scene.accepted if scene.accepted else 0.0


def times_floor(rounds: Sequence[Round], scene: str) -> float:
    """The median of each round's own ratio: neighbors in time are compared, nothing else."""
    return median(_ratio(r.bridge.scenes[scene], r.floor.scenes[scene]) for r in rounds)


def _ratio(of_bridge: Scene, of_floor: Scene) -> float:
    return cpu_ms(of_bridge) / cpu_ms(of_floor) if cpu_ms(of_floor) else float("inf")


def judge(rounds: Sequence[Round]) -> list[Bar]:
    """None lost, all accepted, and each for at most so many times the floor's CPU."""
    bars = []
    for name in SCENES:
        scenes = [one.scenes[name] for r in rounds for one in (r.floor, r.bridge)]
        bars.append(Bar(f"{name}: stations not accepted", _most_missing(scenes), at_most=0))
        bars.append(Bar(f"{name}: times the floor's CPU", times_floor(rounds, name), at_most=TIMES_FLOOR))
    stations = [r.bridge.scenes["return"].stations for r in rounds]
    for what in ("connected", "charging"):
        missing = [n - getattr(r.bridge.books, what) for n, r in zip(stations, rounds, strict=True)]
        bars.append(Bar(f"return: stations not {what} by the books", max(map(abs, missing)), at_most=0))
    silent = [n - min(r.bridge.charging, r.floor.charging) for n, r in zip(stations, rounds, strict=True)]
    bars.append(Bar("return: charges that did not go on", max(silent), at_most=0))
    return bars


def _most_missing(scenes: Sequence[Scene]) -> int:
    return max(scene.stations - scene.accepted for scene in scenes)

"""`python -m bench ocpp [--version 1.6,2.0.1] [--goal] [--stations 200,1000] [--seconds N] [--rounds N]`.

Without options it measures 1.6 against what was promised; `--goal` measures both versions, also
against what comes next. `--json FILE` writes the figures.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bench.ocpp import report, servers, verdict
from bench.ocpp.loading import kill_under_load, measure
from bench.ocpp.servers import CannotRun, Ground, Server
from bench.ocpp.verdict import Killed, Round, Window
from embedded.places import Unavailable

WARM_UP_S: Final = 2.0
MOST_STATIONS: Final = 5_000
MOST_SECONDS: Final = 60
MOST_ROUNDS: Final = 9
MEASURED: Final = ("1.6", "2.0.1")


def main(argv: Sequence[str]) -> int:
    """0 when every bar holds, 1 when one does not, 2 when it could not be measured."""
    options = _options(argv)
    try:
        rounds, killed = _run(options)
    except (CannotRun, Unavailable) as problem:
        print(f"The bench could not run: {problem}", file=sys.stderr)
        return 2
    bars = verdict.judge(rounds, killed, with_goal=options.goal)
    print(report.table(rounds, bars))
    if options.json:
        options.json.write_text(json.dumps(report.document(rounds, killed, bars), indent=2) + "\n")
    return exit_status(bars)


def exit_status(bars: Sequence[verdict.Bar]) -> int:
    return 0 if all(bar.holds for bar in bars) else 1


def _run(options: argparse.Namespace) -> tuple[list[Round], list[Killed]]:
    with servers.ground(max(*options.stations, 200)) as ground:
        rounds = _rounds(options, ground)
        killed = [_kill(ground) for _ in range(options.kills)]
    return rounds, killed


def _rounds(options: argparse.Namespace, ground: Ground) -> list[Round]:
    """Alternating: floor, control, bridge, and again."""
    print(report.HEAD)
    with ExitStack() as running:
        floor, bridge = servers.floor(ground), servers.bridge(ground)
        for server in (floor, bridge):
            running.callback(server.stop)
        return [
            _round(options, ground, (floor, bridge), version, stations)
            for version in options.version
            for stations in options.stations
            for _ in range(options.rounds)
        ]


def _round(
    options: argparse.Namespace,
    ground: Ground,
    servers_up: tuple[Server, Server],
    version: str,
    stations: int,
) -> Round:
    """The control is started anew: it would still work off the messages of its last round."""
    floor, bridge = servers_up
    where = (version, stations)
    of_floor = _window(options, ground, floor, where)
    control = servers.control(ground)
    try:
        of_control = _window(options, ground, control, where)
    finally:
        control.kill()
    return Round(stations, of_floor, of_control, _window(options, ground, bridge, where), version)


def _window(options: argparse.Namespace, ground: Ground, server: Server, where: tuple[str, int]) -> Window:
    version, stations = where
    found = measure(
        server, ground, stations=stations, seconds=options.seconds, warm_up_s=WARM_UP_S, version=version
    )
    print(report.row(version, stations, server.name, found.window), flush=True)
    for words, count in found.details["complaints"].items():
        print(f"{'':>10}{count} × {words}", flush=True)
    return found.window


def _kill(ground: Ground) -> Killed:
    killed = kill_under_load(ground)
    print(f"kill -9 under load: {killed.acknowledged:,} acknowledged, {killed.missing} missing", flush=True)
    return killed


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench ocpp", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--version", type=_versions, help="1.6, 2.0.1, or both with a comma")
    parser.add_argument("--goal", action="store_true", help="judge the goal too: half of the floor")
    parser.add_argument("--stations", type=_counts, default=[200, 1000], help="for example 200,1000")
    parser.add_argument("--seconds", type=up_to(MOST_SECONDS), default=6, help="length of each window")
    parser.add_argument("--rounds", type=up_to(MOST_ROUNDS), default=3)
    parser.add_argument("--kills", type=up_to(MOST_ROUNDS), default=2, help="how often to kill -9 the bridge")
    options = parser.parse_args(argv)
    options.version = options.version or (list(MEASURED) if options.goal else ["1.6"])
    return options


def _versions(text: str) -> list[str]:
    named = text.split(",")
    if not set(named) <= set(MEASURED):
        raise argparse.ArgumentTypeError(f"must be of {', '.join(MEASURED)}")
    return named


def _counts(text: str) -> list[int]:
    read = up_to(MOST_STATIONS)
    return [read(part) for part in text.split(",")]


def up_to(most: int) -> type:
    """A whole number of an option, from 1 to `most`."""

    class Bounded(int):
        def __new__(cls, text: str) -> Bounded:
            value = super().__new__(cls, text)
            if not 1 <= value <= most:
                raise argparse.ArgumentTypeError(f"must lie between 1 and {most}")
            return value

    return Bounded

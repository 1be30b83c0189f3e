"""`python -m bench storm [--json FILE] [--stations 2000] [--rounds N]`.

Two thousand stations of mixed versions come at once; then, while all charge, the bridge is killed
and all come back in the same moment.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from bench.ocpp import servers
from bench.ocpp.command import MOST_ROUNDS, MOST_STATIONS, exit_status, up_to
from bench.ocpp.servers import CannotRun, Ground
from bench.storm import report, verdict
from bench.storm.crowd import Scene
from bench.storm.scenes import Start, play
from bench.storm.verdict import Round, Run
from embedded.places import Unavailable

EVSES: Final = 3


def main(argv: Sequence[str]) -> int:
    """0 when every bar holds, 1 when one does not, 2 when it could not be measured."""
    options = _options(argv)
    try:
        rounds = _run(options)
    except (CannotRun, Unavailable) as problem:
        print(f"The bench could not run: {problem}", file=sys.stderr)
        return 2
    bars = verdict.judge(rounds)
    print(report.table(rounds, bars))
    if options.json:
        options.json.write_text(json.dumps(report.document(rounds, bars), indent=2) + "\n")
    return exit_status(bars)


def _run(options: argparse.Namespace) -> list[Round]:
    """Alternating: floor, bridge, and again."""
    _allow_many_files()
    with servers.ground(options.stations, evses=EVSES) as ground:
        print(report.HEAD)
        return [
            Round(_play(options, ground, "floor"), _play(options, ground, "bridge"))
            for _ in range(options.rounds)
        ]


def _play(options: argparse.Namespace, ground: Ground, name: str) -> Run:
    start: Start = {"floor": servers.floor, "bridge": servers.bridge}[name]
    return play(ground, start, stations=options.stations, seen=partial(_show, name), kept=name == "bridge")


def _show(server: str, scene: Scene) -> None:
    print(report.row(server, scene), flush=True)
    for words, count in scene.complaints.items():
        print(f"{'':>10}{count} × {words}", flush=True)


def _allow_many_files() -> None:
    """A socket is a file: this process and those that it starts may hold as many as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench storm", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--stations", type=up_to(MOST_STATIONS), default=2_000)
    parser.add_argument("--rounds", type=up_to(MOST_ROUNDS), default=3)
    return parser.parse_args(argv)

"""`python -m simulator stations …`: a town of stations, live."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from simulator.stations.fleet import Fleet, FleetPlan
from simulator.stations.scenarios import SCENARIOS
from simulator.stations.town import DEMO_TOWN, load_town


def main(argv: Sequence[str] | None = None) -> int:
    """Run until interrupted. Exit status 2 for a town file that cannot be read."""
    options = _parser().parse_args(argv)
    try:
        town = load_town(options.town)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"The town file {options.town} cannot be used: {error}")
        return 2
    plan = FleetPlan(
        url=options.url,
        scenario=options.scenario,
        seed=options.seed,
        speed=options.speed,
        count=options.count,
        password=options.password,
        is_obliging=options.obliging,
        has_conditions=options.conditions,
        state=options.state,
    )
    asyncio.run(_run(Fleet(town, plan)))
    return 0


async def _run(fleet: Fleet) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await fleet.run(stop)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator stations", description=__doc__)
    flag = argparse.BooleanOptionalAction
    parser.add_argument("--url", default="ws://127.0.0.1:9000/ocpp", help="without the identity")
    parser.add_argument("--town", type=Path, default=DEMO_TOWN, help="town file, JSON")
    parser.add_argument("--count", type=int, help="how many stations; more than the town has adds plain ones")
    parser.add_argument("--password", default="", help="of the plain ones")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="today")
    parser.add_argument("--seed", type=int, default=7, help="the demo's past is played with 7 as well")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster cars live than the clock")
    parser.add_argument("--obliging", action=flag, default=True, help="a car comes for a remote start")
    parser.add_argument("--conditions", action=flag, default=True, help="the town file's faults and outages")
    parser.add_argument("--state", type=Path, help="go on from this file, and leave it behind")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())

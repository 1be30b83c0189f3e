"""`python -m bench.money.crew --sessions N …`: the workers, who die all the time, and whoever replaces them.

Each worker is a process of its own, forked from this one. Most deaths are their own (`fate`), at the
worst moments; others come from here, at any moment. Tells in one line of JSON how it went.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from random import Random
from typing import Any, Final

import django

django.setup()

from django.db import connection  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from bench.money import fate, work  # noqa: E402
from embedded.spawn import die_with_parent  # noqa: E402
from payments.providers import provider  # noqa: E402

FORK: Final = multiprocessing.get_context("fork")
LOOK_S: Final = 0.25
QUIET_S: Final = 1.0
"""Until the last nudge is told: who forks beside a working thread inherits its locks."""


class Crew:
    """The workers' places, and how far each has come: memory that outlives them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.random = Random(f"crew {options.seed}")
        self.done = FORK.Array("l", options.workers, lock=False)
        self.deaths = [FORK.Array("l", len(fate.POINTS), lock=False) for _ in range(options.workers + 1)]
        self.killed = 0
        self.born = 0

    def warm_up(self) -> None:
        """The first charge is made here and unharmed: whoever is born later need not load the world again."""
        connection.settings_dict["OPTIONS"].pop("pool", None)  # its threads do not survive a fork
        get_resolver().url_patterns  # noqa: B018 (receipts have addresses: it loads every view there is)
        work.charge_once(0, 0)
        self.done[0] = 1
        connection.close()
        provider.cache_clear()
        time.sleep(QUIET_S)

    def run(self) -> dict[str, Any]:
        """Until every charge has ended; then all die together, in the middle of whatever they do."""
        begun_at = time.monotonic()
        alive = {place: self._bear(place) for place in range(self.options.workers + 1)}
        next_kill = begun_at + self._pause_s()
        while not self._is_done():
            if time.monotonic() - begun_at > self.options.patience:
                raise SystemExit("The crew did not get through in time.")
            wait([one.sentinel for one in alive.values()], timeout=LOOK_S)
            if time.monotonic() > next_kill:
                self.random.choice(list(alive.values())).kill()
                self.killed += 1
                next_kill = time.monotonic() + self._pause_s()
            for place, one in alive.items():
                if not one.is_alive():
                    alive[place] = self._bear(place)
        for one in alive.values():
            one.kill()
            one.join()
        return self._told(time.monotonic() - begun_at)

    def _pause_s(self) -> float:
        return self.random.expovariate(1 / self.options.kill_every)

    def _is_done(self) -> bool:
        return all(self.done[place] >= len(self._all(place)) for place in range(self.options.workers))

    def _all(self, place: int) -> range:
        return range(place, self.options.sessions, self.options.workers)

    def _bear(self, place: int) -> ForkProcess:
        self.born += 1
        child = FORK.Process(target=self._live, args=(place, die_with_parent(signal.SIGKILL)))
        child.start()
        return child

    def _live(self, place: int, die_with_us: Callable[[], None]) -> None:
        """In the child: go on where the one before it died."""
        die_with_us()
        drawn = Random(f"{self.options.seed} {place} {self.born}")
        fate.hang_over(fate.Fate(drawn, self.options.crashes, self.deaths[place]), provider())
        if place == self.options.workers:
            work.sweep_for_ever()
        before = self.done[place]
        work.charge_all(place, self._all(place)[before:], lambda count: self._note(place, before + count))

    def _note(self, place: int, count: int) -> None:
        self.done[place] = count

    def _told(self, seconds: float) -> dict[str, Any]:
        counts = [sum(of_place[index] for of_place in self.deaths) for index in range(len(fate.POINTS))]
        return {
            "seconds": seconds,
            "born": self.born,
            "killed_from_outside": self.killed,
            "died": dict(zip(fate.POINTS, counts, strict=True)),
        }


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.money.crew")
    for name in ("--sessions", "--workers", "--seed", "--patience"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--crashes", type=float, required=True, help="of every point passed")
    parser.add_argument("--kill-every", type=float, required=True, help="seconds, on average")
    crew = Crew(parser.parse_args(argv))
    crew.warm_up()
    print(json.dumps(crew.run()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

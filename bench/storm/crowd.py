"""The crowd: `python -m bench.storm.crowd …`, a process of its own. Stations of three versions, all at once.

They come, charge, lose their server, and come back by themselves: nobody waits a moment longer than
the door is closed, which is the worst case. Tells of each scene in one line of JSON, `Scene`; the
number of the server that comes after the first is read from standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import uvloop

from bench.ocpp import cpu
from bench.storm.visitor import Visitor

PATIENCE_S: Final = 90
LOOK_S: Final = 0.02
AFTERMATH_S: Final = 0.5
"""What a server does right after the last answer belongs to the storm."""


@dataclass(frozen=True)
class Scene:
    """How one scene ended. Times run from the moment when the door was open and all knocked."""

    name: str
    stations: int
    accepted: int
    again: int
    wall_s: float
    p50_ms: float
    p99_ms: float
    server_cpu_s: float
    postgres_cpu_s: float
    complaints: dict[str, int]


class Crowd:
    """All stations of the run. `server` is the process whose time is counted."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.port, self.server, self.postgres = options.port, options.server, options.postgres
        self.complaints: Counter[str] = Counter()
        self.visitors = [Visitor(number, self.port, self.complaints) for number in range(options.stations)]

    async def storm(self, name: str) -> Scene:
        """Everybody comes now; ends when all are served or patience does."""
        self.complaints.clear()
        before, begun_at = self._used_s(), time.perf_counter()
        for visitor in self.visitors:
            visitor.come(begun_at)
        await self._until_all(lambda visitor: visitor.is_served)
        wall_s = max(visitor.accepted_s for visitor in self.visitors)
        await asyncio.sleep(AFTERMATH_S)
        server_s, postgres_s = (b - a for a, b in zip(before, self._used_s(), strict=True))
        waits = sorted(visitor.accepted_s for visitor in self.visitors)
        return Scene(
            name=name,
            stations=len(self.visitors),
            accepted=sum(visitor.is_served for visitor in self.visitors),
            again=sum(visitor.again for visitor in self.visitors),
            wall_s=wall_s,
            p50_ms=1000 * waits[len(waits) // 2],
            p99_ms=1000 * waits[len(waits) * 99 // 100],
            server_cpu_s=server_s,
            postgres_cpu_s=postgres_s,
            complaints=dict(self.complaints.most_common(5)),
        )

    async def charge(self) -> int:
        """Everybody charges; returns how many have been answered a reading."""
        for visitor in self.visitors:
            visitor.charge()
        await self._until_all(lambda visitor: visitor.readings > 0)
        return sum(visitor.readings > 0 for visitor in self.visitors)

    async def until_open(self) -> None:
        """The server is gone; wait until another one opens the same door."""
        await self._until_all(lambda visitor: visitor.is_outside)
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and not await self._is_open():  # noqa: ASYNC110 (nobody could tell us)
            await asyncio.sleep(LOOK_S)

    async def _is_open(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    async def _until_all(self, true: Callable[[Visitor], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not all(map(true, self.visitors)) and time.monotonic() < end:  # noqa: ASYNC110 (too many to tell us)
            await asyncio.sleep(LOOK_S)

    def _used_s(self) -> tuple[float, float]:
        return cpu.used_s(self.server), cpu.family_used_s(self.postgres)


async def run(options: argparse.Namespace) -> None:
    """Come, charge, lose the server, come back, go on charging."""
    crowd = Crowd(options)
    _tell(asdict(await crowd.storm("cold")))
    _tell({"name": "charging", "charging": await crowd.charge()})
    crowd.server = int(await asyncio.to_thread(sys.stdin.readline))
    await crowd.until_open()
    _tell(asdict(await crowd.storm("return")))
    _tell({"name": "charging on", "charging": await crowd.charge()})
    await asyncio.to_thread(sys.stdin.readline)


def _tell(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.storm.crowd")
    for name in ("--port", "--stations", "--server", "--postgres"):
        parser.add_argument(name, type=int, required=True)
    uvloop.run(run(parser.parse_args(argv)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""The load: `python -m bench.ocpp.load …`, a process of its own. Closed loop, one call at a time per station.

Reads the servers' CPU at the edges of its window itself, so that counts and times belong together.
Prints one line of JSON: `Load`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
import uvloop

from bench.ocpp import cpu, names
from bench.ocpp.mix import Charger, WrongAnswer
from bench.ocpp.versions import VERSIONS
from bench.ocpp.wire import Socket, greeting

AT_ONCE: Final = 50
PATIENCE_S: Final = 45


@dataclass
class Load:
    """What came of one window. `acks` are the transactions acknowledged over the whole run."""

    messages: int = 0
    seconds: float = 0.0
    server_cpu_s: float = 0.0
    postgres_cpu_s: float = 0.0
    failures: int = 0
    complaints: dict[str, int] = field(default_factory=dict)
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    actions: dict[str, int] = field(default_factory=dict)
    started: list[int] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)


class Fleet:
    """All stations of the run and what they have counted together."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.answered = 0
        self.actions: Counter[str] = Counter()
        self.complaints: Counter[str] = Counter()
        self.waits_s: list[float] = []
        self.started: list[int] = []
        self.stopped: list[int] = []
        self.open = 0
        self.warm = 0
        self.is_measuring = False
        self.is_over = False
        self.stations = [Station(self, number) for number in range(options.stations)]

    def complain(self, words: str) -> None:
        if not self.is_over:
            self.complaints[words] += 1


class Station:
    """One charger: a socket, a story, and the call it waits for."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        self.fleet, self.number = fleet, number
        length = fleet.options.meter_values
        meter_wh = 100_000 + 7 * number
        charger = Charger(names.tag(number), meter_wh, time.time, length, number % (length + 1))
        self.version = VERSIONS[fleet.options.version]
        self.story = self.version.day(charger)
        self.count = 0
        self.action = b""
        self.message_id = b""
        self.asked_at = 0.0
        self.transaction = 0
        self.is_lost = False
        self.socket: Socket | None = None

    async def connect(self) -> None:
        options = self.fleet.options
        identity = names.identity(self.number)
        host, path = f"127.0.0.1:{options.port}", f"/ocpp/{identity}"
        hello = greeting(host, path, identity, names.password(self.number), self.version.subprotocol)
        loop = asyncio.get_running_loop()
        await loop.create_connection(
            lambda: Socket(hello, self.opened, self.heard, self.lost), "127.0.0.1", options.port
        )

    def opened(self, socket: Socket) -> None:
        self.socket = socket
        self.fleet.open += 1
        self._ask(*next(self.story))

    def _ask(self, action: bytes, payload: bytes) -> None:
        self.count += 1
        self.action = action
        self.message_id = b"%05d-%08d" % (self.number, self.count)
        self.asked_at = time.perf_counter()
        if self.socket is not None:
            self.socket.send(b'[2,"%s","%s",%s]' % (self.message_id, action, payload))

    def heard(self, text: bytes) -> None:
        message = orjson.loads(text)
        if message[0] == 2:  # the server asks something: nothing here can do it
            error = [4, message[1], "NotSupported", "", {}]
            if self.socket is not None:
                self.socket.send(orjson.dumps(error))
            return
        if message[0] != 3 or message[1].encode() != self.message_id:
            self.lost(f"{self.action.decode()} was answered {text[:120].decode(errors='replace')}")
            return
        self._next(message[2])

    def _next(self, answer: dict[str, Any]) -> None:
        fleet = self.fleet
        fleet.answered += 1
        if self.count == WARM_AFTER:
            fleet.warm += 1
        if fleet.is_measuring:
            fleet.actions[self.action.decode()] += 1
            fleet.waits_s.append(time.perf_counter() - self.asked_at)
        self._remember(answer)
        if fleet.is_over:
            return
        try:
            self._ask(*self.story.send(answer))
        except (WrongAnswer, KeyError, TypeError) as problem:
            self.lost(f"{self.action.decode()}: {problem}")

    def _remember(self, answer: dict[str, Any]) -> None:
        """Acknowledged means: the charger may forget it, so the server must not."""
        if self.action == b"StartTransaction":
            self.transaction = answer.get("transactionId", 0)
            self.fleet.started.append(self.transaction)
        elif self.action == b"StopTransaction":
            self.fleet.stopped.append(self.transaction)

    def lost(self, why: str) -> None:
        if not self.is_lost:
            self.is_lost = True
            self.fleet.complain(why)


WARM_AFTER: Final = 7
"""Answers after which a station has booted and begun its first session; lengths differ from then on."""


async def run(options: argparse.Namespace) -> Load:
    """Connect everybody, warm up, measure, and say what was measured."""
    fleet = Fleet(options)
    for first in range(0, len(fleet.stations), AT_ONCE):
        await asyncio.gather(*(station.connect() for station in fleet.stations[first : first + AT_ONCE]))
    await _until_warm(fleet)
    await asyncio.sleep(options.warm_up)
    return await _measure(fleet, options)


async def _until_warm(fleet: Fleet) -> None:
    """A slow server is not a wrong one: after some patience it is measured as far as it has come."""
    end = time.monotonic() + PATIENCE_S
    while fleet.warm + sum(fleet.complaints.values()) < len(fleet.stations):
        if time.monotonic() > end:
            break
        await asyncio.sleep(0.05)
    if fleet.answered == 0:
        fleet.complain(f"no answer at all in {PATIENCE_S} s")


async def _measure(fleet: Fleet, options: argparse.Namespace) -> Load:
    fleet.is_measuring = True
    before = _snapshot(fleet, options)
    await _window(fleet, options)
    after = _snapshot(fleet, options)
    fleet.is_measuring, fleet.is_over = False, True
    messages, seconds, server_s, postgres_s = (b - a for a, b in zip(before, after, strict=True))
    waits = sorted(fleet.waits_s) or [0.0]
    return Load(
        messages=int(messages),
        seconds=seconds,
        server_cpu_s=server_s,
        postgres_cpu_s=postgres_s,
        failures=sum(fleet.complaints.values()),
        complaints=dict(fleet.complaints.most_common(5)),
        p50_ms=1000 * waits[len(waits) // 2],
        p99_ms=1000 * waits[len(waits) * 99 // 100],
        actions=dict(fleet.actions),
        started=fleet.started if options.acks else [],
        stopped=fleet.stopped if options.acks else [],
    )


async def _window(fleet: Fleet, options: argparse.Namespace) -> None:
    """`--seconds` long; with `--until-killed` it ends when the server has gone."""
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        if options.until_killed and any(station.is_lost for station in fleet.stations):
            await asyncio.sleep(0.5)  # what the kernel still holds for us has been acknowledged too
            return
        await asyncio.sleep(min(0.02, max(0.0, end - time.monotonic())))


def _snapshot(fleet: Fleet, options: argparse.Namespace) -> tuple[float, float, float, float]:
    server_s = 0.0 if options.until_killed else cpu.used_s(options.server)
    postgres_s = cpu.family_used_s(options.postgres) if options.postgres else 0.0
    return fleet.answered, time.monotonic(), server_s, postgres_s


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.ocpp.load")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--stations", type=int, required=True)
    parser.add_argument("--version", choices=VERSIONS, default="1.6")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--warm-up", type=float, default=1.0)
    parser.add_argument("--server", type=int, required=True, help="its process id")
    parser.add_argument("--postgres", type=int, default=0, help="the postmaster's process id")
    parser.add_argument("--meter-values", type=int, default=16)
    parser.add_argument("--acks", type=Path, help="keep what was acknowledged, written to this file")
    parser.add_argument("--until-killed", action="store_true")
    options = parser.parse_args(argv)
    load = uvloop.run(run(options))
    if options.acks:
        options.acks.write_text(json.dumps({"started": load.started, "stopped": load.stopped}))
    print(json.dumps(asdict(load) | {"started": len(load.started), "stopped": len(load.stopped)}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""Plays the scenes before one server: cold, charging, `kill -9`, return."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from bench.ocpp.servers import CannotRun, Ground, Server
from bench.storm.crowd import Scene
from bench.storm.verdict import Books, Run
from embedded.places import ROOT

UNDER_LOAD_S: Final = 2.0

Start = Callable[[Ground, int], Server]

_CONNECTED: Final = "select count(*) from stations_chargingstation where is_connected"
_CHARGING: Final = """
select count(*) from stations_chargingsession
 where status = 'active' and started_at > to_timestamp({begun_at})
"""


class Crowd:
    """The crowd's process: one line in for each server that comes, one line out for each scene."""

    def __init__(self, ground: Ground, server: Server, stations: int) -> None:
        arguments = ["--port", str(server.port), "--server", str(server.pid)]
        arguments += ["--stations", str(stations), "--postgres", str(ground.postmaster)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.storm.crowd", *arguments],
            cwd=ROOT,
            env=ground.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hear(self) -> dict[str, Any]:
        """What it tells next; its patience is bounded. Raises CannotRun when it has fallen."""
        assert self.process.stdout is not None
        words = self.process.stdout.readline()
        if not words:
            raise CannotRun("the crowd fell")
        told: dict[str, Any] = json.loads(words)
        return told

    def tell(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def play(ground: Ground, start: Start, *, stations: int, seen: Callable[[Scene], None], kept: bool) -> Run:
    """One server through both scenes; with `kept` the database must tell the same story."""
    begun_at = time.time()
    server = start(ground, 0)
    crowd = Crowd(ground, server, stations)
    try:
        cold = _scene(crowd, seen)
        charging = crowd.hear()["charging"]
        time.sleep(UNDER_LOAD_S)
        server.kill()
        server = start(ground, server.port)
        crowd.tell(str(server.pid))
        back = _scene(crowd, seen)
        charging = min(charging, crowd.hear()["charging"])
        return Run({"cold": cold, "return": back}, charging, _books(ground, begun_at) if kept else None)
    finally:
        crowd.close()
        server.kill()


def _scene(crowd: Crowd, seen: Callable[[Scene], None]) -> Scene:
    scene = Scene(**crowd.hear())
    seen(scene)
    return scene


def _books(ground: Ground, begun_at: float) -> Books:
    charging = _CHARGING.format(begun_at=begun_at)
    return Books(*(int(ground.postgres.ask(sql, database="forecourt")) for sql in (_CONNECTED, charging)))

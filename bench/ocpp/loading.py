"""Puts a server under load and brings back what was measured."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.ocpp import servers
from bench.ocpp.servers import CannotRun, Ground, Server
from bench.ocpp.verdict import Killed, Window
from embedded.places import ROOT

KILL_STATIONS: Final = 200
KILL_METER_VALUES: Final = 2
KILL_AFTER_SESSIONS: Final = 1_000
KILL_AFTER_S: Final = 40

_MISSING = """
select count(*) from unnest(array[{numbers}]::bigint[]) as wanted(number)
 where not exists (select from stations_chargingsession s where s.number = wanted.number{more})
"""


@dataclass(frozen=True)
class Measured:
    """A window and what else the load noticed (milliseconds, complaints, the mix)."""

    window: Window
    details: dict[str, Any]


def measure(
    server: Server, ground: Ground, *, stations: int, seconds: float, warm_up_s: float, version: str = "1.6"
) -> Measured:
    """One window. Raises CannotRun when the load itself fails."""
    arguments = ["--port", str(server.port), "--stations", str(stations), "--seconds", str(seconds)]
    arguments += ["--version", version]
    arguments += [
        "--warm-up",
        str(warm_up_s),
        "--server",
        str(server.pid),
        "--postgres",
        str(ground.postmaster),
    ]
    found = json.loads(servers.must(["-m", "bench.ocpp.load", *arguments], ground.environment))
    window = Window(
        messages=found["messages"],
        server_cpu_s=found["server_cpu_s"],
        postgres_cpu_s=found["postgres_cpu_s"],
        failures=found["failures"],
    )
    return Measured(window, found)


def kill_under_load(ground: Ground) -> Killed:
    """Start a bridge, let stations start and stop at full speed, kill it, count what is not on disk."""
    server = servers.bridge(ground)
    with tempfile.TemporaryDirectory() as directory:
        acks = servers.acknowledgments(Path(directory))
        load = _start_load(server, ground, acks)
        try:
            _await_traffic(ground)
        finally:
            server.kill()
        _, said = load.communicate(timeout=servers.PATIENCE_S)
        if load.returncode != 0:
            raise CannotRun(f"the load failed: {said.decode().strip().splitlines()[-1:]}")
        kept = json.loads(acks.read_text())
    started, stopped = kept["started"], kept["stopped"]
    missing = _missing(ground, started) + _missing(ground, stopped, " and s.ended_at is not null")
    return Killed(acknowledged=len(started) + len(stopped), missing=missing)


def _await_traffic(ground: Ground) -> None:
    """Until so many sessions have begun that their loss would show, or patience ends."""
    count = "select count(*) from stations_chargingsession"
    before, end = int(ground.postgres.ask(count, database="forecourt")), time.monotonic() + KILL_AFTER_S
    while time.monotonic() < end:
        time.sleep(0.5)
        if int(ground.postgres.ask(count, database="forecourt")) - before >= KILL_AFTER_SESSIONS:
            return


def _start_load(server: Server, ground: Ground, acks: Path) -> subprocess.Popen[bytes]:
    arguments = ["--port", str(server.port), "--stations", str(KILL_STATIONS), "--seconds", "60"]
    arguments += ["--warm-up", "0", "--server", str(server.pid), "--until-killed", "--acks", str(acks)]
    arguments += ["--meter-values", str(KILL_METER_VALUES)]
    return subprocess.Popen(
        [sys.executable, "-m", "bench.ocpp.load", *arguments],
        cwd=ROOT,
        env=ground.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _missing(ground: Ground, numbers: list[int], more: str = "") -> int:
    listed = ",".join(str(int(number)) for number in numbers)
    return int(ground.postgres.ask(_MISSING.format(numbers=listed, more=more), database="forecourt"))

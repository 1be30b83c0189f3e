"""The servers under measurement, each its own process, on loopback, gone when the bench goes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from embedded import programs
from embedded.places import ROOT
from embedded.ports import free_ports
from embedded.postgres import Postgres
from embedded.spawn import spawn
from embedded.throwaway import Throwaway

PATIENCE_S: Final = 120
CONTROL_DATABASE: Final = "control"
UVICORN: Final = ("--ws", "websockets-sansio", "--loop", "uvloop", "--backlog", "4096")
QUIET: Final = ("--no-access-log", "--log-level", "warning")


class CannotRun(Exception):
    """The measurement could not be made; the message says why."""


class Ground:
    """A durable PostgreSQL and a Valkey for this run, with both databases made and the bridge's seeded."""

    def __init__(self) -> None:
        self.servers = Throwaway("durable-postgres", "valkey")
        self.servers.wait()
        self.postgres = Postgres(self.servers.directory)
        for name in ("forecourt", CONTROL_DATABASE):
            self.postgres.ensure_database(name)
        self.environment = {
            **os.environ,
            "DATABASE_URL": self.postgres.url(),
            "CONTROL_DATABASE_URL": self.postgres.url(CONTROL_DATABASE),
            "REDIS_URL": self.servers.redis_url,
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "LOG_LEVEL": "WARNING",
        }

    @property
    def postmaster(self) -> int:
        return int((self.postgres.data / "postmaster.pid").read_text().split()[0])

    def prepare(self, stations: int, evses: int) -> None:
        """Tables for both, and the stations the bridge must know."""
        control = self.environment | {"DJANGO_SETTINGS_MODULE": "bench.ocpp.control.settings"}
        must(["-m", "django", "migrate", "--run-syncdb", "-v", "0"], control)
        must(["-m", "django", "migrate", "-v", "0"], self.environment)
        must(["-m", "bench.ocpp.seeding", str(stations), str(evses)], self.environment)

    def close(self) -> None:
        self.servers.close()


@contextmanager
def ground(stations: int, evses: int = 1) -> Iterator[Ground]:
    """The ground, prepared, and taken away at the end."""
    made = Ground()
    try:
        made.prepare(stations, evses)
        yield made
    finally:
        made.close()


def must(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a Python program to its end. Raises CannotRun with its last words."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()
        raise CannotRun(f"{' '.join(arguments[:4])} failed: {said[-1]}")
    return done.stdout


class Server:
    """One server process and its port."""

    def __init__(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str], port: int
    ) -> None:
        self.name, self.port = name, port
        self.process = spawn(
            [sys.executable, *arguments],
            environment=environment,
            directory=ROOT,
            death_signal=signal.SIGKILL,
        )
        self._wait()

    @property
    def pid(self) -> int:
        return self.process.pid

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE_S
        while not _listens(self.port):
            fallen = self.process.poll()
            if fallen is not None or time.monotonic() > end:
                self.stop()
                why = f"within {PATIENCE_S} s" if fallen is None else f"but fell with status {fallen}"
                raise CannotRun(f"the {self.name} did not start {why}")
            time.sleep(0.05)

    def kill(self) -> None:
        """`kill -9`: nothing of it has time for anything."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def floor(ground: Ground, port: int = 0) -> Server:
    port = port or free_ports(1)[0]
    return Server("floor", ["-m", "bench.ocpp.floor", str(port)], ground.environment, port)


def control(ground: Ground) -> Server:
    """Stock Channels under the same server, protocol and loop."""
    port = free_ports(1)[0]
    environment = ground.environment | {"DJANGO_SETTINGS_MODULE": "bench.ocpp.control.settings"}
    where = ["--host", "127.0.0.1", "--port", str(port), "--lifespan", "off"]
    arguments = ["-m", "uvicorn", "bench.ocpp.control.asgi:application", *where, *UVICORN, *QUIET]
    return Server("control", arguments, environment, port)


def bridge(ground: Ground, port: int = 0) -> Server:
    """As every system of ours starts it (`embedded.programs`); on a port of its own unless one is named."""
    port = port or free_ports(1)[0]
    ports = programs.Ports(host="127.0.0.1", web=0, bridge=port, stripe=0)
    _, *arguments = map(str, programs.bridge(ports, ground.environment).argv)
    return Server("bridge", [*arguments, *QUIET], ground.environment, port)


def acknowledgments(directory: Path) -> Path:
    return directory / "acknowledged.json"

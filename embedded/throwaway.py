"""Servers for one run: `python -m embedded.throwaway DIRECTORY [postgres|durable-postgres] [valkey]`.

Another process owns the servers and the directory, and takes both away when its standard input
ends: that happens however the run that asked for them ends, by Ctrl-C and by `kill -9` too.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from embedded.places import ROOT, Unavailable, throwaway_directory
from embedded.postgres import Postgres
from embedded.spawn import spawn
from embedded.valkey import Valkey

PATIENCE_S = 60
ABORT = {Postgres: signal.SIGQUIT, Valkey: signal.SIGKILL}


class Throwaway:
    """What a run holds of its servers: their addresses at once, and `wait()` until they answer."""

    def __init__(self, *kinds: str) -> None:
        self.directory = throwaway_directory()
        self.database_url = Postgres(self.directory).url()
        self.redis_url = Valkey(self.directory).url()
        self._keeper = subprocess.Popen(
            [sys.executable, "-m", "embedded.throwaway", str(self.directory), *kinds],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def wait(self) -> None:
        """Return when the servers answer; raise Unavailable with their keeper's sentence if they do not."""
        assert self._keeper.stdout is not None  # noqa: S101 - for the type checker
        said = self._keeper.stdout.readline().decode().strip()
        if said != "ready":
            raise Unavailable(said or "The servers for this run did not start.")

    def close(self) -> None:
        """Take the servers and their directory away."""
        if self._keeper.stdin:
            self._keeper.stdin.close()
        self._keeper.wait(PATIENCE_S)


def _await_ready(server: Postgres | Valkey, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not server.ready():
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(errors="replace").strip().splitlines()
            raise Unavailable(
                f"{type(server).__name__} did not start: {lines[-1] if lines else 'it said nothing'}"
            )
        time.sleep(0.02)


def _start(server: Postgres | Valkey, directory: Path) -> subprocess.Popen[bytes]:
    server.prepare()
    log = directory / f"{type(server).__name__.lower()}.log"
    account = server.account if isinstance(server, Postgres) else None
    environment = server.environment() if isinstance(server, Postgres) else None
    with log.open("wb") as output:
        process = spawn(
            server.argv(),
            account=account,
            environment=environment,
            output=output,
            death_signal=ABORT[type(server)],
        )
    try:
        _await_ready(server, process, log)
    except BaseException:
        process.kill()
        raise
    return process


def _servers(directory: Path, kinds: Sequence[str]) -> list[Postgres | Valkey]:
    made: dict[str, Postgres | Valkey] = {
        "postgres": Postgres(directory, durable=False),
        "durable-postgres": Postgres(directory),  # for measurements: with fsync, as production
        "valkey": Valkey(directory),
    }
    return [made[kind] for kind in kinds]


def keep(directory: Path, kinds: Sequence[str]) -> int:
    """Start `kinds`, say "ready", wait for the end of standard input, and leave nothing behind."""
    started: list[tuple[Postgres | Valkey, subprocess.Popen[bytes]]] = []
    try:
        for server in _servers(directory, kinds):
            started.append((server, _start(server, directory)))
        _say("ready")
        sys.stdin.buffer.read()
    except (Unavailable, OSError) as problem:
        _say(str(problem))
        return 1
    finally:
        for server, process in started:
            process.send_signal(ABORT[type(server)])
            process.wait()
        shutil.rmtree(directory, ignore_errors=True)
    return 0


def _say(words: str) -> None:
    try:
        print(words, flush=True)
    except OSError:  # nobody listens any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    sys.exit(keep(Path(sys.argv[1]), sys.argv[2:]))

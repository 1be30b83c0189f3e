"""`./forecourt manage …`: Django's commands for the system that runs here, or for its sleeping state."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from embedded.places import ROOT, Unavailable, state_directory
from embedded.postgres import STOP_SIGNAL, Postgres
from embedded.spawn import spawn
from embedded.state import State


def _running_environment() -> dict[str, str] | None:
    for name in ("up", "demo"):
        directory = state_directory(name)
        if (directory / "environment.json").exists() and State(directory).is_held():
            return State(directory).environment()
    return None


@contextmanager
def _woken_database() -> Iterator[dict[str, str]]:
    """The database of `up`, for as long as one command takes."""
    state = State(state_directory("up"))
    state.hold("up")
    server = Postgres(state.directory)
    server.prepare()
    process = spawn(
        server.argv(),
        account=server.account,
        environment=server.environment(),
        output=subprocess.DEVNULL,
        death_signal=STOP_SIGNAL,
    )
    try:
        _await(server, process)
        server.ensure_database()
        yield {**state.secrets(), "DATABASE_URL": server.url()}
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _await(server: Postgres, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not server.ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Unavailable("The embedded database did not start.")
        time.sleep(0.02)


def _django(arguments: Sequence[str], environment: dict[str, str]) -> int:
    argv = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.call(argv, env={**environment, **os.environ})


def main(arguments: Sequence[str]) -> int:
    """Find the database, then let Django do the rest; its exit status is ours."""
    try:
        if "DATABASE_URL" in os.environ:
            return _django(arguments, {})
        if (running := _running_environment()) is not None:
            return _django(arguments, running)
        with _woken_database() as environment:
            return _django(arguments, environment)
    except Unavailable as problem:
        print(f"forecourt: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

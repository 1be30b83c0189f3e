"""What a system keeps between two runs, in its state directory: secrets, turn, present environment."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from embedded.places import Unavailable, make_private

SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "STATION_SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "STRIPE_SECRET_KEY": lambda: f"sk_test_{secrets.token_hex(16)}",
    "STRIPE_WEBHOOK_SECRET": lambda: f"whsec_{secrets.token_hex(24)}",
}


class State:
    """The state directory of one system, held by one process at a time."""

    def __init__(self, directory: Path) -> None:
        self.directory = make_private(directory)
        self._turn: IO[str] | None = None

    def hold(self, name: str) -> None:
        """Take the directory for this process; raise Unavailable when another one has it."""
        turn = (self.directory / "lock").open("a+")
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            turn.close()
            raise Unavailable(
                f"./forecourt {name} is already running here (its state is {self.directory})."
            ) from problem
        self._turn = turn

    def is_held(self) -> bool:
        """Is a system running here just now?"""
        try:
            with (self.directory / "lock").open("a+") as turn:
                fcntl.flock(turn, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False

    def secrets(self) -> dict[str, str]:
        """The secrets of this system, made once. What the environment names wins."""
        file = self.directory / "secrets.json"
        kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        whole = {name: kept.get(name) or make() for name, make in SECRETS.items()}
        if whole != kept:
            write_private(file, whole)
        return {name: os.environ.get(name) or value for name, value in whole.items()}

    def remember_environment(self, environment: Mapping[str, str]) -> None:
        """Write down what `./forecourt manage` needs to reach the running system."""
        write_private(self.directory / "environment.json", environment)

    def environment(self) -> dict[str, str]:
        """The environment of the system that runs here, or ran here last."""
        file = self.directory / "environment.json"
        remembered: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        return remembered


def write_private(file: Path, content: Mapping[str, str]) -> None:
    """Write JSON that only its owner may read, whole or not at all."""
    half_written = file.with_suffix(".part")
    half_written.unlink(missing_ok=True)
    with os.fdopen(os.open(half_written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
        json.dump(content, target, indent=2)
    half_written.replace(file)

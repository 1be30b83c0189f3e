"""The commands of ./forecourt. Standard library only: this runs before anything is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence

from embedded import environment
from embedded.environment import PYTHON
from embedded.places import ROOT, Unavailable


def _become(*argv: str) -> int:
    """Let the command take our place: its exit status and signals are then its own."""
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), *argv])  # noqa: S606


def _up(arguments: Sequence[str]) -> int:
    environment.prepare("run")
    return _become("-m", "embedded.system", "up", *arguments)


def _demo(arguments: Sequence[str]) -> int:
    environment.prepare("run")
    return _become("-m", "embedded.system", "demo", *arguments)


def _test(arguments: Sequence[str]) -> int:
    environment.prepare("test")
    return _become("-m", "embedded.testing", *arguments)


def _check(arguments: Sequence[str]) -> int:
    environment.prepare("test")
    return _become("-m", "embedded.checks", *arguments)


def _bench(arguments: Sequence[str]) -> int:
    environment.prepare("run")
    return _become("-m", "bench", *arguments)


def _manage(arguments: Sequence[str]) -> int:
    environment.prepare("run")
    return _become("-m", "embedded.manage", *arguments)


def _lock(arguments: Sequence[str]) -> int:
    environment.prepare("run")
    environment.relock()
    return 0


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "demo": _demo,
    "up": _up,
    "test": _test,
    "check": _check,
    "bench": _bench,
    "manage": _manage,
    "lock": _lock,
}


def launch(argv: Sequence[str], usage: str) -> int:
    """Run the command named first in `argv`; returns the exit status. One sentence, never a traceback."""
    name, *arguments = argv or ["help"]
    if name not in COMMANDS:
        print(usage.strip())
        return 0 if name in ("help", "-h", "--help") else 2
    try:
        return COMMANDS[name](arguments)
    except Unavailable as problem:
        print(f"forecourt: {problem}", file=sys.stderr)
    except (OSError, subprocess.SubprocessError) as problem:
        print(f"forecourt: {environment.explain(str(problem))}", file=sys.stderr)
    except KeyboardInterrupt:
        print("forecourt: stopped.", file=sys.stderr)
    return 1

"""What the person at the terminal sees: one line per line of a program, with its name before it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO, Final

COLORS: Final = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
WIDTH: Final = 9
WORRYING: Final = ("WARNING ", "ERROR ", "CRITICAL ", "Traceback ")


class Console:
    """Prints to the terminal unless `quiet`, and always into one log file per program below `logs`."""

    def __init__(self, logs: Path, *, quiet: bool = False) -> None:
        self._logs = logs
        self._quiet = quiet
        self._files: dict[str, IO[str]] = {}
        self._logs.mkdir(parents=True, exist_ok=True)
        self._colored = sys.stdout.isatty()

    def log(self, name: str, text: str, *, shown: bool = True) -> None:
        """A line of the program `name`; when it is not `shown`, the terminal gets it only if it worries."""
        if name not in self._files:
            self._files[name] = (self._logs / f"{name}.log").open("w", buffering=1, encoding="utf-8")
        self._files[name].write(text + "\n")
        if not self._quiet and (shown or text.startswith(WORRYING)):
            print(f"{self._prefix(name)} {text}", flush=True)

    def tell(self, text: str) -> None:
        """A line of our own; never kept quiet."""
        print(f"{self._prefix('forecourt')} {text}", flush=True)

    def _prefix(self, name: str) -> str:
        padded = f"{name:<{WIDTH}} |"
        if not self._colored:
            return padded
        color = COLORS[sum(name.encode()) % len(COLORS)]
        return f"\x1b[{color}m{padded}\x1b[0m"

    def close(self) -> None:
        """Close the log files."""
        for file in self._files.values():
            file.close()

"""CPU time of processes, from /proc: user and system, all threads, seconds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


def _fields(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the third one on (the second may hold blanks)."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def used_s(pid: int) -> float:
    """Of one process."""
    fields = _fields(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def family_used_s(pid: int) -> float:
    """Of a process, its children, and those it has already buried (PostgreSQL's backends come and go)."""
    total = 0
    for member in (pid, *_children(pid)):
        try:
            fields = _fields(member)
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / TICKS_PER_S


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in task.read_text().split()]
    return found

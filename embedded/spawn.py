"""Start a child that cannot outlive us, whatever becomes of us."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from embedded.places import Account

PR_SET_PDEATHSIG = 1


def die_with_parent(death_signal: int) -> Callable[[], None]:
    """What the child does between fork and exec: ask the kernel for a signal when its parent dies.

    The kernel forgets the request when the account changes, so it must come after that;
    and a parent that died before the request is noticed by its number.
    """
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def ask() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:
                os._exit(1)

    return ask


def spawn(
    argv: Sequence[str | os.PathLike[str]],
    *,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    output: IO[bytes] | int | None = None,
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `argv` in a process group of its own: Ctrl-C in a terminal reaches only the one who owns it.

    Must be called from the main thread: the kernel watches the thread that forked.
    """
    return subprocess.Popen(
        [os.fspath(part) for part in argv],
        env=dict(environment) if environment is not None else None,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        process_group=0,
        preexec_fn=die_with_parent(death_signal),
    )

"""A small process supervisor: start in order, wait until ready, restart what falls, stop in reverse."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from embedded.console import Console
from embedded.places import ROOT, Account, Unavailable
from embedded.spawn import die_with_parent

T = TypeVar("T")
POLL_S = 0.1
STEADY_S = 60.0
MOST_FALLS = 6
LONGEST_BACKOFF_S = 15.0


class Stopped(Exception):
    """The person (or a failure) ended the system while it was still starting."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """One process to keep: how it starts, how one sees that it is ready, how it is asked to stop.

    `ready` is polled; `ready_words` instead waits for a line of its output. Neither: ready at once.
    The lines of a program that is not `shown` go into its log file, and only warnings to the terminal.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    ready_words: str | None = None
    prepare: Callable[[], None] | None = None
    account: Account | None = None
    stop_signal: int = signal.SIGTERM
    grace_s: float = 15.0
    patience_s: float = 180.0
    shown: bool = True


class Running:
    """A program's present process, and what is remembered of its past."""

    def __init__(self, program: Program, console: Console) -> None:
        self.program = program
        self.falls = 0
        self.last_lines: deque[str] = deque(maxlen=12)
        self.process: asyncio.subprocess.Process | None = None
        self.started_at_s = 0.0
        self._console = console
        self._said = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def spawn(self) -> None:
        """Start the process; it dies with us, and Ctrl-C at the terminal reaches only us."""
        if self.program.prepare:
            self.program.prepare()
        self._said.clear()
        self.started_at_s = time.monotonic()
        account = self.program.account
        self.process = await asyncio.create_subprocess_exec(
            *self.program.argv,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.program.environment},
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=2**20,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            process_group=0,
            preexec_fn=die_with_parent(self.program.stop_signal),
        )
        self._reader = asyncio.create_task(self._read(self.process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 - for the type checker
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # a line longer than the limit: the rest of it follows
                continue
            if not line:
                return
            text = line.decode(errors="replace").rstrip()
            self.last_lines.append(text)
            self._console.log(self.program.name, text, shown=self.program.shown)
            if self.program.ready_words and self.program.ready_words in text:
                self._said.set()

    async def until_ready(self) -> None:
        """Wait for readiness; raise Unavailable with its last words when the process ends or is too slow."""
        deadline = time.monotonic() + self.program.patience_s
        while not await self._is_ready():
            if not self.alive:
                raise Unavailable(f"{self.program.name} did not start: {await self.last_words()}")
            if time.monotonic() > deadline:
                raise Unavailable(f"{self.program.name} was not ready after {self.program.patience_s:.0f} s.")
            await asyncio.sleep(POLL_S)

    async def _is_ready(self) -> bool:
        if self.program.ready_words:
            return self._said.is_set()
        return self.program.ready is None or await asyncio.to_thread(self.program.ready)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def last_words(self) -> str:
        """The last line it printed that says something."""
        if self._reader:
            await asyncio.wait([self._reader], timeout=1)
        said = [line.strip() for line in self.last_lines if line.strip()]
        return said[-1] if said else "it said nothing"

    async def stop(self) -> None:
        """Ask it to stop, wait its grace, then make it; nothing of its process group stays."""
        if self.process is None:
            return
        if self.alive:
            self.process.send_signal(self.program.stop_signal)
            try:
                await asyncio.wait_for(self.process.wait(), self.program.grace_s)
            except TimeoutError:
                self._console.tell(f"{self.program.name} did not stop in time and was killed")
        self.sweep()
        await self.process.wait()

    def sweep(self) -> None:
        """Kill what is left of its process group: children of a worker that fell."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return


class Supervisor:
    """Keeps programs running between `start` and `stop`; `failed` tells why it gave up, if it did."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.stopping = asyncio.Event()
        self.failed: str | None = None
        self._groups: list[list[Running]] = []
        self._watchers: list[asyncio.Task[None]] = []

    async def start(self, *programs: Program) -> None:
        """Start these side by side; return when all are ready. They will be stopped together."""
        group = [Running(program, self.console) for program in programs]
        self._groups.append(group)
        for running in group:
            await running.spawn()
        await self._unless_stopped(asyncio.gather(*(running.until_ready() for running in group)))
        self._watchers += [asyncio.create_task(self._watch(running)) for running in group]

    async def once(self, program: Program) -> None:
        """Run one program to its end; raise Unavailable when it fails."""
        running = Running(program, self.console)
        self._groups.append([running])
        await running.spawn()
        assert running.process is not None  # noqa: S101 - for the type checker
        status = await self._unless_stopped(running.process.wait())
        self._groups.remove([running])
        if status != 0:
            raise Unavailable(f"{program.name} failed: {await running.last_words()}")

    async def _unless_stopped(self, work: Awaitable[T]) -> T:
        task = asyncio.ensure_future(work)
        stopped = asyncio.create_task(self.stopping.wait())
        done, _ = await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if task in done:
            return task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise Stopped

    async def _watch(self, running: Running) -> None:
        name = running.program.name
        while running.process is not None:
            status = await running.process.wait()
            if self.stopping.is_set():
                return
            running.sweep()
            steady = time.monotonic() - running.started_at_s > STEADY_S
            running.falls = 1 if steady else running.falls + 1
            if running.falls >= MOST_FALLS:
                self.give_up(f"{name} fell {running.falls} times in a row: {await running.last_words()}")
                return
            pause_s = backoff_s(running.falls)
            self.console.tell(f"{name} ended with {status}; starting it again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            if not self.stopping.is_set():
                await running.spawn()

    def give_up(self, why: str) -> None:
        """Stop everything, because of `why`."""
        self.failed = self.failed or why
        self.stopping.set()

    async def stop(self) -> None:
        """Stop in reverse order: what was started last knows the others and goes first."""
        self.stopping.set()
        for group in reversed(self._groups):
            await asyncio.gather(*(running.stop() for running in group))
        for watcher in self._watchers:
            watcher.cancel()


def backoff_s(falls: int) -> float:
    """Seconds before the next start: half a second, doubled with each fall, at most a quarter minute."""
    return float(min(0.5 * 2 ** (falls - 1), LONGEST_BACKOFF_S))

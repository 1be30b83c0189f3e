"""Group commit: what stations reported meanwhile goes to disk in one transaction, then replies go.

One thread with one Django connection writes; while it does, the next batch gathers (ARCHITECTURE,
The hot path). A batch holds at most one job per station.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeAlias

from django.db import connection

from ocpp_bridge import batches
from ocpp_bridge.exchange import Job
from ocpp_bridge.journal import Entry

logger = logging.getLogger(__name__)

BATCH: Final = 500
FLUSH_S: Final = 1.0
MOST_LINGER_S: Final = 0.03
LULL_S: Final = 0.003
MAX_NOTES: Final = 50_000
"""Frames kept in memory while the database is away; beyond that the oldest are lost."""


Done: TypeAlias = Callable[[Job, Exception | None], None]
Waiting: TypeAlias = tuple[Job, Done]


class Committer:
    """`submit` a job; `done` is called when its reply may leave, or with DatabaseGone."""

    def __init__(self) -> None:
        self.notes: list[Entry] = []
        self._linger_s = 0.0
        self._waiting: dict[int, Waiting] = {}
        self._later: deque[Waiting] = deque()
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="committer")
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run())

    def submit(self, job: Job, done: Done) -> None:
        """Queue a job; a second one of the same station waits for the next batch."""
        station_id = job.report.station_id
        if station_id in self._waiting or len(self._waiting) >= BATCH:
            self._later.append((job, done))
        else:
            self._waiting[station_id] = (job, done)
        self._wake.set()

    async def close(self) -> None:
        """Write what waits, and stop."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        while self._waiting or self.notes:
            if not await self._commit():
                break
        await self._loop.run_in_executor(self._thread, _close_connection)
        self._thread.shutdown()

    async def _run(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._wake.wait(), FLUSH_S)
                await self._linger()
            except TimeoutError:
                pass
            if self._waiting or self.notes:
                begun_at = self._loop.time()
                await self._commit()
                self._linger_s = min(self._loop.time() - begun_at, MOST_LINGER_S)

    async def _linger(self) -> None:
        """Let a batch gather while reports keep coming, but no longer than the last one took."""
        end = self._loop.time() + self._linger_s
        gathered = -1
        while gathered < len(self._waiting) < BATCH and self._loop.time() < end:
            gathered = len(self._waiting)
            await asyncio.sleep(LULL_S)

    async def _commit(self) -> bool:
        batch, notes = self._take()
        jobs = [job for job, _ in batch]
        work = self._loop.run_in_executor(self._thread, batches.commit, jobs, notes)
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait([work])
            self._settle(batch, notes, work.exception())
            raise
        except Exception as error:
            self._settle(batch, notes, error)
            return False
        self._settle(batch, notes, None)
        return True

    def _take(self) -> tuple[Sequence[Waiting], list[Entry]]:
        batch = list(self._waiting.values())
        self._waiting.clear()
        self._wake.clear()
        for _ in range(len(self._later)):
            job, done = self._later.popleft()
            if job.report.station_id in self._waiting or len(self._waiting) >= BATCH:
                self._later.append((job, done))
            else:
                self._waiting[job.report.station_id] = (job, done)
                self._wake.set()
        notes, self.notes[:] = self.notes[:], []
        return batch, notes

    def _settle(self, batch: Sequence[Waiting], notes: list[Entry], error: BaseException | None) -> None:
        if error is not None:
            logger.error("nothing could be written; %d stations get no answer", len(batch), exc_info=error)
            self.notes[:0] = notes[-MAX_NOTES:]
            del self.notes[:-MAX_NOTES]
        problem = None if error is None else batches.DatabaseGone()
        for job, done in batch:
            done(job, problem)


def _close_connection() -> None:
    """In the thread that owns it: Django's `connection` is another one in each thread."""
    connection.close()

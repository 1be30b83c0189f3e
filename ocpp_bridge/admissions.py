"""Those who call in the same moment are let in together: after an outage that is everybody.

While one crowd is being looked at the next one gathers, so that a lone station waits for nobody. A
decision costs a handful of queries, a commit and a nudge, whether for one or for two hundred.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final, TypeAlias

from django import db

from core.threads import in_db_thread
from ocpp_bridge import handshake
from ocpp_bridge.callers import Caller
from ocpp_bridge.handshake import Admission, Refusal

logger = logging.getLogger(__name__)

AT_ONCE: Final = 200

Answer: TypeAlias = Admission | Refusal
Waiting: TypeAlias = tuple[Caller, asyncio.Future[Answer]]


class Admissions:
    """`admit` a caller; an identity that calls twice is looked at twice, one after the other."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._looking: asyncio.Task[None] | None = None

    async def admit(self, caller: Caller) -> Answer:
        """May this caller come in? Raises what the database raises."""
        if caller.certificate is not None:  # following its chain takes time that others need not spend
            return await in_db_thread(handshake.admit, caller)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((caller, answer))
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look())
        return await answer

    async def _look(self) -> None:
        while self._waiting:
            crowd = self._take()
            try:
                answers = await in_db_thread(
                    handshake.admit_together, [caller for caller, _ in crowd.values()]
                )
            except Exception as error:
                await self._look_at_each(crowd, error)
            else:
                for (_, future), answer in zip(crowd.values(), answers, strict=True):
                    _settle(future, answer)

    def _take(self) -> Mapping[str, Waiting]:
        """The next crowd: each identity at most once. Who has gone meanwhile is left out."""
        crowd: dict[str, Waiting] = {}
        rest: list[Waiting] = []
        for waiting in self._waiting:
            caller, future = waiting
            if caller.calls_as in crowd or len(crowd) >= AT_ONCE:
                rest.append(waiting)
            elif not future.done():
                crowd[caller.calls_as] = waiting
        self._waiting = rest
        return crowd

    async def _look_at_each(self, crowd: Mapping[str, Waiting], error: Exception) -> None:
        """What is wrong with one must not keep the others out; a database that is away keeps out all."""
        if len(crowd) == 1 or isinstance(error, db.OperationalError | db.InterfaceError):
            for _, future in crowd.values():
                _settle(future, error)
            return
        logger.warning("a crowd of %d could not be admitted together: %s", len(crowd), error)
        for caller, future in crowd.values():
            try:
                _settle(future, await in_db_thread(handshake.admit, caller))
            except Exception as own:
                _settle(future, own)


def _settle(future: asyncio.Future[Answer], answer: Answer | Exception) -> None:
    if future.done():  # the socket has gone
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)

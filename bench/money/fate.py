"""Where a process dies: `kill -9` by its own hand, before and after each step that must not be lost."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable, MutableSequence
from random import Random
from typing import Any, Final

from django.db import connection, transaction

STEPS: Final = ("operation written", "call made", "answer applied")
POINTS: Final = tuple(f"{when} {step}" for step in STEPS for when in ("before", "after"))
STATEMENTS: Final = {
    'INSERT INTO "payments_provideroperation"': STEPS[0],
    'UPDATE "payments_provideroperation"': STEPS[2],
}
CALLS: Final = ("hold", "capture", "release")


class Fate:
    """Draws at every point. `deaths` is shared memory, one place for each of POINTS."""

    def __init__(self, random: Random, rate: float, deaths: MutableSequence[int]) -> None:
        self.random, self.rate, self.deaths = random, rate, deaths

    def at(self, point: str) -> None:
        """Perhaps the end."""
        if self.random.random() < self.rate:
            self.deaths[POINTS.index(point)] += 1
            os.kill(os.getpid(), signal.SIGKILL)

    def over_statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """For `connection.execute_wrapper`: "after" is after the commit, else it were undone."""
        step = next((step for start, step in STATEMENTS.items() if sql.startswith(start)), None)
        if step is None:
            return execute(sql, params, many, context)
        self.at(f"before {step}")
        result = execute(sql, params, many, context)
        transaction.on_commit(functools.partial(self.at, f"after {step}"))
        return result

    def over_calls(self, provider: Any) -> None:
        """The provider's calls that move money, with a grave on each side."""
        for name in CALLS:
            setattr(provider, name, self._over_call(getattr(provider, name)))

    def _over_call(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def perilous(*args: Any, **kwargs: Any) -> Any:
            self.at(f"before {STEPS[1]}")
            answer = call(*args, **kwargs)
            self.at(f"after {STEPS[1]}")
            return answer

        return perilous


def hang_over(fate: Fate, provider: Any) -> None:
    """From now on nothing that this process does is safe."""
    fate.over_calls(provider)
    connection.execute_wrappers.append(fate.over_statement)

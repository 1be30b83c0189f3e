"""How a sweep works through what is due: many payments side by side, and none stops the others."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from core.threads import side_by_side
from payments.providers.base import ProviderError
from payments.services.operations import Busy
from payments.services.payments import NotPossible

logger = logging.getLogger(__name__)
Act = Callable[[int], object]


class Turn(NamedTuple):
    """What became of one of them; `trouble` is empty when it was done."""

    pk: int
    trouble: str


@dataclass(slots=True)
class Sweep:
    """What a sweep did, by step; `troubles` are left for the next one."""

    counts: dict[str, int] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    def each(self, step: str, ids: Iterable[int], act: Act) -> None:
        """Act on each id, many at once; one failure never stops the others."""
        self.lines(step, [[pk] for pk in ids], act)

    def lines(self, step: str, lines: Iterable[Sequence[int]], act: Act) -> None:
        """The same; those of one line take turns."""
        for turns in side_by_side(partial(_work_off, step, act), lines):
            for pk, trouble in turns:
                if trouble:
                    self.troubles.append(f"{step} {pk}: {trouble}")
                else:
                    self.counts[step] = self.counts.get(step, 0) + 1


def lines_of(rows: Iterable[tuple[int, Hashable]]) -> list[list[int]]:
    """Ids in lines, by what they are about: two looks at one payment would be in each other's way."""
    lines: dict[Hashable, list[int]] = defaultdict(list)
    for pk, about in rows:
        lines[about].append(pk)
    return list(lines.values())


def _work_off(step: str, act: Act, ids: Sequence[int]) -> list[Turn]:
    return [Turn(pk, _trouble(step, act, pk)) for pk in ids]


def _trouble(step: str, act: Act, pk: int) -> str:
    try:
        act(pk)
    except (ProviderError, Busy, NotPossible) as error:
        logger.warning("sweep: %s %s is left for the next time: %s", step, pk, error)
        return f"{type(error).__name__}: {error}"
    except Exception as error:
        logger.exception("sweep: %s %s failed", step, pk)
        return f"{type(error).__name__}: {error}"
    return ""

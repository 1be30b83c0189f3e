"""Something earlier of a session was told: its register is read once more, in order of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from stations.rules import counted_wh, falls
from stations.services.recording.batch import Batch
from stations.services.recording.endings import (
    ENDED_COLUMNS,
    REGISTERS,
    Ended,
    add_flags,
    believable,
    conclude,
)

Registers: TypeAlias = Mapping[int, Sequence[int]]
Doubts: TypeAlias = Mapping[int, frozenset[str]]

_SESSIONS: Final = f"""
select s.status = 'completed', {ENDED_COLUMNS} from stations_chargingsession s
 where s.id = any(%(ids)s) order by s.id
"""


def reconsider(batch: Batch) -> None:
    """After the facts of a batch: judge again what was told late, with all that the batch has brought."""
    ids = {"ids": sorted(batch.told_late | batch.completed)}
    if not ids["ids"]:
        return
    rows = batch.line.execute(_SESSIONS, ids)
    registers: Registers = dict(batch.line.execute(REGISTERS, ids))
    doubts = {pk: falls(values) for pk, values in registers.items()}
    _flag_running(batch, [columns[0] for is_over, *columns in rows if not is_over], doubts)
    _conclude(batch, [Ended(*columns) for is_over, *columns in rows if is_over], registers, doubts)


def _flag_running(batch: Batch, session_ids: Sequence[int], doubts: Doubts) -> None:
    """What they come to is counted at their end."""
    add_flags(batch, [(pk, flag) for pk in session_ids for flag in sorted(doubts[pk])])


def _conclude(batch: Batch, sessions: Sequence[Ended], registers: Registers, doubts: Doubts) -> None:
    news = [
        one
        for one in sessions
        if one.id in batch.completed or _is_news(one, registers[one.id], doubts[one.id])
    ]
    conclude(batch, news, doubts)


def _is_news(session: Ended, registers: Sequence[int], doubts: frozenset[str]) -> bool:
    """A doubt that was not there, or a count of a restarted register that has changed."""
    known = frozenset(session.review_reasons)
    if not doubts <= known:
        return True
    return "register_restarted" in known and believable(session, counted_wh(registers)) != session.energy_wh

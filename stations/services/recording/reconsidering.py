"""More of the story of a completed session has arrived: its register is read once more, in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stations.rules import counted_wh, falls
from stations.services.recording.batch import Batch
from stations.services.recording.endings import ENDED_COLUMNS, REGISTERS, Ended, believable, conclude

_ENDED: Final = f"""
select {ENDED_COLUMNS} from stations_chargingsession s
 where s.id = any(%(ids)s) and s.status = 'completed' order by s.id
"""


def reconsider(batch: Batch) -> None:
    """After the facts of a batch: judge again what was told late, with all that the batch has brought."""
    ids = {"ids": sorted(batch.told_late | batch.completed)}
    if not ids["ids"]:
        return
    sessions = [Ended(*row) for row in batch.cursor.execute(_ENDED, ids).fetchall()]
    registers = dict(batch.cursor.execute(REGISTERS, ids).fetchall())
    doubts = {session.id: falls(registers[session.id]) for session in sessions}
    news = [one for one in sessions if _is_news(one, registers[one.id], doubts[one.id])]
    done = [one for one in sessions if one.id in batch.completed and one not in news]
    conclude(batch, [*done, *news], doubts)


def _is_news(session: Ended, registers: Sequence[int], doubts: frozenset[str]) -> bool:
    """A doubt that was not there, or a count of a restarted register that has changed."""
    known = frozenset(session.review_reasons)
    if "register_restarted" not in known | doubts:
        return not doubts <= known
    return not doubts <= known or believable(session, counted_wh(registers)) != session.energy_wh

"""The total in the answer to a transaction's end (2.0.1 I03.FR.02), worked out where the answer is made."""

from __future__ import annotations

import logging
import time
from typing import Final

from django.db import connection, transaction

from payments.services.showing import final_cost, shows_costs

logger = logging.getLogger(__name__)

LOOK_AGAIN_S: Final = 600.0
shows: Final[dict[int, tuple[bool, float]]] = {}
"""Whether a station shows costs, and when we looked: most do not, and the end of a charge is hot."""


def total_cost(*, station_id: int, transaction_id: str) -> float | None:
    """A number for the wire; None where there is nothing to say. A price must never cost an answer."""
    if not connection.in_atomic_block or not _shows(station_id):
        return None
    try:
        with transaction.atomic():
            cost = final_cost(station_id=station_id, transaction_id=transaction_id)
    except Exception:
        logger.exception("no final cost for %s of station %d", transaction_id, station_id)
        return None
    return None if cost is None else float(cost)


def _shows(station_id: int) -> bool:
    known, looked_at = shows.get(station_id, (False, -LOOK_AGAIN_S))
    if time.monotonic() - looked_at < LOOK_AGAIN_S:
        return known
    shows[station_id] = (shows_costs(station_id=station_id), time.monotonic())
    return shows[station_id][0]

"""The total in the answer to a transaction's end (2.0.1 I03.FR.02), worked out where the answer is made."""

from __future__ import annotations

import logging

from django.db import connection, transaction

from payments.services.showing import final_cost

logger = logging.getLogger(__name__)


def total_cost(*, station_id: int, transaction_id: str) -> float | None:
    """A number for the wire; None where there is nothing to say. A price must never cost an answer."""
    if not connection.in_atomic_block:
        return None
    try:
        with transaction.atomic():
            cost = final_cost(station_id=station_id, transaction_id=transaction_id)
    except Exception:
        logger.exception("no final cost for %s of station %d", transaction_id, station_id)
        return None
    return None if cost is None else float(cost)

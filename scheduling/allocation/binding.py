"""Which connector serves which promise: late binding inside one class.

Intervals in order of start, each onto the connector that became free last before it: without fixed
promises this needs the fewest connectors possible, and it leaves the long gaps whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from scheduling.allocation.slot_types import Promise


def bind(promises: Iterable[Promise], closed: Mapping[str, int]) -> dict[str, Promise] | None:
    """The promises by id, each with a connector; ``None`` when this rule finds no place for all.

    ``closed`` has, per connector, a bit for each step at which it cannot be used. Fixed promises stay.
    """
    taken, bound = dict(closed), {}
    ordered = sorted(promises, key=lambda promise: (not promise.is_fixed, promise.start, promise.id))
    for promise in ordered:
        connector_id = promise.connector_id if promise.is_fixed else _best(promise, taken)
        if connector_id is None:
            return None
        taken[connector_id] = taken.get(connector_id, 0) | promise.slot.mask
        bound[promise.id] = replace(promise, connector_id=connector_id)
    return bound


def _best(promise: Promise, taken: Mapping[str, int]) -> str | None:
    free = sorted(name for name, mask in taken.items() if not mask & promise.slot.mask)
    before = (1 << promise.start) - 1
    return max(free, key=lambda name: (taken[name] & before).bit_length(), default=None)

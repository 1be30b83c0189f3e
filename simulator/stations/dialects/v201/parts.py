"""Reports that come in parts, each saying whether another follows (2.0.1 B07, K09, N02, N09, O03)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.stations.dialects.v201.dialect import Dialect201


def say_in_parts(
    dialect: Dialect201,
    action: str,
    member: str,
    items: Sequence[Any],
    *,
    at_once: int,
    common: dict[str, Any],
    is_numbered: bool = True,
) -> None:
    """One message per `at_once` items, which stand under `member`; `seqNo` from 0 when numbered."""
    starts = range(0, max(1, len(items)), at_once)
    for number, start in enumerate(starts):
        part = items[start : start + at_once]
        payload = common | ({member: part} if part else {}) | {"tbc": start + at_once < len(items)}
        dialect.say(action, payload | ({"seqNo": number} if is_numbered else {}), is_triggered=True)

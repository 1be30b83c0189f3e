"""Limits that others set (a grid operator, a building) as further branches of a site's tree.

A charger keeps to such a limit by itself; the plan knows it, so that what the charger may not draw goes
to the others. Pure; units as in ``power_types``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from scheduling.allocation.power_types import Branch, Evse, Site

MARK: Final = "outer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """So much, in amps per phase or in watts over all phases, from an instant until another (or for ever)."""

    start_at: datetime
    end_at: datetime | None = None
    limit_a: float | None = None
    limit_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OuterLimit:
    """What these EVSEs together may draw, in amps per phase on the grid side."""

    id: str
    name: str
    evse_ids: frozenset[str]
    limit_a: float


def tightest_a(
    bounds: Iterable[Bound], *, from_at: datetime, until_at: datetime, phases: int, voltage_v: float
) -> float | None:
    """The lowest bound in force at any instant of that time, in amps per phase; None where there is none.

    ``phases``: the most that one car behind it uses, so that watts hold however they are spread.
    """
    amps = [
        max(0.0, (bound.limit_w or 0) / (phases * voltage_v) if bound.limit_a is None else bound.limit_a)
        for bound in bounds
        if bound.start_at <= until_at and (bound.end_at is None or bound.end_at > from_at)
    ]
    return min(amps, default=None)


def under(site: Site, limits: Sequence[OuterLimit]) -> Site:
    """The site with each limit between its EVSEs and what they hang on, the wider limits further up.

    EVSEs of one limit that hang on different circuits get a part of it each, by their number: the parts
    together are never more than the limit.
    """
    for limit in sorted(limits, key=lambda limit: (-len(limit.evse_ids), limit.id)):
        site = _under_one(site, limit)
    return site


def is_outer(branch_id: str) -> bool:
    return branch_id.startswith(f"{MARK}-")


def _under_one(site: Site, limit: OuterLimit) -> Site:
    groups = _by_branch(evse for evse in site.evses if evse.id in limit.evse_ids)
    count = sum(map(len, groups.values()))
    added = {
        parent: Branch(
            id=f"{MARK}-{limit.id}-{parent}",
            parent=parent,
            name=limit.name,
            limit_a=(limit.limit_a * len(evses) / count,) * 3,
        )
        for parent, evses in groups.items()
    }
    return replace(
        site,
        branches=(*site.branches, *added.values()),
        evses=tuple(
            replace(evse, branch=added[evse.branch].id) if evse.id in limit.evse_ids else evse
            for evse in site.evses
        ),
    )


def _by_branch(evses: Iterable[Evse]) -> Mapping[str, list[Evse]]:
    groups: dict[str, list[Evse]] = defaultdict(list)
    for evse in evses:
        groups[evse.branch].append(evse)
    return groups

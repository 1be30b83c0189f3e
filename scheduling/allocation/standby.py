"""The defaults that hold without us, bounded together with the session limits.

A charger that loses its link keeps its last session limit for a while, and then (or for a car that comes
meanwhile) follows its default. So at each instant the sum over all EVSEs of the greater of both must fit.
What the cars of now need goes first: where nothing is left for an empty EVSE, its default is 0, and a car
that plugs in waits for the moment until others are lowered. Pure; units as in ``power_types``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scheduling.allocation.power_types import Evse, Plan, Share, Site
from scheduling.allocation.room import Cells, Room, scale_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """What an EVSE's charger follows without a session limit: the most that may be ``in_force`` (amps AC,
    watts DC), and the last order, if it is unanswered."""

    evse_id: str
    in_force: float
    ordered: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultStep:
    """One default to send now."""

    evse_id: str
    limit: float


def standby(
    *, site: Site, plan: Plan, failsafe: Mapping[str, float], present: Mapping[str, float]
) -> dict[str, float]:
    """The default that each EVSE should have beside this plan; none for those that do not listen.

    ``failsafe`` are the defaults for a site at rest (``power.failsafe``), ``present`` those in force now:
    who has its default keeps it before another gets one, so that few messages are needed.
    """
    desk = _Desk(site, plan)
    order = sorted(desk.steerable, key=lambda evse: (present.get(evse.id, 0.0) < failsafe[evse.id], evse.id))
    return {evse.id: desk.grant(evse, failsafe[evse.id]) for evse in order}


def default_steps(
    *,
    site: Site,
    plan: Plan,
    held: Mapping[str, float],
    defaults: Mapping[str, Default],
    wanted: Mapping[str, float],
) -> list[DefaultStep]:
    """The defaults to send now: every lowering, and each raise that fits beside all that may be in force.

    ``held``: the most that each session may draw at this moment, by session id.
    """
    room, scales = Room(site), {evse.id: scale_of(evse, site.voltage_v) for evse in site.evses}
    shares = {share.evse_id: share for share in plan.shares}
    counted_ma = {
        evse.id: scales[evse.id].ma_of(_counted(shares.get(evse.id), held, defaults.get(evse.id)))
        for evse in site.evses
    }
    cells = {evse.id: _cells(room, evse, shares.get(evse.id)) for evse in site.evses}
    for evse_id, amount_ma in counted_ma.items():
        room.take(cells[evse_id], amount_ma)
    steps = []
    for evse_id, limit in wanted.items():
        more_ma = max(0, scales[evse_id].ma_of(limit) - counted_ma[evse_id])
        if _is_new(defaults.get(evse_id), limit) and (not more_ma or room.fits(cells[evse_id], more_ma)):
            room.take(cells[evse_id], more_ma)
            steps.append(DefaultStep(evse_id=evse_id, limit=limit))
    return steps


def _is_new(entry: Default | None, limit: float) -> bool:
    """Lowering or raising, not the repetition of the last word to this charger."""
    return entry is not None and limit != (entry.in_force if entry.ordered is None else entry.ordered)


def _counted(share: Share | None, held: Mapping[str, float], entry: Default | None) -> float:
    drawn = 0.0 if share is None else _figure(share)
    if share is not None and share.controlled:
        drawn = held.get(share.session_id, drawn)
    return max(drawn, entry.in_force, entry.ordered or 0.0) if entry else drawn


def _cells(room: Room, evse: Evse, share: Share | None) -> Cells:
    return room.cells(evse.branch, share.phases if share else evse.phases)


def _figure(share: Share) -> float:
    return float(share.limit_w or 0) if share.limit_a is None else share.limit_a


class _Desk:
    """The room that the plan leaves, and who may have some of it."""

    def __init__(self, site: Site, plan: Plan) -> None:
        self.site, self.room = site, Room(site)
        self.shares = {share.evse_id: share for share in plan.shares}
        for evse in site.evses:
            self.room.take(self._cells(evse), self._base_ma(evse))
        deaf = {share.evse_id for share in plan.shares if not share.controlled}
        self.steerable = [evse for evse in site.evses if evse.id not in deaf]

    def grant(self, evse: Evse, failsafe: float) -> float:
        """The failsafe where it fits, else what the session has anyway, else nothing."""
        more_ma = scale_of(evse, self.site.voltage_v).ma_of(failsafe) - self._base_ma(evse)
        if more_ma <= 0:
            return failsafe
        if self.room.fits(self._cells(evse), more_ma):
            self.room.take(self._cells(evse), more_ma)
            return failsafe
        share = self.shares.get(evse.id)
        return min(failsafe, _figure(share)) if share else 0.0

    def _base_ma(self, evse: Evse) -> int:
        share = self.shares.get(evse.id)
        return 0 if share is None else scale_of(evse, self.site.voltage_v).ma_of(_figure(share))

    def _cells(self, evse: Evse) -> Cells:
        return _cells(self.room, evse, self.shares.get(evse.id))

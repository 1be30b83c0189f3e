"""From what chargers follow now to what they should follow: which messages may leave at this moment.

Make before break, the other way round: lower first, and raise somebody else only out of room that is
proven free. What a charger may still draw is the highest of its accepted limit, an order under way and
its measured current; until a lower figure is accepted the old one counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from scheduling.allocation.power_types import Evse, Plan, Share, Site
from scheduling.allocation.room import Cells, Room, Scale, scale_of

UPDATE_INTERVAL: Final = timedelta(minutes=1)
SMALL_RAISE_INTERVAL: Final = timedelta(minutes=5)
NO_DEFAULTS: Final[Mapping[str, float]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What one session's charger follows: ``limit`` is accepted (amps AC, watts DC), ``held`` is the most
    it may draw at this moment, ``ordered`` an unanswered order, ``sent_at`` when the last order left."""

    session_id: str
    limit: float
    held: float
    ordered: float | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message to send now: the new limit in the EVSE's own unit (amps AC, watts DC)."""

    session_id: str
    evse_id: str
    limit: float
    is_safety: bool


def release(
    *,
    now: datetime,
    plan: Plan,
    site: Site,
    in_force: Sequence[InForce],
    defaults: Mapping[str, float] = NO_DEFAULTS,
) -> list[Step]:
    """The messages that may be sent now, lowerings first.

    ``defaults``: by EVSE, the most that its default may be (amps AC, watts DC). It counts where it is
    more than what the session holds, and for empty EVSEs: a raise waits until they are lowered.

    A lowering waits for the connector's minute unless a limit is exceeded. A raise also needs free room
    counted with ``held``, and a raise of a single step waits five minutes: it is not worth more.
    """
    desk = _Desk(now, site, plan, {entry.session_id: entry for entry in in_force}, defaults)
    return [*desk.lowerings(), *desk.raises()]


class _Desk:
    def __init__(
        self,
        now: datetime,
        site: Site,
        plan: Plan,
        in_force: Mapping[str, InForce],
        defaults: Mapping[str, float],
    ) -> None:
        self.now, self.in_force = now, in_force
        self.evses = {evse.id: evse for evse in site.evses}
        self.room, self.voltage_v = Room(site), site.voltage_v
        self.by_evse = {share.evse_id: share for share in plan.shares}
        self.shares = [share for share in plan.shares if share.controlled and share.session_id in in_force]
        for share in plan.shares:
            self.room.take(self._cells(share), self._held_ma(share))
        self.beyond_ma = {evse_id: self._beyond_ma(evse_id, amount) for evse_id, amount in defaults.items()}
        for evse_id, more_ma in self.beyond_ma.items():
            self.room.take(self._evse_cells(evse_id), more_ma)

    def lowerings(self) -> list[Step]:
        steps = []
        for share in self.shares:
            entry = self.in_force[share.session_id]
            is_safety = min(self.room.left[cell] for cell in self._cells(share)) < 0
            if _figure(share) < _standing(entry) and (is_safety or self._is_free(entry, UPDATE_INTERVAL)):
                steps.append(_step(share, is_safety=is_safety))
        return steps

    def raises(self) -> list[Step]:
        poorest_first = sorted(self.shares, key=lambda share: (self._held_ma(share), share.session_id))
        return [_step(share, is_safety=False) for share in poorest_first if self._may_rise(share)]

    def _may_rise(self, share: Share) -> bool:
        entry = self.in_force[share.session_id]
        evse = self.evses[share.evse_id]
        is_small = entry.limit > 0 and _figure(share) - entry.limit <= self._scale(evse).step
        wait = SMALL_RAISE_INTERVAL if is_small else UPDATE_INTERVAL
        if _figure(share) <= _standing(entry) or entry.ordered is not None or not self._is_free(entry, wait):
            return False
        counted_ma = self._held_ma(share) + self.beyond_ma.get(evse.id, 0)
        more_ma = max(0, self._scale(evse).ma_of(_figure(share)) - counted_ma)
        if not self.room.fits(self._cells(share), more_ma):
            return False
        self.room.take(self._cells(share), more_ma)
        return True

    def _is_free(self, entry: InForce, wait: timedelta) -> bool:
        return entry.sent_at is None or self.now - entry.sent_at >= wait

    def _cells(self, share: Share) -> Cells:
        return self.room.cells(self.evses[share.evse_id].branch, share.phases)

    def _beyond_ma(self, evse_id: str, default: float) -> int:
        """By how much the default is more than what is counted for the EVSE's session."""
        share = self.by_evse.get(evse_id)
        return max(
            0, self._scale(self.evses[evse_id]).ma_of(default) - (self._held_ma(share) if share else 0)
        )

    def _evse_cells(self, evse_id: str) -> Cells:
        share, evse = self.by_evse.get(evse_id), self.evses[evse_id]
        return self._cells(share) if share else self.room.cells(evse.branch, evse.phases)

    def _scale(self, evse: Evse) -> Scale:
        return scale_of(evse, self.voltage_v)

    def _held_ma(self, share: Share) -> int:
        entry = self.in_force.get(share.session_id)
        held = entry.held if entry is not None and share.controlled else _figure(share)
        return self._scale(self.evses[share.evse_id]).ma_of(held)


def _standing(entry: InForce) -> float:
    """The last word to this charger: an order under way, else the accepted limit."""
    return entry.limit if entry.ordered is None else entry.ordered


def _figure(share: Share) -> float:
    return float(share.limit_w or 0) if share.limit_a is None else share.limit_a


def _step(share: Share, *, is_safety: bool) -> Step:
    return Step(session_id=share.session_id, evse_id=share.evse_id, limit=_figure(share), is_safety=is_safety)

"""From meter registers and charging phases to the periods that are priced. Pure.

Between two registers energy flowed while the vehicle charged; without a charging phase in between
it is spread evenly. Sums are exact: every watt-hour lands in exactly one period.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from payments.rating.facts import Holder, Period, Use

USES: Final = {
    "charging": Use.CHARGING,
    "suspended_by_vehicle": Use.IDLE,
    "suspended_by_station": Use.HELD,
    "connected": Use.HELD,
    "idle": Use.HELD,
}
MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Register:
    """The meter's energy since the session began, at an instant."""

    at: datetime
    energy_wh: int


@dataclass(frozen=True, slots=True)
class Phase:
    """From this instant on the session was in this phase (`stations.states.PHASES`)."""

    at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Hold:
    """From this instant on the power was held back by `holder` (True), or no longer by it (False)."""

    at: datetime
    holder: Holder
    is_on: bool


def build(
    *,
    start_at: datetime,
    end_at: datetime,
    total_wh: int,
    registers: Sequence[Register] = (),
    phases: Sequence[Phase] = (),
    holds: Sequence[Hold] = (),
) -> tuple[Period, ...]:
    """The session's periods from start to end, with `total_wh` in them altogether."""
    marks = _marks(start_at, end_at, total_wh, registers)
    course = _Course(sorted(phases, key=lambda phase: phase.at), sorted(holds, key=lambda hold: hold.at))
    return tuple(period for earlier, later in pairwise(marks) for period in _between(earlier, later, course))


def _marks(
    start_at: datetime, end_at: datetime, total_wh: int, registers: Sequence[Register]
) -> list[Register]:
    """Registers inside the session, never falling and never above the total."""
    marks = [Register(start_at, 0)]
    for register in sorted(registers, key=lambda one: one.at):
        if start_at < register.at < end_at:
            level_wh = max(marks[-1].energy_wh, min(register.energy_wh, total_wh))
            if register.at > marks[-1].at:
                marks.append(Register(register.at, level_wh))
    return [*marks, Register(end_at, total_wh)]


class _Course:
    """Which phase it is when, and who holds the power back."""

    def __init__(self, phases: Sequence[Phase], holds: Sequence[Hold]) -> None:
        self.phases, self.holds = phases, holds
        self.phase_times = [phase.at for phase in phases]
        self.hold_times = [hold.at for hold in holds]

    def cuts(self, start_at: datetime, end_at: datetime) -> list[datetime]:
        times = {at for at in (*self.phase_times, *self.hold_times) if start_at < at < end_at}
        return [start_at, *sorted(times), end_at]

    def use(self, at: datetime, *, has_energy: bool) -> Use:
        before = bisect_right(self.phase_times, at)
        if not before:
            return Use.CHARGING if has_energy else Use.HELD
        phase = self.phases[before - 1]
        use = USES.get(phase.name, Use.HELD)
        return Use.HELD if use is Use.IDLE and self._excuses(phase.at, at) else use

    def holder(self, at: datetime) -> Holder:
        holding = self._holding(at)
        return next((one for one in Holder if one in holding), Holder.STATION)

    def _excuses(self, idle_since: datetime, at: datetime) -> bool:
        """A vehicle that our plan gave nothing may call itself idle; one that was idle before is."""
        holding = self._holding(at)
        return any(one is not Holder.PLAN or holding[one] <= idle_since for one in holding)

    def _holding(self, at: datetime) -> dict[Holder, datetime]:
        """Who holds the power back at an instant, and since when."""
        since: dict[Holder, datetime] = {}
        for hold in self.holds[: bisect_right(self.hold_times, at)]:
            if hold.is_on:
                since.setdefault(hold.holder, hold.at)
            else:
                since.pop(hold.holder, None)
        return since


def _between(earlier: Register, later: Register, course: _Course) -> Iterator[Period]:
    energy_wh = later.energy_wh - earlier.energy_wh
    cuts = course.cuts(earlier.at, later.at)
    spans = list(pairwise(cuts))
    uses = [course.use(start, has_energy=energy_wh > 0) for start, _ in spans]
    shares = _spread(energy_wh, _weights(spans, uses))
    for (start, end), use, share_wh in zip(spans, uses, shares, strict=True):
        yield Period(start_at=start, end_at=end, energy_wh=share_wh, use=use, held_by=course.holder(start))


def _weights(spans: Sequence[tuple[datetime, datetime]], uses: Sequence[Use]) -> list[int]:
    lengths = [(end - start) // MICROSECOND for start, end in spans]
    charging = [length if use is Use.CHARGING else 0 for length, use in zip(lengths, uses, strict=True)]
    chosen = charging if any(charging) else lengths
    return chosen if any(chosen) else [1] * len(spans)


def _spread(energy_wh: int, weights: Sequence[int]) -> list[int]:
    """Whole watt-hours in proportion to the weights; the sum is exact."""
    total, passed, given, shares = sum(weights), 0, 0, []
    for weight in weights:
        passed += weight
        due = energy_wh * passed // total
        shares.append(due - given)
        given = due
    return shares

"""Max-min fairness on a tree of limits: raise everybody's water together, stop each where it must.

Nobody's share can grow without shrinking that of somebody who has no more: the fair point, which is
unique, so it cannot depend on who asked first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from scheduling.allocation.power_types import Evse, Session
from scheduling.allocation.room import Cells, Room, Scale

NOWHERE = -1


@dataclass(slots=True)
class Claim:
    """What one session asks of the tree, in grid milliamps per phase, and what it was granted."""

    session: Session
    evse: Evse
    scale: Scale
    cells: Cells
    minimum_ma: int
    maximum_ma: int
    ceiling_ma: int
    granted_ma: int = 0
    bottleneck: int = field(default=NOWHERE)

    @property
    def is_content(self) -> bool:
        return self.granted_ma >= self.ceiling_ma


Urgency = Callable[[Claim], tuple[float, int, str]]


def admit(claims: Iterable[Claim], room: Room) -> list[Claim]:
    """Give each, in this order, its minimum where it fits; the others get nothing and wait."""
    admitted = []
    for claim in claims:
        if claim.minimum_ma <= claim.ceiling_ma and room.fits(claim.cells, claim.minimum_ma):
            room.take(claim.cells, claim.minimum_ma)
            claim.granted_ma = claim.minimum_ma
            admitted.append(claim)
        else:
            claim.bottleneck = room.tightest(claim.cells)
    return admitted


def fill(claims: Iterable[Claim], room: Room) -> None:
    """Raise the granted shares fairly to where a ceiling or a limit stops each of them."""
    pool = _Pool([claim for claim in claims if not claim.is_content], room)
    while pool.is_rising():
        pool.rise()


def round_down(claims: Iterable[Claim], room: Room) -> None:
    """Whole steps only; what the rounding frees goes back into the room."""
    for claim in claims:
        whole_ma = claim.scale.whole(claim.granted_ma)
        room.take(claim.cells, whole_ma - claim.granted_ma)
        claim.granted_ma = whole_ma


def hand_out_leftovers(claims: Iterable[Claim], room: Room, urgency: Urgency) -> None:
    """Give whole steps of what is left, most urgent first, one each per round, while any fits."""
    hungry = sorted(claims, key=urgency)
    while hungry:
        hungry = [claim for claim in hungry if _grow(claim, room)]


def _grow(claim: Claim, room: Room) -> bool:
    steps = claim.scale.steps_in(claim.granted_ma) + 1
    grown_ma = claim.scale.ma_of_steps(steps)
    if grown_ma > claim.ceiling_ma or not room.fits(claim.cells, grown_ma - claim.granted_ma):
        return False
    room.take(claim.cells, grown_ma - claim.granted_ma)
    claim.granted_ma = grown_ma
    return True


class _Pool:
    """The claims whose water still rises. Cells that can never run dry are left out of the sums."""

    def __init__(self, claims: list[Claim], room: Room) -> None:
        self.room = room
        self.waiting = sorted(claims, key=lambda claim: claim.granted_ma, reverse=True)
        self.rising: dict[int, Claim] = {}
        self.level_ma = 0
        self.scarce = _scarce_cells(claims, room)
        self.count = dict.fromkeys(self.scarce, 0)

    def is_rising(self) -> bool:
        if not self.rising and self.waiting:
            self.level_ma = self.waiting[-1].granted_ma
        while self.waiting and self.waiting[-1].granted_ma <= self.level_ma:
            self._add(self.waiting.pop())
        return bool(self.rising)

    def rise(self) -> None:
        step_ma = self._next_step_ma()
        self.level_ma += step_ma
        for cell, number in self.count.items():
            self.room.left[cell] -= step_ma * number
        for claim in self.rising.values():
            self._take_plenty(claim, step_ma)
        self._stop_the_content()
        self._stop_at_dry_cells()

    def _next_step_ma(self) -> int:
        stops = [min(claim.ceiling_ma for claim in self.rising.values()) - self.level_ma]
        if self.waiting:
            stops.append(self.waiting[-1].granted_ma - self.level_ma)
        stops += [self.room.left[cell] // number for cell, number in self.count.items() if number]
        return max(0, min(stops))

    def _take_plenty(self, claim: Claim, step_ma: int) -> None:
        claim.granted_ma += step_ma
        for cell in claim.cells:
            if cell not in self.count:
                self.room.left[cell] -= step_ma

    def _stop_the_content(self) -> None:
        for claim in [claim for claim in self.rising.values() if claim.is_content]:
            self._remove(claim)

    def _stop_at_dry_cells(self) -> None:
        dry = {cell for cell, number in self.count.items() if number and self.room.left[cell] < number}
        for claim in list(self.rising.values()) if dry else []:
            blocked = [cell for cell in claim.cells if cell in dry]
            if blocked:
                claim.bottleneck = blocked[0]
                self._remove(claim)

    def _add(self, claim: Claim) -> None:
        self.rising[id(claim)] = claim
        self._count(claim, 1)

    def _remove(self, claim: Claim) -> None:
        del self.rising[id(claim)]
        self._count(claim, -1)

    def _count(self, claim: Claim, change: int) -> None:
        for cell in claim.cells:
            if cell in self.count:
                self.count[cell] += change


def _scarce_cells(claims: list[Claim], room: Room) -> list[int]:
    wanted: dict[int, int] = {}
    for claim in claims:
        for cell in claim.cells:
            wanted[cell] = wanted.get(cell, 0) + claim.ceiling_ma - claim.granted_ma
    return sorted(cell for cell, amount_ma in wanted.items() if amount_ma > room.left[cell])

"""What each branch can still give, counted in whole milliamps per phase.

Whole numbers on purpose: sums of them do not depend on the order in which they are made, so neither
does a plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from scheduling.allocation.power_types import ALL_PHASES, DC_STEP_W, Branch, Evse, Phases, Site, UnusableSite

Cells = tuple[int, ...]
MA_PER_A = 1000


def floor_ma(current_a: float) -> int:
    return math.floor(round(current_a * MA_PER_A, 3))


def ceil_ma(current_a: float) -> int:
    return math.ceil(round(current_a * MA_PER_A, 3))


class Room:
    """The free milliamps of a site: ``left[cell]``, a cell being one phase of one branch."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.left = [floor_ma(limit) - ceil_ma(load) for limit, load in _limits(site.branches)]
        self._lines = _lines(site.branches)

    def cells(self, branch_id: str, phases: Phases) -> Cells:
        """Every limit that a current below this branch, on these phases, flows through."""
        return tuple(3 * number + phase - 1 for number in self._lines[branch_id] for phase in phases)

    def branch_name(self, cell: int) -> str:
        branch = self.site.branches[cell // 3]
        return branch.name or branch.id

    def fits(self, cells: Cells, amount_ma: int) -> bool:
        return all(self.left[cell] >= amount_ma for cell in cells)

    def take(self, cells: Cells, amount_ma: int) -> None:
        for cell in cells:
            self.left[cell] -= amount_ma

    def tightest(self, cells: Cells) -> int:
        return min(cells, key=lambda cell: (self.left[cell], cell))


def _limits(branches: Iterable[Branch]) -> list[tuple[float, float]]:
    return [pair for branch in branches for pair in zip(branch.limit_a, branch.other_load_a, strict=True)]


def _lines(branches: tuple[Branch, ...]) -> dict[str, tuple[int, ...]]:
    """From each branch up to the grid connection, as positions in ``branches``."""
    position = {branch.id: number for number, branch in enumerate(branches)}
    if len(position) != len(branches):
        raise UnusableSite("two branches have the same id")
    return {branch.id: _line(branch, branches, position) for branch in branches}


def _line(branch: Branch, branches: tuple[Branch, ...], position: dict[str, int]) -> tuple[int, ...]:
    line = [position[branch.id]]
    while branch.parent is not None:
        if branch.parent not in position:
            raise UnusableSite(f"branch {branch.id} hangs under {branch.parent}, which does not exist")
        if position[branch.parent] in line:
            raise UnusableSite(f"branch {branch.id} hangs under itself")
        branch = branches[position[branch.parent]]
        line.append(position[branch.id])
    return tuple(line)


@dataclass(frozen=True, slots=True)
class Scale:
    """Turns an EVSE's own unit (amps, or watts at a DC plug) into grid milliamps, in whole steps.

    One step is ``numerator / denominator`` milliamps: 1000/1 for AC in whole amps.
    """

    numerator: int
    denominator: int
    step: float

    def ma_of_steps(self, steps: int) -> int:
        return -(-steps * self.numerator // self.denominator)

    def steps_in(self, amount_ma: int) -> int:
        return max(0, amount_ma) * self.denominator // self.numerator

    def whole(self, amount_ma: int) -> int:
        """The most that whole steps can make of an amount."""
        return self.ma_of_steps(self.steps_in(amount_ma))

    def ma_of(self, amount: float) -> int:
        """Grid milliamps of an amount in the EVSE's own unit, rounded up."""
        return math.ceil(round(amount / self.step * self.numerator / self.denominator, 3))

    def limit_of(self, amount_ma: int) -> float:
        return self.steps_in(amount_ma) * self.step


def scale_of(evse: Evse, voltage_v: float) -> Scale:
    if evse.current_type == "ac":
        return Scale(round(evse.step_a * MA_PER_A), 1, evse.step_a)
    grid_mv = round(len(ALL_PHASES) * voltage_v * evse.efficiency * 1000)
    return Scale(DC_STEP_W * MA_PER_A * 1000, grid_mv, float(DC_STEP_W))

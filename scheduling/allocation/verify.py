"""The second opinion: is this plan safe to send?

Shares no arithmetic with the planner. It walks the tree anew, in amps, and believes of the plan only
which figure each EVSE was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from scheduling.allocation.power_types import Branch, Evse, Plan, Share, Site

TOLERANCE_A: Final = 1e-6
ALL: Final = (1, 2, 3)


class Fault(StrEnum):
    OVER_LIMIT = "over_limit"
    UNCONTROLLABLE = "uncontrollable"
    BELOW_MINIMUM = "below_minimum"
    ABOVE_EVSE = "above_evse"
    NOT_WHOLE = "not_whole"
    WRONG_EVSE = "wrong_evse"
    WRONG_PHASES = "wrong_phases"
    WRONG_UNIT = "wrong_unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One broken rule. ``subject`` is a branch or session id, ``excess_a`` amps above what is allowed.

    ``is_avoidable`` is false only for ``UNCONTROLLABLE``: chargers that do not listen exceed a limit
    although everybody else got nothing. Such a plan is still the best one to send.
    """

    fault: Fault
    subject: str
    sentence: str
    excess_a: float = 0.0

    @property
    def is_avoidable(self) -> bool:
        return self.fault is not Fault.UNCONTROLLABLE


def check(plan: Plan, site: Site) -> list[Violation]:
    """Every rule the plan breaks; an empty list means that it may be sent."""
    evses = {evse.id: evse for evse in site.evses}
    return [
        *_check_places(plan, evses),
        *(violation for share in plan.shares for violation in _check_share(share, evses.get(share.evse_id))),
        *_check_branches(plan, site, evses),
    ]


def check_standby(plan: Plan, site: Site, standby: Mapping[str, float]) -> list[Violation]:
    """Would the limits hold if every link were lost now? ``standby``: each EVSE's default (amps or watts).

    Each EVSE counts with the greater of its session's limit and its default. A limit that the plan alone
    exceeds already is not reported again.
    """
    evses = {evse.id: evse for evse in site.evses}
    known = {violation.subject for violation in _check_branches(plan, site, evses)}
    parents = {branch.id: branch.parent for branch in site.branches}
    given = {share.evse_id: share for share in plan.shares}
    loads = {(branch.id, phase): branch.other_load_a[phase - 1] for branch in site.branches for phase in ALL}
    for evse in site.evses:
        share = given.get(evse.id)
        amps = max(_draw_a(share, evse, site) if share else 0.0, _default_a(evse, standby, site))
        for branch_id in _above(evse, parents):
            for phase in share.phases if share else evse.phases:
                loads[branch_id, phase] += amps
    return [
        _excess(branch, phase, loads[branch.id, phase] - branch.limit_a[phase - 1], Fault.OVER_LIMIT)
        for branch in site.branches
        for phase in ALL
        if branch.id not in known and loads[branch.id, phase] - branch.limit_a[phase - 1] > TOLERANCE_A
    ]


def _default_a(evse: Evse, standby: Mapping[str, float], site: Site) -> float:
    amount = standby.get(evse.id, 0.0)
    return amount if evse.current_type == "ac" else amount / (3 * site.voltage_v * evse.efficiency)


def _excess(branch: Branch, phase: int, excess_a: float, fault: Fault) -> Violation:
    sentence = f"{branch.name or branch.id} would carry {excess_a:.1f} A too much on L{phase}."
    return Violation(fault=fault, subject=branch.id, sentence=sentence, excess_a=excess_a)


def _check_places(plan: Plan, evses: dict[str, Evse]) -> Iterator[Violation]:
    seen: set[str] = set()
    for share in plan.shares:
        if share.evse_id not in evses or share.evse_id in seen:
            yield _violation(Fault.WRONG_EVSE, share, f"EVSE {share.evse_id} is unknown or given twice")
        seen.add(share.evse_id)


def _check_share(share: Share, evse: Evse | None) -> Iterator[Violation]:
    if evse is None:
        return
    if not share.phases or not set(share.phases) <= set(evse.phases):
        yield _violation(Fault.WRONG_PHASES, share, f"phases {share.phases} are not those of the EVSE")
    if share.controlled:
        yield from _check_figure(share, evse)


def _check_figure(share: Share, evse: Evse) -> Iterator[Violation]:
    is_ac = evse.current_type == "ac"
    value, other = (share.limit_a, share.limit_w) if is_ac else (share.limit_w, share.limit_a)
    least, most = (evse.min_a, evse.max_a) if is_ac else (evse.min_w, evse.max_w)
    if value is None or other is not None:
        yield _violation(Fault.WRONG_UNIT, share, "an AC share is in amps, a DC share in watts")
        return
    if value < 0 or 0 < value < least:
        yield _violation(Fault.BELOW_MINIMUM, share, f"{value:g} is neither 0 nor at least {least:g}")
    if value > most:
        yield _violation(Fault.ABOVE_EVSE, share, f"{value:g} is more than the EVSE's {most:g}")
    if is_ac and abs(value / evse.step_a - round(value / evse.step_a)) > TOLERANCE_A:
        yield _violation(Fault.NOT_WHOLE, share, f"{value:g} A is not a multiple of {evse.step_a:g} A")


def _check_branches(plan: Plan, site: Site, evses: dict[str, Evse]) -> Iterator[Violation]:
    parents = {branch.id: branch.parent for branch in site.branches}
    below: dict[str, list[Share]] = {branch.id: [] for branch in site.branches}
    for share in plan.shares:
        for branch_id in _above(evses.get(share.evse_id), parents):
            below[branch_id].append(share)
    for branch in site.branches:
        yield from _check_branch(branch, below[branch.id], site, evses)


def _check_branch(
    branch: Branch, shares: list[Share], site: Site, evses: dict[str, Evse]
) -> Iterator[Violation]:
    for phase, limit_a, load_a in zip((1, 2, 3), branch.limit_a, branch.other_load_a, strict=True):
        draws = [
            (share, _draw_a(share, evses[share.evse_id], site)) for share in shares if phase in share.phases
        ]
        excess_a = load_a + sum(draw_a for _, draw_a in draws) - limit_a
        if excess_a > TOLERANCE_A:
            steerable = any(share.controlled and draw_a > 0 for share, draw_a in draws)
            fault = Fault.OVER_LIMIT if steerable else Fault.UNCONTROLLABLE
            yield _excess(branch, phase, excess_a, fault)


def _above(evse: Evse | None, parents: dict[str, str | None]) -> Iterator[str]:
    """The branches that carry this EVSE's current, each once even if the tree has a circle."""
    here = evse.branch if evse is not None else None
    for _ in parents:
        if here is None or here not in parents:
            return
        yield here
        here = parents[here]


def _draw_a(share: Share, evse: Evse, site: Site) -> float:
    """Amps per phase on the grid side."""
    if evse.current_type == "ac":
        return share.limit_a or 0.0
    return (share.limit_w or 0) / (3 * site.voltage_v * evse.efficiency)


def _violation(fault: Fault, share: Share, sentence: str) -> Violation:
    return Violation(
        fault=fault, subject=share.session_id, sentence=f"Session {share.session_id}: {sentence}."
    )

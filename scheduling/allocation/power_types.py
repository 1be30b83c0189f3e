"""The words of power sharing: what is known about a site, and what was decided.

Units, everywhere: currents in amps per phase (``_a``), power in watts (``_w``), energy in
watt-hours (``_wh``), instants timezone-aware (``_at``, ``_since``). Phases are the *grid's*: 1, 2, 3,
after the connector's phase rotation was applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

Phase = Literal[1, 2, 3]
Phases = tuple[Phase, ...]
CurrentType = Literal["ac", "dc"]

ALL_PHASES: Final[Phases] = (1, 2, 3)
AC_MINIMUM_A: Final = 6.0  # IEC 61851-1: a car may not be offered less, other than nothing
AC_STEP_A: Final = 1.0
DC_STEP_W: Final = 100


class UnusableSite(ValueError):
    """The site's description contradicts itself: a missing parent, a circle, a double name."""


class UnknownEvse(ValueError):
    """A session names an EVSE that the site does not have, or two sessions name the same one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One place in the tree of limits: grid connection, panel, circuit or station.

    ``limit_a`` holds for each of L1, L2, L3. ``other_load_a`` is all else that flows through this branch
    (what flows through its children included) and is not ours to steer. ``parent`` is empty for the grid
    connection.
    """

    id: str
    limit_a: tuple[float, float, float]
    parent: str | None = None
    name: str = ""
    other_load_a: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evse:
    """One point that serves one car: where it hangs, and what it can give.

    AC: ``max_a`` per phase, 0 or at least ``min_a`` in steps of ``step_a``. DC: ``max_w`` at the plug,
    in steps of 100 W; ``efficiency`` turns it into what the grid sees on all three phases.
    """

    id: str
    branch: str
    current_type: CurrentType = "ac"
    phases: Phases = ALL_PHASES
    max_a: float = 32.0
    min_a: float = AC_MINIMUM_A
    step_a: float = AC_STEP_A
    max_w: int = 0
    min_w: int = 0
    efficiency: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A location as power sees it. ``voltage_v`` is phase to neutral."""

    id: str
    branches: tuple[Branch, ...]
    evses: tuple[Evse, ...]
    voltage_v: float = 230.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One connected car, as far as it is known.

    ``max_a``/``max_w``: what car and cable take (``None``: as much as the EVSE). ``phases``: those that
    meter values proved (``None``: all of the EVSE's). ``offered_a``/``offered_w``: the limit in force.
    ``drawn_a``/``drawn_w``: the last measurement, the highest phase. ``suspended``: the car paused by
    itself. ``finished``: it needs no more. ``budget_a``/``budget_w``: the charger does not listen
    (offline, or it refused): so much is set aside and nothing is planned.
    """

    id: str
    evse_id: str
    connected_at: datetime
    max_a: float | None = None
    max_w: int | None = None
    phases: Phases | None = None
    offered_a: float | None = None
    offered_w: int | None = None
    drawn_a: float | None = None
    drawn_w: int | None = None
    suspended: bool = False
    finished: bool = False
    budget_a: float | None = None
    budget_w: int | None = None
    energy_needed_wh: int | None = None
    departure_at: datetime | None = None


class Reason(StrEnum):
    """Why a share is what it is; the sentence beside it says the same to a person."""

    WANTS_NO_MORE = "wants_no_more"
    FAIR_SHARE = "fair_share"
    GIVES_BACK = "gives_back"
    WAITING = "waiting"
    PROBE = "probe"
    SUSPENDED = "suspended"
    FINISHED = "finished"
    STEADY = "steady"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one session may draw from now on.

    AC has ``limit_a`` per phase, DC ``limit_w``; the other is ``None``. ``phases`` are those it is counted
    on. ``controlled`` is false when the figure is only set aside for a charger that does not listen.
    ``changed_at``: when the figure last changed. ``state_since``: since when it is on, or off.
    ``on_s``: seconds it has been on so far, under plans that followed one another.
    ``branch_name``: the branch that limits it most.
    """

    session_id: str
    evse_id: str
    phases: Phases
    limit_a: float | None
    limit_w: int | None
    controlled: bool
    reason: Reason
    sentence: str
    changed_at: datetime
    state_since: datetime
    on_s: float = 0.0
    branch_name: str = ""

    @property
    def is_on(self) -> bool:
        return bool(self.limit_a or self.limit_w)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One decision for a whole site: one share per session, ordered by session id."""

    site_id: str
    made_at: datetime
    policy: str
    shares: tuple[Share, ...]

    def share_of(self, session_id: str) -> Share | None:
        return next((share for share in self.shares if share.session_id == session_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStep:
    """Energy costs this much per kWh from ``start_at`` until the next step; minor units of the site."""

    start_at: datetime
    price_minor_per_kwh: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarStep:
    """The roof is expected to give ``power_w`` from ``start_at`` until the next step."""

    start_at: datetime
    power_w: int

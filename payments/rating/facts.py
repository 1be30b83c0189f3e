"""What a charge was, as far as its price cares. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class InvalidFacts(ValueError):
    """The periods overlap, run backwards, or hold negative energy."""


class Use(StrEnum):
    """What the EVSE was used for. HELD: the vehicle wanted power and did not get it from us."""

    CHARGING = "charging"
    IDLE = "idle"
    HELD = "held"


class Holder(StrEnum):
    """Who held the power back in a HELD period; of several, the first here is named."""

    FAULT = "fault"
    UNLOCK = "unlock"
    PLAN = "plan"
    STATION = "station"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of even use. `energy_wh` was delivered in it; `power_w` is the average.

    Without `power_w` the average follows from energy and time. `current_a` is the sum over phases.
    """

    start_at: datetime
    end_at: datetime
    energy_wh: int | Decimal
    use: Use = Use.CHARGING
    power_w: int | None = None
    current_a: Decimal | None = None
    held_by: Holder = Holder.STATION


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """A session's periods in order of time, and the time zone of its location (IANA name).

    `frozen_at`: the local time, date and weekday of this instant choose the prices of the whole session
    (23 CFR 680.116(a)); None: every moment has its own.
    """

    time_zone: str
    periods: tuple[Period, ...]
    frozen_at: datetime | None = None

    def __post_init__(self) -> None:
        for period in self.periods:
            _check(period)
        for earlier, later in zip(self.periods, self.periods[1:], strict=False):
            if later.start_at < earlier.end_at:
                raise InvalidFacts(f"Periods overlap at {later.start_at}.")


def _check(period: Period) -> None:
    if period.start_at.tzinfo is None or period.end_at.tzinfo is None:
        raise InvalidFacts("Instants need a time zone.")
    if period.end_at < period.start_at:
        raise InvalidFacts(f"A period ends before it starts, at {period.start_at}.")
    if period.energy_wh < 0:
        raise InvalidFacts(f"A period has negative energy, at {period.start_at}.")

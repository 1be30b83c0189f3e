"""News from scheduling. `config/wiring.py` says who listens; handlers must be idempotent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationEvent(Event):
    """What all news of a reservation carries."""

    reservation_id: int
    organization_id: int
    location_id: int
    evse_id: int
    driver_id: int
    number: int
    start_at: datetime
    end_at: datetime
    at: datetime

    @property
    def subject(self) -> str:
        return f"reservation.{self.reservation_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationConfirmed(ReservationEvent):
    """The driver has it. `start_at`, `end_at`: the promised interval."""

    name: ClassVar[str] = "scheduling.ReservationConfirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationCanceled(ReservationEvent):
    """Given up before anybody charged. `is_taken_away`: not by the driver, who has to be told."""

    name: ClassVar[str] = "scheduling.ReservationCanceled"
    is_taken_away: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationExpired(ReservationEvent):
    """A hold that nobody confirmed in time; let go of what was held for it."""

    name: ClassVar[str] = "scheduling.ReservationExpired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationFulfilled(ReservationEvent):
    """The driver came and charges."""

    name: ClassVar[str] = "scheduling.ReservationFulfilled"
    session_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationMissed(ReservationEvent):
    """The grace is over and nobody came.

    `is_excused`: the place was not usable (another car, a fault, no connection), so nobody is to pay;
    `excuse` says why.
    """

    name: ClassVar[str] = "scheduling.ReservationMissed"
    is_excused: bool = False
    excuse: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationReminded(ReservationEvent):
    """The driver is to hear what not coming costs. `moment`: early (before the start) or late (after it)."""

    name: ClassVar[str] = "scheduling.ReservationReminded"
    moment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StallLost(ReservationEvent):
    """The stall of a booking is out of service; the booking stands."""

    name: ClassVar[str] = "scheduling.StallLost"


@dataclass(frozen=True, slots=True, kw_only=True)
class StallMended(ReservationEvent):
    """It works again, so the warning is withdrawn."""

    name: ClassVar[str] = "scheduling.StallMended"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMade(Event):
    """A location's power was shared anew, differently from before."""

    name: ClassVar[str] = "scheduling.PlanMade"
    plan_id: int
    location_id: int
    organization_id: int
    at: datetime

    @property
    def subject(self) -> str:
        return f"location.{self.location_id}"

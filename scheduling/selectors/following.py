"""What one charger follows now, as far as its answers and its meter prove it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scheduling.models import SentProfile
from stations.models import Evse, MeterReading

PROFILE_HOLDS: Final = timedelta(minutes=30)  # then the charger falls back to its default by itself
RETRY_AFTER: Final = timedelta(minutes=2)  # a charger that refused or was silent is asked again
ANSWER_BY: Final = timedelta(minutes=5)  # an order whose end was never told is waited for no longer
METER_LAG: Final = timedelta(seconds=90)  # how long a measurement from before an answer still counts
VOLTAGE_V: Final = 230
DRAWS_A: Final = 1.0

Status = SentProfile.Status


@dataclass(frozen=True, slots=True)
class Following:
    """Figures in amps per phase for AC, in watts for DC.

    `limit`: accepted (or the default). `held`: the most it may draw at this moment. `ordered`: an order
    without an answer yet. `drawn`: the last measurement. `most_without_us`: if the link is lost.
    `is_deaf`: it has just refused, or not answered, an order.
    """

    limit: float
    held: float
    most_without_us: float
    ordered: float | None
    sent_at: datetime | None
    answered_at: datetime | None
    drawn: float | None
    drawn_at: datetime | None
    is_deaf: bool
    draws: bool

    def shown_draw(self, now: datetime, settles_in: timedelta) -> float | None:
        """What the car draws of what it is offered; None while it still follows a change."""
        changed_at = self.answered_at or self.sent_at
        if self.drawn_at is None or (changed_at is not None and self.drawn_at < changed_at + settles_in):
            return None
        return self.drawn


def following_of(
    *,
    evse: Evse,
    profiles: Sequence[SentProfile],
    defaults: Sequence[SentProfile],
    reading: MeterReading | None,
    now: datetime,
) -> Following:
    """`profiles` (of the session) and `defaults` (of the EVSE) in the order in which they were sent."""
    accepted = _last(profiles, Status.ACCEPTED)
    default = default_of(evse, defaults)
    is_valid = accepted is not None and accepted.sent_at + PROFILE_HOLDS > now
    limit = figure(accepted) if accepted is not None and is_valid else default
    open_figures = [figure(profile) for profile in profiles if _may_hold(profile, now)]
    waiting = [profile for profile in profiles if is_waited_for(profile, now)]
    drawn = _drawn(evse, reading)
    held = max([limit, *open_figures, *_still_drawn(drawn, reading, accepted, now)])
    return Following(
        limit=limit,
        held=held,
        most_without_us=max(held, default, drawn or 0.0),
        ordered=figure(waiting[-1]) if waiting else None,
        sent_at=profiles[-1].sent_at if profiles else None,
        answered_at=accepted.answered_at if accepted is not None else None,
        drawn=drawn,
        drawn_at=reading.taken_at if reading is not None else None,
        is_deaf=_is_deaf(profiles, now),
        draws=drawn is not None and drawn > (DRAWS_A if evse.current_type == "ac" else DRAWS_A * VOLTAGE_V),
    )


def default_of(evse: Evse, defaults: Sequence[SentProfile]) -> float:
    """What the charger allows a session that it has no profile for: at most the EVSE's all."""
    most = float(evse.max_power_w if evse.current_type == "dc" else evse.max_current_a)
    accepted = _last(defaults, Status.ACCEPTED)
    pending = [figure(profile) for profile in defaults if profile.status == Status.SENT]
    return min(most, max([figure(accepted), *pending])) if accepted is not None else most


def figure(profile: SentProfile) -> float:
    return float(profile.limit_a if profile.limit_a is not None else profile.limit_w or 0)


def _last(profiles: Sequence[SentProfile], status: str) -> SentProfile | None:
    return next((profile for profile in reversed(profiles) if profile.status == status), None)


def _may_hold(profile: SentProfile, now: datetime) -> bool:
    """Sent and not refused: the charger may have taken it, even if it never said so."""
    return profile.status == Status.SENT and profile.sent_at + PROFILE_HOLDS > now


def is_waited_for(profile: SentProfile, now: datetime) -> bool:
    is_open = profile.status == Status.SENT and profile.answered_at is None
    return is_open and profile.sent_at + ANSWER_BY > now


def _is_deaf(profiles: Sequence[SentProfile], now: datetime) -> bool:
    if not profiles or profiles[-1].status == Status.ACCEPTED:
        return False
    last = profiles[-1]
    is_over = last.status == Status.REJECTED or last.answered_at is not None
    return is_over and last.sent_at + RETRY_AFTER > now


def _drawn(evse: Evse, reading: MeterReading | None) -> float | None:
    """The highest phase. Where only power is known it may all flow on one phase."""
    if reading is None:
        return None
    if evse.current_type == "dc":
        return None if reading.power_w is None else float(max(0, reading.power_w))
    amps = (reading.power_w or 0) / VOLTAGE_V if reading.current_ma is None else reading.current_ma / 1000
    return min(float(evse.max_current_a), max(0.0, amps))


def _still_drawn(
    drawn: float | None, reading: MeterReading | None, accepted: SentProfile | None, now: datetime
) -> list[float]:
    """A current above the limit counts until a newer measurement shows the drop, or it is too old."""
    if drawn is None or reading is None or accepted is None or accepted.answered_at is None:
        return []
    is_guess = accepted.limit_a is not None and reading.current_ma is None
    is_recent = reading.taken_at >= accepted.answered_at or reading.taken_at + METER_LAG > now
    tolerance = DRAWS_A if accepted.limit_a is not None else DRAWS_A * VOLTAGE_V * 3
    return [drawn] if is_recent and not is_guess and drawn > figure(accepted) + tolerance else []

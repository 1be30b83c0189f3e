"""Charging schedules of 2.0.1 and 2.1 (data type ChargingScheduleType) as bounds over time. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from ocpp_bridge.dialects.values import instant

Message = Mapping[str, Any]

OTHER_PHASES: Final = ("limit_L2", "limit_L3")
PHASES: Final = 3
LONGEST_S: Final = 10 * 366 * 86400  # an absurd time is as good as for ever, and stays a date


def bounds_of(schedules: Sequence[Message], *, told_at: datetime) -> list[dict[str, Any]]:
    """Each period as {start_at, end_at, limit_a or limit_w}; a schedule without a start begins when told.

    The last period lasts for the schedule's duration, without one until the limit is cleared (K12).
    """
    return [bound for schedule in schedules for bound in _bounds(schedule, told_at)]


def _bounds(schedule: Message, told_at: datetime) -> Iterator[dict[str, Any]]:
    start_at = instant(schedule.get("startSchedule")) or told_at
    periods = sorted(schedule["chargingSchedulePeriod"], key=lambda period: period["startPeriod"])
    edges = [_after(start_at, period["startPeriod"]) for period in periods]
    duration_s = schedule.get("duration")
    end_at = None if duration_s is None else _after(start_at, duration_s)
    for period, (begins_at, ends_at) in zip(periods, pairwise([*edges, end_at]), strict=True):
        limit = _limit(period, schedule["chargingRateUnit"])
        if begins_at is not None and limit:
            ends = None if ends_at is None else ends_at.isoformat()
            yield {"start_at": begins_at.isoformat(), "end_at": ends, **limit}


def _after(start_at: datetime, seconds: float) -> datetime:
    try:
        return start_at + timedelta(seconds=max(0, min(seconds, LONGEST_S)))
    except OverflowError:
        return start_at


def _limit(period: Message, unit: str) -> dict[str, float]:
    """With limits per phase (2.1) the lowest of them; a period may also be without (2.1: other modes)."""
    if period.get("limit") is None:
        return {}
    own = [period[name] for name in OTHER_PHASES if period.get(name) is not None]
    lowest = min([period["limit"], *own])
    if unit == "A":
        return {"limit_a": lowest}
    return {"limit_w": lowest * PHASES if own else lowest}

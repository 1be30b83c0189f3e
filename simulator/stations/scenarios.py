"""What a live town is given to do: arrivals, shifted to begin now and sped up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Final

from simulator.stations.demand import Arrival, plan_day
from simulator.stations.town import Town

Scenario = Callable[[Town, datetime, int], list[Arrival]]
"""(town, now, seed) to arrivals at true speed; those before `now` are already there."""


def today(town: Town, now: datetime, seed: int) -> list[Arrival]:
    """The day as planned, from now on, and through the night; cars that came earlier stand already."""
    day = now.astimezone(town.zone).date()
    plans = [plan_day(town, day + timedelta(days=offset), seed) for offset in (-1, 0, 1)]
    return [arrival for plan in plans for arrival in plan if arrival.departs_at > now]


def _hours(first: int, last: int) -> Scenario:
    def shifted(town: Town, now: datetime, seed: int) -> list[Arrival]:
        day = now.astimezone(town.zone).date()
        begins_at = datetime.combine(day, time(first), tzinfo=town.zone)
        ends_at = datetime.combine(day, time(last), tzinfo=town.zone)
        moved = now - begins_at
        return [
            replace(arrival, at=arrival.at + moved, departs_at=arrival.departs_at + moved)
            for arrival in plan_day(town, day, seed)
            if arrival.at < ends_at and arrival.departs_at > begins_at
        ]

    return shifted


def _nobody(town: Town, now: datetime, seed: int) -> list[Arrival]:
    return []


SCENARIOS: Final[dict[str, Scenario]] = {
    "today": today,
    "morning": _hours(6, 11),
    "evening_rush": _hours(16, 21),
    "quiet": _nobody,
}


def sped_up(arrivals: list[Arrival], now: datetime, speed: float) -> list[Arrival]:
    """Intervals from `now` on shrink by `speed`; whoever came before stands there from the start."""

    def moved(instant: datetime) -> datetime:
        return max(now, now + (instant - now) / speed)

    return [replace(item, at=moved(item.at), departs_at=moved(item.departs_at)) for item in arrivals]


def present_now(arrival: Arrival, now: datetime) -> Arrival:
    """A car that came before now has been charging: roughly half of what it wants is done."""
    if arrival.at >= now:
        return arrival
    whole_s = (arrival.departs_at - arrival.at).total_seconds()
    share = min(0.95, (now - arrival.at).total_seconds() / max(1.0, whole_s))
    gained = (arrival.target_percent - arrival.soc_percent) * share
    return replace(arrival, at=now, soc_percent=round(arrival.soc_percent + max(0.0, gained), 1))

"""Reads of scheduling: places and times that are free, bookings, and who gets how much power why."""

from scheduling.selectors.availability import (
    FreeTime,
    Quarter,
    Stalls,
    availability,
    free_evses,
    free_stalls,
    next_free_times,
)
from scheduling.selectors.boards import board_of, class_of
from scheduling.selectors.bookings import (
    Kept,
    booking_at,
    booking_of_session,
    bookings_of,
    keeping,
    kept_between,
    next_booking,
    upcoming_at,
)
from scheduling.selectors.demand import HourForecast, day_forecast, day_forecasts
from scheduling.selectors.early import Ahead, ahead_of, used_early
from scheduling.selectors.power import PlanLine, PowerNow, exposures, latest_plan, plan_explanation, power_now

__all__ = [
    "Ahead",
    "FreeTime",
    "HourForecast",
    "Kept",
    "PlanLine",
    "PowerNow",
    "Quarter",
    "Stalls",
    "ahead_of",
    "availability",
    "board_of",
    "booking_at",
    "booking_of_session",
    "bookings_of",
    "class_of",
    "day_forecast",
    "day_forecasts",
    "exposures",
    "free_evses",
    "free_stalls",
    "keeping",
    "kept_between",
    "latest_plan",
    "next_booking",
    "next_free_times",
    "plan_explanation",
    "power_now",
    "upcoming_at",
    "used_early",
]

"""How busy each hour of a day is likely to be: the bars of the find page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from core import clock
from scheduling.allocation.forecast import Interval, busy_share
from scheduling.models import Reservation
from scheduling.selectors.availability import local_day
from scheduling.states import OPEN_RESERVATION
from stations.models import ChargingSession, Evse, Location

HISTORY = timedelta(days=14)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class HourForecast:
    """One local hour. `busy_share`: 0 free to 1 full, the greater of what is usual and what is booked.

    `days`: how many days of history stand behind it; 0 means that only bookings are known.
    """

    start_at: datetime
    busy_share: float
    booked_share: float
    days: int


def day_forecast(*, location_id: int, day: date | None = None) -> list[HourForecast]:
    """The hours of one location's local day, today by default."""
    return day_forecasts([location_id], day=day)[location_id]


def day_forecasts(location_ids: Sequence[int], *, day: date | None = None) -> dict[int, list[HourForecast]]:
    """The same for several locations, in four queries."""
    now = clock.now()
    used = _used(location_ids, now)
    booked = _booked(location_ids, now)
    places = _places(location_ids)
    return {
        location.pk: _forecast(
            location, day, now, used[location.pk], booked[location.pk], places[location.pk]
        )
        for location in Location.objects.filter(pk__in=location_ids)
    }


def _forecast(
    location: Location,
    day: date | None,
    now: datetime,
    used: list[Interval],
    booked: list[Interval],
    places: int,
) -> list[HourForecast]:
    day = day or now.astimezone(ZoneInfo(location.time_zone)).date()
    past = _days_like(location, day, used, now)
    histories = [_hours(location, each) for each in past]
    forecast = []
    for number, hour in enumerate(_hours(location, day)):
        same_hour = [hours[number] for hours in histories if number < len(hours)]
        booked_share = busy_share([hour], booked, places)
        usual_share = busy_share(same_hour, used, places)
        forecast.append(HourForecast(hour[0], max(booked_share, usual_share), booked_share, len(past)))
    return forecast


def _hours(location: Location, day: date) -> list[Interval]:
    start_at, end_at = local_day(location, day)
    edges = [start_at + n * HOUR for n in range((end_at - start_at) // HOUR + 1)]
    return list(pairwise(edges))


def _days_like(location: Location, day: date, used: list[Interval], now: datetime) -> list[date]:
    """The past days with a history, working days for a working day where there are any."""
    if not used:
        return []
    zone = ZoneInfo(location.time_zone)
    first, today = min(start for start, _ in used).astimezone(zone).date(), now.astimezone(zone).date()
    past = [first + timedelta(days=n) for n in range((today - first).days)]
    alike = [each for each in past if (each.weekday() >= 5) == (day.weekday() >= 5)]
    return alike or past


def _used(location_ids: Sequence[int], now: datetime) -> dict[int, list[Interval]]:
    rows = ChargingSession.objects.filter(
        station__location__in=location_ids, started_at__gte=now - HISTORY, started_at__lte=now
    ).values_list("station__location_id", "started_at", "ended_at")
    intervals: dict[int, list[Interval]] = defaultdict(list)
    for location_id, started_at, ended_at in rows:
        if started_at is not None:
            intervals[location_id].append((started_at, ended_at or now))
    return intervals


def _booked(location_ids: Sequence[int], now: datetime) -> dict[int, list[Interval]]:
    rows = Reservation.objects.filter(
        location__in=location_ids, status__in=OPEN_RESERVATION, during__endswith__gt=now
    ).values_list("location_id", "during")
    intervals: dict[int, list[Interval]] = defaultdict(list)
    for location_id, during in rows:
        intervals[location_id].append((during.lower, during.upper))
    return intervals


def _places(location_ids: Sequence[int]) -> dict[int, int]:
    places: dict[int, int] = defaultdict(int)
    for location_id in Evse.objects.filter(station__location__in=location_ids).values_list(
        "station__location_id", flat=True
    ):
        places[location_id] += 1
    return places

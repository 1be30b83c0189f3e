"""When restrictions on local time, date and weekday may begin or cease to hold. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from payments.rating.tariff import DAYS, Restrictions

DAY = timedelta(days=1)
MIDNIGHT = time(0)


def edges(rules: Iterable[Restrictions], zone: tzinfo, start_at: datetime, end_at: datetime) -> set[datetime]:
    """Every instant (UTC) between the two at which one of the rules may change its answer."""
    times = {edge for rule in rules for edge in _times(rule)}
    if not times:
        return set()
    days = _days(start_at.astimezone(zone).date() - DAY, end_at.astimezone(zone).date() + DAY)
    found = {instant for day in days for instant in _instants(day, times, zone)}
    found.update(_transitions(zone, start_at, end_at))
    return {instant for instant in found if start_at < instant < end_at}


def holds(rule: Restrictions, local: datetime) -> bool:
    """Do the rule's local time, date and weekday match at this local moment?"""
    if rule.day_of_week and DAYS[local.weekday()] not in rule.day_of_week:
        return False
    if rule.start_date is not None and local.date() < rule.start_date:
        return False
    if rule.end_date is not None and local.date() >= rule.end_date:
        return False
    return _in_hours(rule, local.time())


def _in_hours(rule: Restrictions, at: time) -> bool:
    start, end = rule.start_time or MIDNIGHT, rule.end_time or MIDNIGHT
    if start == end:
        return True
    if end == MIDNIGHT or start < end:
        return start <= at and (end == MIDNIGHT or at < end)
    return at >= start or at < end


def _times(rule: Restrictions) -> Iterator[time]:
    if rule.start_time is not None:
        yield rule.start_time
    if rule.end_time is not None:
        yield rule.end_time
    if rule.is_timely:
        yield MIDNIGHT


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def _instants(day: date, times: set[time], zone: tzinfo) -> Iterator[datetime]:
    for at in times:
        for fold in (0, 1):
            yield datetime.combine(day, at.replace(fold=fold), tzinfo=zone).astimezone(UTC)


def _transitions(zone: tzinfo, start_at: datetime, end_at: datetime) -> Iterator[datetime]:
    """Instants at which the zone's offset changes, to the second."""
    at = start_at.astimezone(UTC).replace(microsecond=0)
    while at < end_at:
        after = at + DAY
        if _offset(zone, at) != _offset(zone, after):
            yield _bisect(zone, at, after)
        at = after


def _bisect(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    old = _offset(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    return after


def _offset(zone: tzinfo, at: datetime) -> timedelta | None:
    return at.astimezone(zone).utcoffset()

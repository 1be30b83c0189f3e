"""Months of an organization: in its own time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from accounts.models import Organization


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """`first_day` names it; it lasts from `starts_at` until before `ends_at`."""

    first_day: date
    starts_at: datetime
    ends_at: datetime


def month_of(organization: Organization, at: datetime) -> Month:
    """The month in which an instant lies."""
    return month_from(organization, local_day(organization, at))


def month_from(organization: Organization, day: date) -> Month:
    """The month of a day."""
    zone = ZoneInfo(organization.time_zone)
    first, following = day.replace(day=1), next_month(day)
    return Month(first_day=first, starts_at=_midnight(first, zone), ends_at=_midnight(following, zone))


def local_day(organization: Organization, at: datetime) -> date:
    return at.astimezone(ZoneInfo(organization.time_zone)).date()


def next_month(day: date) -> date:
    """The first day of the month after the day's."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)

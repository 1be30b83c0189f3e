"""The month before the day that is played: a morning at two sites, and what the office did afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from accounts.models import Organization, User
from core import clock, outbox
from core.partitions import ensure_days
from demo.cast import BILLED_WITHIN
from demo.history import PARTITIONED, History
from demo.sweeps import SWEEPS
from payments.services.closing import close_month
from payments.services.company_invoices import issue_due_invoices
from payments.services.statements import state_month
from simulator.stations.demand import Arrival
from simulator.stations.town import Driver, Town

SITES: Final = ("old-town", "harbour-hub")
DAY_OF_MONTH: Final = 20
AT_HOUR: Final = 9
LASTS: Final = timedelta(hours=3)
VISITS: Final = 6
OFFICE_OPENS: Final = timedelta(days=1, hours=8)


@dataclass(frozen=True, slots=True)
class Month:
    """From its first instant to that of the next, in the town's time zone."""

    starts_at: datetime
    ends_at: datetime


def month_before(at: datetime, zone: ZoneInfo) -> Month:
    """The last month that was over at an instant."""
    ends_at = at.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Month((ends_at - timedelta(days=1)).replace(day=1), ends_at)


def live_last_month(
    month: Month, *, town: Town, staff: Sequence[Driver], whose: Organization, actor: User, state: Path
) -> None:
    """Play the morning; then invoices, statements and a closed book, as on the first day after the month."""
    _play(month, town, staff, state)
    with clock.at(month.ends_at + OFFICE_OPENS):
        issue_due_invoices()
        state_month(organization=whose, month=month.starts_at.date())
        close_month(organization=whose, day=month.starts_at.date(), by=actor)
        outbox.deliver_pending()


def _play(month: Month, town: Town, staff: Sequence[Driver], state: Path) -> None:
    begin = month.starts_at.replace(day=DAY_OF_MONTH, hour=AT_HOUR)
    for table in PARTITIONED:
        ensure_days(table, begin.date(), days=1)
    two = replace(town, sites=tuple(site for site in town.sites if site.key in SITES))
    # A seed of its own: what stations call their transactions must not come twice.
    history = History(two, begin=begin, end=begin + LASTS, seed=DAY_OF_MONTH, state=state, sweeps=SWEEPS)
    history.arrivals = visits(history.arrivals, staff, begin=begin, end=history.end)
    history.play(tell=lambda at: None)


def visits(
    arrivals: Sequence[Arrival], staff: Sequence[Driver], *, begin: datetime, end: datetime
) -> list[Arrival]:
    """The first few that are over in time; the first of them are the staff's, who tap their cards."""
    over = [one for one in arrivals if one.at > begin and one.departs_at < end - BILLED_WITHIN][:VISITS]
    theirs = [replace(one, driver=who, by="rfid") for one, who in zip(over, staff, strict=False)]
    return [*theirs, *over[len(theirs) :]]

"""Drivers who book and do not come, at a site where that costs something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from core import clock
from demo.regulars import Evses
from demo.tariffs import SITE_WITH_A_FEE
from demo.town import driver_of
from scheduling.models import Reservation
from scheduling.services.reservations import book
from scheduling.times import STEP, ceil_to_step
from simulator.stations.demand import Arrival
from simulator.stations.town import Driver
from stations.models import Evse

AHEAD: Final = timedelta(minutes=30)
LASTS: Final = timedelta(minutes=45)
TRIES: Final = 5
AROUND: Final = timedelta(minutes=20)
"""Nobody else is at the stall so long before and after the start: another car would be an excuse."""


def book_in_vain(
    absent: Sequence[Driver], arrivals: Sequence[Arrival], evses: Evses, *, at: datetime
) -> list[Reservation]:
    """A booking and a stall each, soon after `at`; fewer where other cars come to too many stalls."""
    free = dict(_where_nobody_comes(arrivals, evses, at))
    with clock.at(at):
        return [
            book(evse=evse, driver=driver_of(driver), start_at=start_at, end_at=start_at + LASTS)
            for driver, (evse, start_at) in zip(absent, free.items(), strict=False)
        ]


def _where_nobody_comes(
    arrivals: Sequence[Arrival], evses: Evses, at: datetime
) -> Iterator[tuple[Evse, datetime]]:
    """Stalls of the site with the fee, and when they are free."""
    there = {key: evse for key, evse in evses.items() if evse.station.location.slug == SITE_WITH_A_FEE}
    for start_at in (ceil_to_step(at + AHEAD) + STEP * number for number in range(TRIES)):
        for key, evse in there.items():
            visits = (one for one in arrivals if (one.identity, one.evse) == key)
            if not any(_is_near(one, start_at) for one in visits):
                yield evse, start_at


def _is_near(visit: Arrival, start_at: datetime) -> bool:
    return visit.at < start_at + AROUND and visit.departs_at > start_at - AROUND

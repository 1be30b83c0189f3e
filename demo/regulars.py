"""Who of the town plans ahead: some drivers book before they come, and the demo's own driver charges too.

Nothing here knows more than a driver would: bookings go through the service, as from the site's page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from accounts.models import User
from demo.town import VISITOR, driver_of
from scheduling.services.reservations import NotBookable, NoWayToPay, SlotTaken, book
from scheduling.times import ceil_to_step, floor_to_step
from simulator.stations.demand import Arrival
from stations.models import Evse

SHARE: Final = 0.15  # of the arrivals are booked before
BOOKED_BEFORE: Final = timedelta(hours=2)
VISITS: Final = 3
APART: Final = timedelta(hours=4)
FREE_AHEAD: Final = timedelta(hours=3)
LONG: Final = timedelta(minutes=45)
Evses = Mapping[tuple[str, int], Evse]


def lend_visits(arrivals: Sequence[Arrival], *, until: datetime) -> list[Arrival]:
    """The same arrivals; the demo's own driver comes instead of somebody else a few times, and has left
    again by `until`."""
    lent = set(map(id, _worth_lending(arrivals, until)))
    return [replace(one, driver=VISITOR, by="app") if id(one) in lent else one for one in arrivals]


def _worth_lending(arrivals: Sequence[Arrival], until: datetime) -> Iterator[Arrival]:
    before, found = until, 0
    for arrival in sorted(arrivals, key=lambda one: one.at, reverse=True):
        if found < VISITS and arrival.by == "app" and arrival.departs_at < before - timedelta(minutes=30):
            before, found = arrival.at - APART, found + 1
            yield arrival


def book_ahead(arrivals: Iterable[Arrival], evses: Evses, *, now: datetime, since: datetime) -> None:
    """Let those book whose time to book it became between `since` and `now`."""
    for arrival in arrivals:
        if since < arrival.at - BOOKED_BEFORE <= now and _plans_ahead(arrival):
            _book(evses[arrival.identity, arrival.evse], driver_of(arrival.driver), arrival)


def _plans_ahead(arrival: Arrival) -> bool:
    return Random(f"books/{arrival.identity}/{arrival.evse}/{arrival.at.isoformat()}").random() < SHARE


def _book(evse: Evse, driver: User, arrival: Arrival) -> None:
    car = arrival.driver.vehicle_spec
    wanted_wh = round(car.battery_wh * (arrival.target_percent - arrival.soc_percent) / 100)
    try:
        book(
            evse=evse,
            driver=driver,
            start_at=floor_to_step(arrival.at),
            end_at=ceil_to_step(arrival.departs_at),
            energy_wh=max(1000, wanted_wh),
        )
    except (NotBookable, NoWayToPay, SlotTaken):
        return  # she comes without


def book_for_the_visitor(driver: User, evses: Evses, *, now: datetime) -> None:
    """Something to open on the bookings page: one of the fast stalls in the afternoon, if one is free."""
    if driver.reservations.filter(during__endswith__gt=now).exists():
        return
    start_at = ceil_to_step(now + FREE_AHEAD)
    for evse in (each for each in evses.values() if each.current_type == "dc"):
        try:
            book(evse=evse, driver=driver, start_at=start_at, end_at=start_at + LONG, energy_wh=30_000)
        except (NotBookable, SlotTaken):
            continue
        return

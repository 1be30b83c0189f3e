"""Who of the town plays a part in the operator's money: people who come in the day that is played."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Final

from demo.town import VISITOR
from simulator.stations.demand import Arrival
from simulator.stations.town import Driver, Town

STAFF: Final = 2
SAVERS: Final = 2
RESIDENTS: Final = 5
ABSENT: Final = 2
ABSENT_FOR: Final = timedelta(hours=4)
HOME_OF_RESIDENTS: Final = "northfield"
BILLED_WITHIN: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """`staff` charge on a company's account, `residents` at a price of their own.

    The bank of the `doubter` asks a charge's money back (None: nobody's charge is over by then); the `absent`
    book and do not come; the `savers` keep a balance.
    """

    staff: tuple[Driver, ...]
    residents: tuple[Driver, ...]
    doubter: Driver | None
    absent: tuple[Driver, ...]
    savers: tuple[Driver, ...]


def choose_cast(arrivals: Sequence[Arrival], *, town: Town, begin: datetime, end: datetime) -> Cast:
    """Staff tap their cards; the doubter, who comes once, pays by app. Their visits are over before `end`."""
    others = [one for one in arrivals if one.driver != VISITOR]
    over = [one for one in others if one.at > begin and one.departs_at < end - BILLED_WITHIN]
    tapping = [one.driver for one in over if one.by == "rfid"]
    staff = _first(STAFF, tapping, town)
    visits = Counter(one.driver for one in others)
    by_app = (one.driver for one in over if one.by == "app" and visits[one.driver] == 1)
    soon = {one.driver for one in others if one.at < begin + ABSENT_FOR}
    elsewhere = (one for one in town.drivers if one not in soon)
    at_home = (one.driver for one in others if one.site == HOME_OF_RESIDENTS)
    return Cast(
        staff=staff,
        residents=_first(RESIDENTS, at_home, town),
        doubter=next(by_app, None),
        absent=_first(ABSENT, elsewhere, town),
        savers=_first(SAVERS, (one for one in tapping if one not in staff), town),
    )


def _first(count: int, wanted: Iterable[Driver], town: Town) -> tuple[Driver, ...]:
    """So many different people: those wanted, and anybody of the town where they are too few."""
    return tuple(islice(dict.fromkeys(chain(wanted, town.drivers)), count))

"""Who comes when: a believable day of arrivals for a town, the same for the same seed. Pure.

Each EVSE gets its own plan without overlaps, so the plan can be followed to the letter. Times of
day are local; instants come out in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final, Literal

from simulator.stations.spec import EvseSpec, StationSpec
from simulator.stations.town import Driver, Site, Town
from simulator.stations.vehicles import Offer, Vehicle

By = Literal["rfid", "app"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How a kind of place is used. `hours`: (from, to, weight) of the local day. `visits`: who would
    come to one EVSE in a day, if it were always free. `stay_h` None: until the car is done, and a while."""

    hours: tuple[tuple[float, float, float], ...]
    visits: float
    stay_h: tuple[float, float] | None
    soc_percent: tuple[float, float]
    rfid_share: float = 0.5
    weekend: float = 1.0


_FAST: Final = Habit(
    hours=((0, 6, 0.15), (6, 9, 1.0), (9, 11, 0.8), (11, 16, 1.2), (16, 20, 1.6), (20, 24, 0.6)),
    visits=9.0,
    stay_h=None,
    soc_percent=(8, 42),
    rfid_share=0.35,
    weekend=1.15,
)
_TOWN: Final = Habit(
    hours=((0, 8, 0.1), (8, 11, 0.8), (11, 15, 1.4), (15, 19, 1.3), (19, 24, 0.5)),
    visits=6.0,
    stay_h=None,
    soc_percent=(20, 60),
    rfid_share=0.4,
    weekend=1.2,
)
_SHOPPING: Final = Habit(
    hours=((8, 11, 0.8), (11, 17, 1.3), (17, 21, 1.0), (21, 24, 0.2)),
    visits=3.2,
    stay_h=(0.8, 3.2),
    soc_percent=(30, 75),
    rfid_share=0.45,
    weekend=1.3,
)
_COMMUTE: Final = Habit(
    hours=((6, 7, 0.8), (7, 9, 2.0), (9, 12, 0.5), (12, 18, 0.15), (18, 21, 0.05)),
    visits=2.6,
    stay_h=(6.5, 9.5),
    soc_percent=(25, 70),
    rfid_share=0.7,
    weekend=0.3,
)
_HOME: Final = Habit(
    hours=((9, 15, 0.3), (15, 17, 0.7), (17, 20, 2.0), (20, 23, 1.0)),
    visits=2.8,
    stay_h=(7.0, 13.0),
    soc_percent=(22, 70),
    rfid_share=0.6,
)

HABITS: Final[dict[tuple[str, str], Habit]] = {
    ("hub", "DC"): _FAST,
    ("hub", "AC"): _SHOPPING,
    ("town", "DC"): _TOWN,
    ("town", "AC"): _SHOPPING,
    ("work", "DC"): _TOWN,
    ("work", "AC"): _COMMUTE,
    ("commuter", "DC"): _TOWN,
    ("commuter", "AC"): _COMMUTE,
    ("home", "DC"): _TOWN,
    ("home", "AC"): _HOME,
}
"""By kind of site and kind of current."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One visit: a driver plugs in at `at` and drives away at `departs_at` (UTC), whatever then is.

    `by`: "rfid" taps a card; "app" is started from the server's side (remote start).
    """

    at: datetime
    departs_at: datetime
    site: str
    identity: str
    evse: int
    driver: Driver
    soc_percent: float
    target_percent: float
    by: By

    def vehicle(self) -> Vehicle:
        """The car as it arrives."""
        return Vehicle(
            spec=self.driver.vehicle_spec,
            soc_percent=self.soc_percent,
            target_percent=self.target_percent,
        )


def plan_day(town: Town, day: date, seed: int = 0) -> list[Arrival]:
    """All arrivals of one local day, in order of time.

    No two visits overlap on one EVSE, and nobody is in two places at once; cars that stay over
    night block the next morning of their EVSE.
    """
    yesterday = _settle(_draw(town, day - timedelta(days=1), seed), [])
    staying = [arrival for arrival in yesterday if arrival.departs_at.astimezone(town.zone).date() >= day]
    return _settle(_draw(town, day, seed), staying)


def _settle(wishes: list[list[Arrival]], before: list[Arrival]) -> list[Arrival]:
    """Of each wish the first alternative for which there is room, if any."""
    planned: list[Arrival] = []
    for alternatives in wishes:
        others = [*before, *planned]
        possible = (new for new in alternatives if not any(_clashes(new, other) for other in others))
        planned += [first] if (first := next(possible, None)) is not None else []
    return planned


def _clashes(new: Arrival, other: Arrival) -> bool:
    """The place is taken, or the driver was charging only hours ago."""
    if (new.identity, new.evse) == (other.identity, other.evse):
        gap = timedelta(minutes=4)
    elif new.driver.key == other.driver.key:
        gap = timedelta(hours=2)
    else:
        return False
    return new.at < other.departs_at + gap and other.at < new.departs_at + gap


def _draw(town: Town, day: date, seed: int) -> list[list[Arrival]]:
    """Wishes of one day in order of time, each with alternatives: other drivers, the same moment."""
    wishes: list[list[Arrival]] = []
    for site in town.sites:
        rng = Random(f"{seed}/{day.isoformat()}/{site.key}")
        regulars = Random(f"{seed}/{site.key}").sample(town.drivers, k=min(24, len(town.drivers)))
        for station, evse in site.evses():
            habit = HABITS[site.kind, evse.current]
            for at in _moments(town, habit, day, rng):
                pool = regulars if habit.stay_h is not None else town.drivers
                drivers = [item for item in rng.sample(pool, k=min(5, len(pool))) if _suits(item, evse)]
                wishes.append([_visit(site, station, evse, habit, at, item, rng) for item in drivers])
    return sorted(filter(None, wishes), key=lambda wish: (wish[0].at, wish[0].identity, wish[0].evse))


def _moments(town: Town, habit: Habit, day: date, rng: Random) -> Iterator[datetime]:
    """When cars come to one EVSE: as many as the day brings, at the hours people like."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=town.zone)
    wanted = habit.visits * (habit.weekend if day.weekday() >= 5 else 1.0)
    for _ in range(_poisson(wanted, rng)):
        local = midnight + timedelta(hours=_hour(habit, rng))
        yield local.astimezone(UTC).replace(microsecond=0)


def _suits(driver: Driver, evse: EvseSpec) -> bool:
    return evse.current == "AC" or driver.vehicle_spec.max_dc_w > 0


def _visit(
    site: Site,
    station: StationSpec,
    evse: EvseSpec,
    habit: Habit,
    at: datetime,
    driver: Driver,
    rng: Random,
) -> Arrival:
    soc_percent = round(rng.uniform(*habit.soc_percent), 1)
    target_percent = float(rng.choices((80, 90, 100), (6, 2, 1) if evse.current == "DC" else (2, 2, 5))[0])
    car = Vehicle(spec=driver.vehicle_spec, soc_percent=soc_percent, target_percent=target_percent)
    return Arrival(
        at=at,
        departs_at=at + _stay(habit, car, evse, rng),
        site=site.key,
        identity=station.identity,
        evse=evse.number,
        driver=driver,
        soc_percent=soc_percent,
        target_percent=target_percent,
        by="rfid" if rng.random() < habit.rfid_share else "app",
    )


def _stay(habit: Habit, car: Vehicle, evse: EvseSpec, rng: Random) -> timedelta:
    """A chosen time, or until the car is done: most come back soon, some leave early, some forget it."""
    if habit.stay_h is not None:
        return timedelta(seconds=round(rng.uniform(*habit.stay_h) * 3600))
    needed_s = charging_s(car, evse)
    mood = rng.random()
    if mood < 0.25:
        return timedelta(seconds=round(needed_s * rng.uniform(0.6, 0.95)))
    linger_min = rng.uniform(1, 9) if mood < 0.9 else rng.uniform(15, 50)
    return timedelta(seconds=round(needed_s + linger_min * 60))


def charging_s(car: Vehicle, evse: EvseSpec) -> float:
    """How long this car needs here when nobody limits it, in seconds."""
    trial = Vehicle(spec=car.spec, soc_percent=car.soc_percent, target_percent=car.target_percent)
    offer = Offer(evse.current, float(evse.max_power_w), evse.max_a, evse.phases)
    seconds, step_s = 30.0, 60.0
    while not trial.is_full and seconds < 24 * 3600:
        trial.store(trial.accept(offer).power_w * step_s / 3600, evse.current)
        seconds += step_s
    return seconds


def _hour(habit: Habit, rng: Random) -> float:
    weights = [(until - start) * weight for start, until, weight in habit.hours]
    start, until, _ = rng.choices(habit.hours, weights)[0]
    return rng.uniform(start, until)


def _poisson(mean: float, rng: Random) -> int:
    """Arrivals of independent people: count exponential gaps within the day."""
    count, elapsed = 0, rng.expovariate(mean)
    while elapsed < 1.0:
        count += 1
        elapsed += rng.expovariate(mean)
    return count

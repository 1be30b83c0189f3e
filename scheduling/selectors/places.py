"""The find page: public places near a point, filtered and ranked, with what a driver asks first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Vehicle
from core import clock
from core.ui.status import shown
from payments.selectors.prices import PUBLIC, Payer
from scheduling.selectors.demand import HourForecast, day_forecasts
from scheduling.selectors.prices import PriceNow, prices_now
from scheduling.selectors.stalls import StallNow, stalls_of
from stations.models import Location

EARTH_KM: Final = 6371.0
KM_WEIGHT: Final = 0.06  # a kilometer is worth six cents a kilowatt-hour
ROLE_ORDER: Final = ("free", "charge", "wait", "booked", "fault", "off")
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for. `near` is (latitude, longitude); `most` the highest price per kWh; `plugs` are
    wanted whatever the car has; `saved_of` leaves only what this person has saved; prices are `payer`'s."""

    text: str = ""
    vehicle: Vehicle | None = None
    only_free: bool = False
    min_power_w: int = 0
    plugs: frozenset[str] = frozenset()
    most: Decimal | None = None
    saved_of: int | None = None
    near: Point | None = None
    sort: str = "best"
    payer: Payer = PUBLIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A location as its card shows it. `word` is the status word of the whole place."""

    location: Location
    stalls: Sequence[StallNow]
    forecast: Sequence[HourForecast]
    price: PriceNow | None
    distance_km: float | None
    reason: str = ""
    word: str = field(default="off")

    @property
    def free(self) -> int:
        return sum(stall.is_free for stall in self.stalls)

    @property
    def total(self) -> int:
        return len(self.stalls)

    @property
    def free_at(self) -> datetime | None:
        """When the first stall is expected to become free; None while one is, or when nobody can say."""
        known = [stall.free_at for stall in self.stalls if stall.free_at]
        return None if self.free else min(known, default=None)

    @property
    def pin_text(self) -> str:
        return "?" if self.word == "off" else f"{self.free}/{self.total}"

    @property
    def max_power_w(self) -> int:
        return max((stall.evse.max_power_w for stall in self.stalls), default=0)

    @property
    def standards(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(standard for stall in self.stalls for standard in stall.standards))


def find_places(wish: Wish) -> list[Place]:
    """The places that fit the wish, best first; the first says why when it can be recommended."""
    locations = list(_locations(wish))
    stalls = stalls_of([location.pk for location in locations])
    evses = [stall.evse for each in stalls.values() for stall in each]
    prices = prices_now(evses, clock.now(), wish.payer)
    forecasts = day_forecasts([location.pk for location in locations])
    places = (
        _place(location, _fitting(stalls[location.pk], wish), forecasts[location.pk], prices, wish)
        for location in locations
    )
    ranked = sorted((place for place in places if _suits(place, wish)), key=lambda place: _rank(place, wish))
    return _with_reason(ranked, wish)


def distance_km(one: Point, other: Point) -> float:
    """Along the surface of the earth."""
    lat1, lon1, lat2, lon2 = (math.radians(degrees) for degrees in (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def _locations(wish: Wish) -> Iterable[Location]:
    found = Location.objects.filter(is_public=True, stations__isnull=False).distinct()
    if wish.saved_of:
        found = found.filter(savers__user=wish.saved_of)
    for term in wish.text.split():
        named = Q(name__icontains=term) | Q(address__icontains=term) | Q(city__icontains=term)
        codes = Q(stations__evses__code__iexact=term) | Q(stations__evses__evse_id__iexact=term)
        found = found.filter(named | codes)
    return found


def _fitting(stalls: Sequence[StallNow], wish: Wish) -> list[StallNow]:
    """The stalls with a plug and the power that were asked for, or else a plug of the car."""
    plugs = wish.plugs or frozenset(wish.vehicle.connector_standards if wish.vehicle else ())
    return [
        stall
        for stall in stalls
        if (not plugs or plugs & set(stall.standards)) and stall.evse.max_power_w >= wish.min_power_w
    ]


def _place(
    location: Location,
    stalls: Sequence[StallNow],
    forecast: Sequence[HourForecast],
    prices: dict[int, PriceNow],
    wish: Wish,
) -> Place:
    here = (float(location.latitude), float(location.longitude))
    return Place(
        location=location,
        stalls=stalls,
        forecast=forecast,
        price=min((prices[s.evse.pk] for s in stalls), key=lambda price: price.per_kwh, default=None),
        distance_km=distance_km(wish.near, here) if wish.near else None,
        word=place_word(stalls),
    )


def place_word(stalls: Sequence[StallNow]) -> str:
    """Free when one is free; else what most helps: charging before booked, waiting, broken, offline."""
    roles = {shown(stall.word).role for stall in stalls}
    return next((role for role in ROLE_ORDER if role in roles), "off")


def _suits(place: Place, wish: Wish) -> bool:
    is_dear = wish.most is not None and place.price is not None and place.price.per_kwh > wish.most
    return bool(place.stalls) and not is_dear and not (wish.only_free and not place.free)


def _rank(place: Place, wish: Wish) -> tuple[float, ...]:
    price = float(place.price.per_kwh) if place.price else 9.0
    away = place.distance_km if place.distance_km is not None else 0.0
    orders = {
        "near": (away, price),
        "price": (price, away),
        "power": (-place.max_power_w, away),
        "best": (ROLE_ORDER.index(place.word), price + KM_WEIGHT * away - place.max_power_w / 1e6, away),
    }
    return (*orders.get(wish.sort, orders["best"]), place.location.pk)


def _with_reason(ranked: list[Place], wish: Wish) -> list[Place]:
    """The first place gets one short reason, when the order is ours and it has a free stall."""
    if wish.sort != "best" or len(ranked) < 2 or not ranked[0].free:
        return ranked
    return [replace(ranked[0], reason=_reason(ranked)), *ranked[1:]]


def _reason(ranked: Sequence[Place]) -> str:
    best, open_ones = ranked[0], [place for place in ranked if place.free]
    prices = [place.price.per_kwh for place in open_ones if place.price]
    if best.price and best.price.per_kwh == min(prices) < max(prices):
        return _("Best for you: no wait, and the lowest price")
    powers = [place.max_power_w for place in open_ones]
    if best.max_power_w == max(powers) > min(powers):
        return _("Best for you: no wait, and the fastest")
    if best.distance_km is not None and best.distance_km == min(p.distance_km or 0 for p in open_ones):
        return _("Best for you: no wait, and the nearest")
    return _("Best for you: no wait, at a fair price")

"""What the law asks of a price, by country and power. Pure.

- European Union, Regulation (EU) 2023/1804 (AFIR), Article 5(4), for ad hoc charging: from 50 kW the price
  is based on the price per kWh, and a price per minute may be added to discourage long occupancy. Below
  50 kW every component is shown before the start, in the order per kWh, per minute, per session, other.
- United States, 23 CFR 680.116(a), where federal money pays for the station: the price is based on $/kWh.

A finding names its article and says what to do. It advises; whether a rule binds a place is for people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from payments.rating.explain import PLAIN, Speech
from payments.rating.tariff import Dimension, PriceComponent, Restrictions, Tariff, TariffElement

EU: Final = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
FAST_W: Final = 50_000
AFIR_FAST: Final = "Regulation (EU) 2023/1804 (AFIR), Article 5(4), from 50 kW"
AFIR_SLOW: Final = "Regulation (EU) 2023/1804 (AFIR), Article 5(4), below 50 kW"
CFR: Final = "23 CFR 680.116(a)"
UNRESTRICTED: Final = Restrictions()
IDLE_ONLY: Final = frozenset({Dimension.PARKING_TIME})


class Rule(StrEnum):
    NO_ENERGY_PRICE = "no_energy_price"
    PAID_TIME = "paid_time"
    START_FEE = "start_fee"
    MINIMUM = "minimum"
    NO_ENERGY_PRICE_US = "no_energy_price_us"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stall as far as the law cares."""

    name: str
    country: str
    power_w: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    rule: Rule
    article: str
    places: tuple[str, ...]


def findings(tariff: Tariff, places: Iterable[Place]) -> tuple[Finding, ...]:
    """What a tariff breaks at these places; each rule once, with the places it concerns."""
    by_law: dict[str, list[str]] = {}
    for place in places:
        if law := law_of(place):
            by_law.setdefault(law, []).append(place.name)
    return tuple(
        Finding(rule=rule, article=law, places=tuple(names))
        for law, names in by_law.items()
        for rule in _broken(tariff, law)
    )


def law_of(place: Place) -> str:
    """The article that speaks about prices at a place; empty where none is known here."""
    if place.country == "US":
        return CFR
    if place.country not in EU:
        return ""
    return AFIR_FAST if place.power_w >= FAST_W else AFIR_SLOW


def freezes_prices(country: str) -> bool:
    """Must the prices of the start hold for the whole charge? 23 CFR 680.116(a)."""
    return country.upper() == "US"


def _broken(tariff: Tariff, law: str) -> Iterator[Rule]:
    if law == AFIR_FAST:
        yield from _broken_from_50_kw(tariff)
    elif law == CFR and _costs(tariff) and not _prices_energy_always(tariff):
        yield Rule.NO_ENERGY_PRICE_US


def _broken_from_50_kw(tariff: Tariff) -> Iterator[Rule]:
    if _costs(tariff) and not _prices_energy_always(tariff):
        yield Rule.NO_ENERGY_PRICE
    if any(part.type is Dimension.TIME and not _after_a_while(one) for one, part in _paid(tariff)):
        yield Rule.PAID_TIME
    if any(part.type is Dimension.FLAT for _element, part in _paid(tariff)):
        yield Rule.START_FEE
    if tariff.min_price is not None:
        yield Rule.MINIMUM


def _after_a_while(element: TariffElement) -> bool:
    """A price per minute that begins late discourages staying; one from the first minute prices charging."""
    return bool(element.restrictions.min_duration)


def _costs(tariff: Tariff) -> bool:
    """Does charging itself cost anything? An idle fee alone leaves it free."""
    kinds = {part.type for _element, part in _paid(tariff)}
    return bool(kinds - IDLE_ONLY) or tariff.min_price is not None


def _prices_energy_always(tariff: Tariff) -> bool:
    return any(
        part.type is Dimension.ENERGY and element.restrictions == UNRESTRICTED
        for element, part in _paid(tariff)
    )


def _paid(tariff: Tariff) -> Iterator[tuple[TariffElement, PriceComponent]]:
    """The components that cost something; what prices a reservation is not about charging."""
    for element in tariff.elements:
        if not element.restrictions.reservation:
            yield from ((element, part) for part in element.price_components if part.price)


def what_to_do(rule: Rule, speech: Speech = PLAIN) -> tuple[str, str]:
    """A finding in words: what is wrong, and what to do."""
    _ = speech.gettext
    return {
        Rule.NO_ENERGY_PRICE: (
            _("The price of an ad hoc charge must be based on the price per kWh, at every hour."),
            _("Set a price per kWh that always holds."),
        ),
        Rule.PAID_TIME: (
            _("Minutes of charging cost money from the first one on; only long occupancy may."),
            _("Set no price per minute of charging; use the idle fee to keep stalls free."),
        ),
        Rule.START_FEE: (
            _("A start fee is not allowed in the price of an ad hoc charge."),
            _("Set no start fee; put what it earns into the price per kWh."),
        ),
        Rule.MINIMUM: (
            _("A minimum price makes short charges cost more than their kWh."),
            _("Set no minimum price here."),
        ),
        Rule.NO_ENERGY_PRICE_US: (
            _("At federally funded stations the price must be based on the price in $ per kWh."),
            _("Set a price per kWh that always holds, unless your state does not allow selling energy."),
        ),
    }[rule]

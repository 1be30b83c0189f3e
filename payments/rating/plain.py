"""A tariff in an operator's words: one price list, and bands of the week with their own energy price. Pure.

What an operator writes into a form becomes OCPI elements here, and comes back from them. A tariff that
says more than this has no plain form (`plain_of` answers None) and is written as OCPI.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from core.money import exponent
from payments.rating.local_time import MIDNIGHT, holds
from payments.rating.ocpi import InvalidTariff, from_ocpi
from payments.rating.reserving import EXPIRED, RESERVED
from payments.rating.tariff import (
    DAYS,
    Dimension,
    PriceLimit,
    Restrictions,
    Tariff,
    TariffElement,
    TaxIncluded,
)

MINUTES: Final = 60
DECIMALS: Final = 4
TIMES: Final = frozenset({Dimension.TIME, Dimension.PARKING_TIME})
MONDAY: Final = datetime(2024, 1, 1)  # noqa: DTZ001 - only its weekday and its hours are used
FIELDS: Final = {
    "per_kwh": (Dimension.ENERGY, 1),
    "per_minute": (Dimension.TIME, MINUTES),
    "idle_per_minute": (Dimension.PARKING_TIME, MINUTES),
    "start_fee": (Dimension.FLAT, 1),
}
"""In the order in which drivers must be told: per kWh, per minute, per session."""
OF_RESERVATIONS: Final = {
    "reservation_fee": (RESERVED[0], Dimension.FLAT),
    "reserved_per_hour": (RESERVED[0], Dimension.TIME),
    "missed_fee": (EXPIRED[0], Dimension.FLAT),
}
"""What keeping a stall costs, and what not coming does: OCPI's restriction and dimension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Hours of some weekdays with an energy price of their own. Midnight as `end` is the day's end."""

    days: frozenset[str]
    start: time
    end: time
    per_kwh: Decimal

    @property
    def rule(self) -> Restrictions:
        is_whole_day = self.start == self.end
        every_day = self.days == frozenset(DAYS)
        return Restrictions(
            start_time=None if is_whole_day else self.start,
            end_time=None if is_whole_day else self.end,
            day_of_week=frozenset() if every_day else self.days,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainTariff:
    """Prices as people say them; None is not charged. `step_s`: time counts in steps of so many seconds."""

    tax_included: TaxIncluded = TaxIncluded.YES
    vat: Decimal | None = None
    per_kwh: Decimal | None = None
    per_minute: Decimal | None = None
    idle_per_minute: Decimal | None = None
    start_fee: Decimal | None = None
    reservation_fee: Decimal | None = None
    reserved_per_hour: Decimal | None = None
    missed_fee: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    step_s: int = MINUTES
    bands: tuple[Band, ...] = ()


# --- to OCPI ---------------------------------------------------------------------------------


def fields_of(plain: PlainTariff, currency: str) -> dict[str, Any]:
    """The tariff's fields as OCPI writes them."""
    always = [_component(plain, name) for name in FIELDS if getattr(plain, name) is not None]
    elements = [_band_json(plain, band) for band in plain.bands]
    charging = [*elements, {"price_components": always}] if always else elements
    return {
        "currency": currency,
        "tax_included": plain.tax_included.value,
        "elements": [*charging, *_of_reservations(plain)],
        "min_price": _limit(plain.min_price, plain, currency, ROUND_FLOOR),
        "max_price": _limit(plain.max_price, plain, currency, ROUND_CEILING),
    }


def prices_charging(elements: list[dict[str, Any]]) -> bool:
    """Does any OCPI element speak of charging, and not of reservations alone?"""
    return any(not element.get("restrictions", {}).get("reservation") for element in elements)


def _component(plain: PlainTariff, name: str) -> dict[str, Any]:
    kind, factor = FIELDS[name]
    return _priced(plain, kind, getattr(plain, name) * factor)


def _priced(plain: PlainTariff, kind: Dimension, price: Decimal) -> dict[str, Any]:
    step = plain.step_s if kind in TIMES else 1
    vat = {} if plain.vat is None else {"vat": text(plain.vat)}
    return {"type": kind.value, "price": text(price), "step_size": step, **vat}


def _of_reservations(plain: PlainTariff) -> Iterator[dict[str, Any]]:
    """An element for each of OCPI's two restrictions (ReservationRestrictionType), if it prices anything."""
    for word in (EXPIRED[0], RESERVED[0]):
        components = [
            _priced(plain, kind, price)
            for name, (said, kind) in OF_RESERVATIONS.items()
            if said == word and (price := getattr(plain, name)) is not None
        ]
        if components:
            yield {"price_components": components, "restrictions": {"reservation": word}}


def _band_json(plain: PlainTariff, band: Band) -> dict[str, Any]:
    component = _component(replace(plain, per_kwh=band.per_kwh), "per_kwh")
    rule = band.rule
    rules: dict[str, Any] = {}
    if rule.start_time is not None and rule.end_time is not None:
        rules = {"start_time": f"{rule.start_time:%H:%M}", "end_time": f"{rule.end_time:%H:%M}"}
    if rule.day_of_week:
        rules |= {"day_of_week": [day for day in DAYS if day in rule.day_of_week]}
    return {"price_components": [component], **({"restrictions": rules} if rules else {})}


def _limit(amount: Decimal | None, plain: PlainTariff, currency: str, rounding: str) -> dict[str, str] | None:
    """OCPI's limit of an amount that is stated like the prices.

    With tax included it is the amount after taxes that counts; the one before is rounded out of its way.
    """
    if amount is None:
        return None
    if plain.tax_included is not TaxIncluded.YES:
        return {"before_taxes": text(amount)}
    net = amount * 100 / (100 + (plain.vat or 0))
    unit = Decimal(1).scaleb(-exponent(currency))
    return {"before_taxes": text(net.quantize(unit, rounding=rounding)), "after_taxes": text(amount)}


def text(value: Decimal) -> str:
    """Exact, without superfluous zeros."""
    return f"{value.normalize() + 0:f}"


# --- from OCPI -------------------------------------------------------------------------------


def plain_of(tariff: Tariff) -> PlainTariff | None:
    """The plain form of a tariff, if it says no more than that: what it would become again is the same."""
    found = _guess(tariff)
    try:
        again = from_ocpi({"id": tariff.id, **fields_of(found, tariff.currency)})
    except InvalidTariff:
        return None
    return found if says_the_same(again, tariff) and _is_typed(found) else None


def _is_typed(plain: PlainTariff) -> bool:
    """Has every amount so few decimals that a person would write it?"""
    names = (*FIELDS, *OF_RESERVATIONS, "min_price", "max_price")
    amounts = [*(getattr(plain, name) for name in names), *(band.per_kwh for band in plain.bands)]
    return all(amount == round(amount, DECIMALS) for amount in amounts if amount is not None)


def _guess(tariff: Tariff) -> PlainTariff:
    charging = [element for element in tariff.elements if not element.restrictions.reservation]
    *bands, last = charging or [TariffElement(price_components=())]
    if last.restrictions != Restrictions():
        bands, last = [*bands, last], replace(last, price_components=())
    prices = {part.type: part.price for part in last.price_components}
    parts = [part for element in tariff.elements for part in element.price_components]
    steps = {part.step_size for part in parts if part.type in TIMES}
    return PlainTariff(
        tax_included=tariff.tax_included,
        vat=parts[0].vat,
        step_s=min(steps, default=MINUTES),
        min_price=_stated(tariff.min_price, tariff),
        max_price=_stated(tariff.max_price, tariff),
        bands=tuple(_band(one.restrictions, one.price_components[0].price) for one in bands),
        **{name: prices[kind] / factor for name, (kind, factor) in FIELDS.items() if kind in prices},
        **_reservation_prices(tariff),
    )


def _reservation_prices(tariff: Tariff) -> dict[str, Decimal]:
    found = {
        (element.restrictions.reservation, part.type): part.price
        for element in tariff.elements
        for part in element.price_components
    }
    return {name: found[place] for name, place in OF_RESERVATIONS.items() if place in found}


def _band(rule: Restrictions, price: Decimal) -> Band:
    days = rule.day_of_week or frozenset(DAYS)
    start, end = rule.start_time or MIDNIGHT, rule.end_time or MIDNIGHT
    return Band(days=days, start=start, end=end, per_kwh=price)


def _stated(limit: PriceLimit | None, tariff: Tariff) -> Decimal | None:
    if limit is None:
        return None
    return limit.after_taxes if tariff.tax_included is TaxIncluded.YES else limit.before_taxes


def says_the_same(one: Tariff, other: Tariff) -> bool:
    """Do two tariffs price every charge alike? Their currencies are not looked at."""
    return _meaning(one) == _meaning(other)


def _meaning(tariff: Tariff) -> tuple[object, ...]:
    """What a tariff says, whichever way its components are ordered, and where those of reservations stand."""
    ordered = sorted(tariff.elements, key=lambda one: ("", *EXPIRED).index(one.restrictions.reservation))
    elements = [(frozenset(one.price_components), _open(one.restrictions)) for one in ordered]
    return (elements, tariff.min_price, tariff.max_price, tariff.tax_included, tariff.type)


def _open(rule: Restrictions) -> Restrictions:
    """From midnight to a time, and from a time to midnight, can be written with one bound or with two."""
    if rule.start_time is None and rule.end_time is None:
        return rule
    return replace(rule, start_time=rule.start_time or MIDNIGHT, end_time=rule.end_time or MIDNIGHT)


# --- the week --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A row of the week: from when to when, and each weekday's energy price. `end` of midnight is 24:00."""

    start: time
    end: time
    prices: tuple[Decimal | None, ...]


def week_of(plain: PlainTariff) -> tuple[Hours, ...]:
    """The energy price at every hour of the week, in as few rows as say it."""
    times = {edge for band in plain.bands for edge in (band.start, band.end)} | {MIDNIGHT}
    starts = sorted(times)
    rows = [
        Hours(start=start, end=end, prices=tuple(_price(plain, day, start) for day in range(7)))
        for start, end in zip(starts, [*starts[1:], MIDNIGHT], strict=True)
    ]
    return tuple(_joined(rows))


def _price(plain: PlainTariff, day: int, at: time) -> Decimal | None:
    moment = datetime.combine(MONDAY.date() + timedelta(days=day), at)
    found = (band.per_kwh for band in plain.bands if holds(band.rule, moment))
    return next(found, plain.per_kwh)


def _joined(rows: list[Hours]) -> Iterator[Hours]:
    row = rows[0]
    for after in rows[1:]:
        if after.prices == row.prices:
            row = replace(row, end=after.end)
        else:
            yield row
            row = after
    yield row

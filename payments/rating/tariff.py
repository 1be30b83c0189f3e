"""Tariffs in OCPI's shape and meaning (2.3.0 `mod_tariffs`), as frozen values. Pure.

Prices are `Decimal` in the tariff's currency, per kWh (ENERGY), per hour (TIME, PARKING_TIME) or
once (FLAT); `step_size` is in Wh or seconds. `idle_grace_s` is an extension of ours: the first
seconds of every idle block that cost nothing. As JSON: `payments.rating.ocpi`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum


class Dimension(StrEnum):
    ENERGY = "ENERGY"
    FLAT = "FLAT"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"


class TaxIncluded(StrEnum):
    YES = "YES"
    NO = "NO"
    NOT_APPLICABLE = "N/A"


DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
RESERVATIONS = ("RESERVATION", "RESERVATION_EXPIRES")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceComponent:
    """One dimension's price. `vat` is a percentage; None means that no tax is known."""

    type: Dimension
    price: Decimal
    vat: Decimal | None = None
    step_size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Restrictions:
    """When an element applies; every field that is set must hold (class TariffRestrictions).

    Times and dates are the location's local ones. Lower bounds are inclusive, upper exclusive.
    """

    start_time: time | None = None
    end_time: time | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: frozenset[str] = frozenset()
    reservation: str = ""

    @property
    def is_timely(self) -> bool:
        """Does it depend on the local time, date or weekday?"""
        return bool(self.day_of_week or any((self.start_time, self.end_time, self.start_date, self.end_date)))


ALWAYS = Restrictions()


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffElement:
    price_components: tuple[PriceComponent, ...]
    restrictions: Restrictions = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLimit:
    before_taxes: Decimal
    after_taxes: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """A price list. The first element that has a dimension and matches prices that dimension."""

    id: str
    currency: str
    elements: tuple[TariffElement, ...]
    tax_included: TaxIncluded
    country_code: str = ""
    party_id: str = ""
    type: str = ""
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    idle_grace_s: int = 0
    start_at: datetime | None = None
    end_at: datetime | None = None
    last_updated: datetime | None = None
    alt_text: tuple[tuple[str, str], ...] = field(default=())
    alt_url: str = ""

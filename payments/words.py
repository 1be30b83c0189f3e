"""Prices and tariffs in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext

from core.money import Money
from core.ui.numbers import money_text
from payments.models import Tariff
from payments.rating.explain import Speech, conditions, unit_price, what
from payments.services.pricing import as_rated


def speech() -> Speech:
    """The active language, for explanations."""
    return Speech(gettext=gettext, number=_number, amount=_amount)


def _number(value: Decimal) -> str:
    return str(number_format(f"{value.normalize() + 0:f}", force_grouping=True))


def _amount(value: Decimal, currency: str) -> str:
    return money_text(value, currency, is_price=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    what: str
    price: str
    when: str
    vat: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """A tariff as people read it."""

    tariff: Tariff
    prices: tuple[Price, ...]
    hold: Money


def price_list(tariff: Tariff) -> PriceList:
    """Every component of a tariff in words, in the order in which they are tried."""
    rated, words = as_rated(tariff), speech()
    prices = tuple(
        Price(
            what=what(component.type, words),
            price=unit_price(component.type, component.price, rated.currency, words),
            when=", ".join(conditions(element.restrictions, words)),
            vat=component.vat,
        )
        for element in rated.elements
        for component in element.price_components
    )
    return PriceList(tariff=tariff, prices=prices, hold=Money.of_minor(tariff.hold_minor, tariff.currency))

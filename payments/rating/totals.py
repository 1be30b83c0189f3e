"""Tax, limits and the one rounding. Pure and exact until `apportion`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction

from core.money import exponent
from payments.rating.bill import MAX_PRICE, MIN_PRICE
from payments.rating.tariff import PriceLimit, Tariff, TaxIncluded


@dataclass(frozen=True, slots=True)
class Part:
    """One amount before rounding. `source` is the index of its volume, None for an adjustment."""

    kind: str
    vat: Decimal | None
    net: Fraction
    gross: Fraction
    source: int | None = None


def taxed(kind: str, amount: Fraction, vat: Decimal | None, tariff: Tariff, source: int) -> Part:
    """An amount as the tariff states it, with its tax."""
    known = None if tariff.tax_included is TaxIncluded.NOT_APPLICABLE else vat
    factor = 1 + Fraction(known or 0) / 100
    if tariff.tax_included is TaxIncluded.YES:
        return Part(kind, known, amount / factor, amount, source)
    return Part(kind, known, amount, amount * factor, source)


def limited(parts: list[Part], tariff: Tariff, *, lift: bool) -> list[Part]:
    """The parts with what lifts them to the minimum and cuts them to the maximum price."""
    if tariff.min_price is not None and lift:
        parts = parts + _lift(parts, tariff, tariff.min_price)
    if tariff.max_price is not None:
        parts = parts + _discount(parts, tariff, tariff.max_price)
    return parts


def _lift(parts: list[Part], tariff: Tariff, limit: PriceLimit) -> list[Part]:
    least_net = _limit(limit.before_taxes, tariff.currency, ROUND_CEILING)
    least_gross = _limit(limit.after_taxes or Decimal(0), tariff.currency, ROUND_CEILING)
    vat = _main_rate(parts, tariff)
    factor = 1 + Fraction(vat or 0) / 100
    short_net = max(least_net - _net(parts), (least_gross - _gross(parts)) / factor)
    return [Part(MIN_PRICE, vat, short_net, short_net * factor)] if short_net > 0 else []


def _main_rate(parts: list[Part], tariff: Tariff) -> Decimal | None:
    """The rate of the largest part, or of the tariff's first component."""
    if parts and _gross(parts):
        return max(parts, key=lambda part: part.gross).vat
    if tariff.tax_included is TaxIncluded.NOT_APPLICABLE:
        return None
    return tariff.elements[0].price_components[0].vat


def _discount(parts: list[Part], tariff: Tariff, limit: PriceLimit) -> list[Part]:
    most_net = _limit(limit.before_taxes, tariff.currency, ROUND_FLOOR)
    found = _take_off(parts, _net(parts) - most_net, is_gross=False)
    if limit.after_taxes is None:
        return found
    most_gross = _limit(limit.after_taxes, tariff.currency, ROUND_FLOOR)
    rest = parts + found
    return found + _take_off(rest, _gross(rest) - most_gross, is_gross=True)


def _take_off(parts: list[Part], excess: Fraction, *, is_gross: bool) -> list[Part]:
    """Discounts that remove `excess`, from the highest tax rate down."""
    found: list[Part] = []
    for vat in sorted({part.vat for part in parts}, key=lambda rate: rate or Decimal(0), reverse=True):
        if excess <= 0:
            break
        factor = 1 + Fraction(vat or 0) / 100
        available = _net([part for part in parts if part.vat == vat])
        net = min(available, excess / factor if is_gross else excess)
        if net > 0:
            found.append(Part(MAX_PRICE, vat, -net, -net * factor))
            excess -= net * factor if is_gross else net
    return found


def _limit(amount: Decimal, currency: str, rounding: str) -> Fraction:
    return Fraction(amount.quantize(Decimal(1).scaleb(-exponent(currency)), rounding=rounding))


def _net(parts: Sequence[Part]) -> Fraction:
    return sum((part.net for part in parts), Fraction(0))


def _gross(parts: Sequence[Part]) -> Fraction:
    return sum((part.gross for part in parts), Fraction(0))


def half_up(amount: Fraction) -> int:
    """The nearest integer, a half upwards."""
    return (amount * 2 + 1) // 2


def apportion(amounts: Sequence[Fraction], total: int) -> list[int]:
    """Whole units that add up to `total`, each within one of its amount (largest remainder)."""
    shares = [amount.__floor__() for amount in amounts]
    by_rest = sorted(range(len(amounts)), key=lambda i: (shares[i] - amounts[i], i))
    for i in by_rest[: total - sum(shares)]:
        shares[i] += 1
    return shares

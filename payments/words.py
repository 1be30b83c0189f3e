"""Prices and tariffs in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_lazy

from accounts.models import AuditEntry, User
from core.money import Money
from core.ui.numbers import money_text
from payments.models import RuleOverride, Tariff
from payments.rating.explain import Speech, conditions, unit_price, what
from payments.rating.plain import PlainTariff, week_of
from payments.rating.price_rules import Finding, what_to_do
from payments.rating.tariff import Tariff as Rated
from payments.rating.tariff import TaxIncluded
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
    limits: tuple[tuple[str, Decimal], ...]
    hold: Money
    vat: str


def price_list(tariff: Tariff) -> PriceList:
    """Every component of a tariff in words, in the order in which they are tried."""
    rated, words = as_rated(tariff), speech()
    prices = tuple(
        Price(
            what=what(component.type, words, element.restrictions),
            price=unit_price(component.type, component.price, rated.currency, words),
            when=", ".join(conditions(element.restrictions, words)),
            vat=component.vat,
        )
        for element in rated.elements
        for component in element.price_components
    )
    rates = sorted({price.vat for price in prices if price.vat is not None})
    return PriceList(
        tariff=tariff,
        prices=prices,
        limits=tuple(_limits(rated)),
        hold=Money.of_minor(tariff.hold_minor, tariff.currency),
        vat=" / ".join(_number(rate) for rate in rates),
    )


def _limits(rated: Rated) -> Iterator[tuple[str, Decimal]]:
    """Minimum and maximum, stated like the prices."""
    named = ((gettext("At least"), rated.min_price), (gettext("At most"), rated.max_price))
    for name, limit in named:
        if limit is not None:
            is_gross = rated.tax_included is TaxIncluded.YES and limit.after_taxes is not None
            yield name, limit.after_taxes if is_gross and limit.after_taxes else limit.before_taxes


# --- the week --------------------------------------------------------------------------------

SHADES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """An energy price; `shade` grows from the cheapest (1) to the dearest."""

    price: str
    shade: int


def week_table(plain: PlainTariff) -> list[tuple[str, list[Cell]]]:
    """Rows of hours, each with the price of every weekday."""
    rows = week_of(plain)
    prices = sorted({price for row in rows for price in row.prices if price is not None})
    shades = {price: 1 + rank * SHADES // len(prices) for rank, price in enumerate(prices)}
    return [
        (
            f"{row.start:%H:%M}–{_end(f'{row.end:%H:%M}')}",
            [_cell(price, shades) for price in row.prices],
        )
        for row in rows
    ]


def _end(text: str) -> str:
    return "24:00" if text == "00:00" else text


def _price(value: Decimal) -> str:
    """Without its currency, with two digits at least."""
    digits = max(2, -int(value.normalize().as_tuple().exponent))
    return str(number_format(value, decimal_pos=digits))


def _cell(price: Decimal | None, shades: dict[Decimal, int]) -> Cell:
    if price is None:
        return Cell(price="–", shade=0)
    return Cell(price=_price(price), shade=shades[price])


# --- rules and history -----------------------------------------------------------------------

PLACES_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRule:
    rule: str
    override: RuleOverride | None
    wrong: str
    to_do: str
    article: str
    places: str
    more: int


def told_rules(found: Iterable[Finding], overrides: Mapping[str, RuleOverride]) -> list[ToldRule]:
    """What the law has against a price, in words, and what an owner has said to it."""
    return [_told_rule(one, overrides.get(one.rule)) for one in found]


def _told_rule(finding: Finding, override: RuleOverride | None) -> ToldRule:
    wrong, to_do = what_to_do(finding.rule, speech())
    return ToldRule(
        rule=finding.rule,
        override=override,
        wrong=wrong,
        to_do=to_do,
        article=finding.article,
        places=", ".join(finding.places[:PLACES_NAMED]),
        more=max(0, len(finding.places) - PLACES_NAMED),
    )


ACTS: Final = {
    "tariff.create": gettext_lazy("Made"),
    "tariff.change": gettext_lazy("Changed"),
    "tariff.assign": gettext_lazy("Put to work"),
    "tariff.end": gettext_lazy("Ended"),
    "tariff.override": gettext_lazy("Rule overridden"),
    "tariff.override_end": gettext_lazy("Override withdrawn"),
    "group.create": gettext_lazy("Made"),
    "group.change": gettext_lazy("Changed"),
    "group.member_add": gettext_lazy("Member added"),
    "group.member_remove": gettext_lazy("Member removed"),
    "group.free": gettext_lazy("Free charging given"),
    "group.free_end": gettext_lazy("Free charging ended"),
    "group.retire": gettext_lazy("Retired"),
    "group.take_up": gettext_lazy("Taken up again"),
}
CHANGED: Final = {
    "name": gettext_lazy("name"),
    "currency": gettext_lazy("currency"),
    "tax_included": gettext_lazy("tax"),
    "elements": gettext_lazy("prices"),
    "min_price": gettext_lazy("minimum price"),
    "max_price": gettext_lazy("maximum price"),
    "idle_grace_minutes": gettext_lazy("free idle minutes"),
    "hold_minor": gettext_lazy("hold"),
    "account": gettext_lazy("account"),
}


HOST_ACTS: Final = {
    "host.add": gettext_lazy("Added and invited"),
    "host.invite": gettext_lazy("Invited again"),
    "host.share": gettext_lazy("Share given"),
    "host.take_back": gettext_lazy("Payout taken back"),
    "host.own": gettext_lazy("Payouts to ourselves were begun"),
    "host.end": gettext_lazy("Share ended"),
    "host.pay": gettext_lazy("Payout asked for"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One entry of a tariff's history."""

    act: str
    details: str
    version: Any
    actor: User | None
    at: datetime


def told_history(entries: Iterable[AuditEntry]) -> list[Told]:
    return [
        Told(
            act=str(ACTS.get(one.action, one.action)),
            details=_details(one.changes),
            version=one.changes.get("version", ""),
            actor=one.actor,
            at=one.at,
        )
        for one in entries
    ]


def told_host_history(entries: Iterable[AuditEntry]) -> list[Told]:
    return [
        Told(
            act=str(HOST_ACTS.get(one.action, one.action)),
            details=_host_details(one.changes),
            version="",
            actor=one.actor,
            at=one.at,
        )
        for one in entries
    ]


def _host_details(changes: dict[str, Any]) -> str:
    """How much, and where."""
    parts = [f"{changes['percent']} %"] if "percent" in changes else []
    if "amount_minor" in changes:
        parts.append(money_text(Money.of_minor(changes["amount_minor"], changes["currency"])))
    return ", ".join([*parts, *filter(None, [changes.get("where")])])


def _details(changes: dict[str, Any]) -> str:
    """Where it holds, or what was changed."""
    changed = ", ".join(str(CHANGED.get(name, name)) for name in changes.get("after", ()))
    place = ", ".join(filter(None, [changes.get("where", ""), changes.get("group", "")]))
    return place or str(changes.get("reason", "")) or changed

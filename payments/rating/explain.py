"""Why this price: every line says what, how much, at which price, and why that price. Pure.

Texts go through the `Speech` that the caller brings (gettext and number formats of the reader's
language), so that the module needs no framework and its sentences are still translated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from payments.rating.bill import MAX_PRICE, MIN_PRICE, Bill, LeftOut, Line
from payments.rating.facts import Holder
from payments.rating.metering import GRACE
from payments.rating.tariff import ALWAYS, DAYS, Dimension, Restrictions

WORTH_SAYING_S: Final = 60


def _plain(value: Decimal) -> str:
    return f"{value.normalize() + 0:f}"


def _plain_amount(value: Decimal, currency: str) -> str:
    return f"{value:f} {currency}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """The reader's language: translation, numbers, and amounts with their currency."""

    gettext: Callable[[str], str] = str
    number: Callable[[Decimal], str] = _plain
    amount: Callable[[Decimal, str], str] = _plain_amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A bill's line in words. `why` is empty for a price that always applies."""

    what: str
    how_much: str
    price: str
    why: str
    line: Line


PLAIN = Speech()


def explain(bill: Bill, speech: Speech = PLAIN) -> tuple[Explained, ...]:
    """A bill's lines in words, in their order."""
    return explain_lines(bill.lines, bill.currency, speech)


def explain_lines(lines: Iterable[Line], currency: str, speech: Speech = PLAIN) -> tuple[Explained, ...]:
    """The same for lines that were read from a record."""
    return tuple(
        Explained(
            what=what(line.kind, speech, line.why),
            how_much=_how_much(line, speech),
            price=unit_price(line.kind, line.price, currency, speech),
            why=", ".join(conditions(line.why, speech)),
            line=line,
        )
        for line in lines
    )


def explain_left_out(items: Iterable[LeftOut], speech: Speech = PLAIN) -> tuple[str, ...]:
    """One sentence for each reason why time was not billed; moments are not worth one."""
    return tuple(_left_out(item, speech) for item in items if item.seconds >= WORTH_SAYING_S)


def what(kind: str, speech: Speech = PLAIN, rule: Restrictions = ALWAYS) -> str:
    """What a component is paid for; `rule` tells whether that is a charge or a reservation."""
    _ = speech.gettext
    reserved: dict[str, dict[str, str]] = {
        "RESERVATION": {Dimension.TIME: _("Reserved time"), Dimension.FLAT: _("Reservation fee")},
        "RESERVATION_EXPIRES": {
            Dimension.TIME: _("Reserved and not used"),
            Dimension.FLAT: _("Fee for not coming"),
        },
    }
    names: dict[str, str] = {
        Dimension.ENERGY: _("Energy"),
        Dimension.TIME: _("Charging time"),
        Dimension.PARKING_TIME: _("Idle time"),
        Dimension.FLAT: _("Start fee"),
        MIN_PRICE: _("Up to the minimum price"),
        MAX_PRICE: _("Discount to the maximum price"),
    }
    return {**names, **reserved.get(rule.reservation, {})}[kind]


def unit_price(kind: str, price: Decimal, currency: str, speech: Speech = PLAIN) -> str:
    """A component's price as drivers read it: per kWh, per minute where that is exact, per hour."""
    _ = speech.gettext
    if kind == Dimension.ENERGY:
        return _("%(amount)s per kWh") % {"amount": speech.amount(price, currency)}
    if kind in (Dimension.TIME, Dimension.PARKING_TIME):
        return _time_price(price, currency, speech)
    return speech.amount(price, currency)


def _time_price(price: Decimal, currency: str, speech: Speech) -> str:
    _ = speech.gettext
    per_minute = price / 60
    if per_minute == per_minute.quantize(Decimal("0.0001")):
        trimmed = per_minute.normalize()
        shown = max(trimmed, trimmed.quantize(Decimal("0.01")), key=_digits)
        return _("%(amount)s per minute") % {"amount": speech.amount(shown, currency)}
    return _("%(amount)s per hour") % {"amount": speech.amount(price, currency)}


def _digits(value: Decimal) -> int:
    return -int(value.as_tuple().exponent)


def _how_much(line: Line, speech: Speech) -> str:
    _ = speech.gettext
    if line.kind not in (Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME):
        return ""
    measured = _volume(line.kind, line.measured, speech)
    if line.billed == line.measured:
        return measured
    return _("%(measured)s, billed as %(billed)s in steps of %(step)s") % {
        "measured": measured,
        "billed": _volume(line.kind, line.billed, speech),
        "step": _volume(line.kind, Decimal(line.step_size), speech),
    }


def _volume(kind: str, volume: Decimal, speech: Speech) -> str:
    _ = speech.gettext
    if kind == Dimension.ENERGY:
        return _("%(kwh)s kWh") % {"kwh": speech.number(volume / 1000)}
    return duration(volume, speech)


def duration(seconds: Decimal, speech: Speech = PLAIN) -> str:
    """So many minutes, with seconds where there are any."""
    _ = speech.gettext
    minutes, rest = divmod(seconds.quantize(Decimal(1), ROUND_HALF_UP), 60)
    if not rest:
        return _("%(minutes)s min") % {"minutes": speech.number(minutes)}
    if not minutes:
        return _("%(seconds)s s") % {"seconds": speech.number(rest)}
    return _("%(minutes)s min %(seconds)s s") % {
        "minutes": speech.number(minutes),
        "seconds": speech.number(rest),
    }


def _left_out(item: LeftOut, speech: Speech) -> str:
    _ = speech.gettext
    reason = {
        GRACE: _("%(time)s idle are free before idle time counts"),
        Holder.STATION: _("%(time)s are not billed: the station held the charge back"),
        Holder.PLAN: _("%(time)s are not billed: the site's power was shared with other vehicles"),
        Holder.FAULT: _("%(time)s are not billed: the station had a fault"),
        Holder.UNLOCK: _("%(time)s are not billed: the connector did not unlock"),
    }[item.reason]
    return reason % {"time": duration(item.seconds, speech)}


def conditions(rule: Restrictions, speech: Speech = PLAIN) -> Iterator[str]:
    """When a price holds, in words; nothing for a price that always does."""
    _ = speech.gettext
    if rule.start_time or rule.end_time:
        yield _("from %(start)s to %(end)s") % {
            "start": f"{rule.start_time:%H:%M}" if rule.start_time else "00:00",
            "end": f"{rule.end_time:%H:%M}" if rule.end_time else "24:00",
        }
    if rule.day_of_week:
        yield _days(rule, speech)
    yield from _dates(rule, speech)
    yield from _bounds(rule, speech)
    yield from _durations(rule, speech)


def _days(rule: Restrictions, speech: Speech) -> str:
    _ = speech.gettext
    names = {
        "MONDAY": _("Mon"),
        "TUESDAY": _("Tue"),
        "WEDNESDAY": _("Wed"),
        "THURSDAY": _("Thu"),
        "FRIDAY": _("Fri"),
        "SATURDAY": _("Sat"),
        "SUNDAY": _("Sun"),
    }
    return " ".join(names[day] for day in DAYS if day in rule.day_of_week)


def _dates(rule: Restrictions, speech: Speech) -> Iterator[str]:
    _ = speech.gettext
    if rule.start_date:
        yield _("from %(date)s on") % {"date": rule.start_date.isoformat()}
    if rule.end_date:
        yield _("before %(date)s") % {"date": rule.end_date.isoformat()}


def _bounds(rule: Restrictions, speech: Speech) -> Iterator[str]:
    _ = speech.gettext
    texts = (
        (rule.min_kwh, _("after %(value)s kWh")),
        (rule.max_kwh, _("up to %(value)s kWh")),
        (rule.min_power, _("from %(value)s kW on")),
        (rule.max_power, _("below %(value)s kW")),
        (rule.min_current, _("from %(value)s A on")),
        (rule.max_current, _("below %(value)s A")),
    )
    for value, text in texts:
        if value is not None:
            yield text % {"value": speech.number(value)}


def _durations(rule: Restrictions, speech: Speech) -> Iterator[str]:
    _ = speech.gettext
    if rule.min_duration is not None:
        yield _("after %(time)s") % {"time": duration(Decimal(rule.min_duration), speech)}
    if rule.max_duration is not None:
        yield _("in the first %(time)s") % {"time": duration(Decimal(rule.max_duration), speech)}

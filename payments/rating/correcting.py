"""What a correction makes of a bill or of its facts: lines waived, an earlier end, other energy. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from core.money import from_minor
from payments.rating.bill import Bill, Line, tax_totals
from payments.rating.facts import InvalidFacts, Period, SessionFacts
from payments.rating.totals import apportion

SMALLEST: Final = timedelta(microseconds=1)


class BelowZero(ValueError):
    """What is left of the bill is less than nothing: a discount would outlive what it was given on."""


def name_of(line: Line) -> str:
    """The name of a line within its bill: "PARKING_TIME.2" is priced by element 2.

    A reservation's lines may come from another version of the tariff, so they say whose they are.
    """
    name = f"{line.kind}.{line.element}"
    return f"{name}.{line.why.reservation}" if line.why.reservation else name


def waive(bill: Bill, names: Collection[str]) -> Bill:
    """The bill without the named lines. Raises BelowZero."""
    lines = tuple(line for line in bill.lines if name_of(line) not in names)
    zero = from_minor(0, bill.currency)
    waived = replace(
        bill,
        lines=lines,
        taxes=tax_totals(lines),
        total_net=sum((line.net for line in lines), zero),
        total_tax=sum((line.tax for line in lines), zero),
        total_gross=sum((line.gross for line in lines), zero),
    )
    if waived.total_gross < 0:
        raise BelowZero(str(waived.total_gross))
    return waived


def of_reservation(bill: Bill) -> Bill:
    """Only what the bill asks for keeping the stall."""
    return waive(bill, {name_of(line) for line in bill.lines if not line.why.reservation})


def of_charge(bill: Bill) -> Bill:
    """The bill without what it asks for keeping the stall. Raises BelowZero."""
    return waive(bill, {name_of(line) for line in bill.lines if line.why.reservation})


def ended_at(facts: SessionFacts, end_at: datetime) -> SessionFacts:
    """The facts up to `end_at`; energy of a period that it cuts is left in proportion to time."""
    return replace(facts, periods=tuple(_until(facts, end_at)))


def _until(facts: SessionFacts, end_at: datetime) -> Iterator[Period]:
    for period in facts.periods:
        if period.end_at <= end_at:
            yield period
        elif period.start_at < end_at:
            share = Fraction(
                (end_at - period.start_at) // SMALLEST, (period.end_at - period.start_at) // SMALLEST
            )
            left_wh = round(Fraction(period.energy_wh) * share)
            yield replace(period, end_at=end_at, energy_wh=left_wh)


def with_energy(facts: SessionFacts, energy_wh: int) -> SessionFacts:
    """The facts with another energy in all, spread as it was; evenly where none was. Raises InvalidFacts."""
    if not facts.periods:
        raise InvalidFacts("There is no period in which energy could have flowed.")
    weights = [Fraction(period.energy_wh) for period in facts.periods]
    if not any(weights):
        weights = [Fraction(1)] * len(weights)
    shares = apportion([energy_wh * weight / sum(weights) for weight in weights], energy_wh)
    periods = zip(facts.periods, shares, strict=True)
    return replace(facts, periods=tuple(replace(period, energy_wh=share) for period, share in periods))

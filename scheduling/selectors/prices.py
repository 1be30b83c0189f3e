"""Prices as a driver asks for them: per kilowatt-hour now, and what a whole charge would come to.

Always with tax. Both come from the one rating function, through a preview.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from accounts.models import User
from core.money import Money
from payments.models import Tariff, TariffAssignment
from payments.rating.bill import Bill, Line
from payments.rating.explain import explain
from payments.rating.tariff import Dimension
from payments.selectors import keeps_start_prices
from payments.selectors.paying import asks_cards
from payments.selectors.prices import PUBLIC, Payer, assignments_for
from payments.services.pricing import driver_as_payer, preview, tariffs_for
from payments.services.receipts import speech
from payments.services.sizing import hold_for
from stations.models import Evse

TYPICAL_WH: Final = 10_000
TYPICAL: Final = timedelta(minutes=20)
SOME_IDLE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceNow:
    """A tariff's prices at one instant, tax included. Empty parts cost nothing.

    `group`: it holds for the members of this group of customers only.
    """

    currency: str
    per_kwh: Decimal = Decimal(0)
    per_minute: Decimal = Decimal(0)
    idle_per_minute: Decimal = Decimal(0)
    idle_grace_minutes: int = 0
    start_fee: Decimal = Decimal(0)
    minimum: Money | None = None
    maximum: Money | None = None
    hold: Money | None = None
    group: str = ""

    @property
    def is_free(self) -> bool:
        return not (self.per_kwh or self.per_minute or self.start_fee or self.minimum)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One row of the cost list: what, how much of it at which price, and what it comes to."""

    text: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    total: Money
    lines: tuple[CostLine, ...]


def prices_now(evses: Sequence[Evse], at: datetime, payer: Payer = PUBLIC) -> dict[int, PriceNow]:
    """The price at each EVSE at an instant; an EVSE without a tariff costs nothing."""
    found = assignments_for([(evse.pk, payer) for evse in evses], at)
    known: dict[tuple[int | None, str], PriceNow] = {}
    told: dict[int, PriceNow] = {}
    for evse in evses:
        assignment = found.get((evse.pk, payer))
        key = (assignment.pk if assignment else None, evse.station.location.time_zone)
        if key not in known:
            known[key] = _price_at(evse, assignment, at)
        told[evse.pk] = known[key]
    return told


def for_driver(price: PriceNow, evse: Evse, driver: User | None, at: datetime) -> PriceNow:
    """The same price with the hold that this driver's cars need there; without where no card is asked for."""
    if not asks_cards(evse.organization_id):
        return replace(price, hold=None)
    tariff = tariffs_for([evse.pk], at, driver_as_payer(driver)).get(evse.pk) if driver else None
    if tariff is None or driver is None:
        return price
    hold_minor = hold_for(tariff=tariff, evse=evse, driver=driver)
    return replace(price, hold=Money.of_minor(hold_minor, tariff.currency))


def _price_at(evse: Evse, assignment: TariffAssignment | None, at: datetime) -> PriceNow:
    location = evse.station.location
    group = str(assignment.group or "") if assignment else ""
    if assignment is None or assignment.tariff is None:
        return PriceNow(currency=location.organization.currency, group=group)
    return replace(price_of(assignment.tariff, location.time_zone, at), group=group)


def price_of(tariff: Tariff, time_zone: str, at: datetime) -> PriceNow:
    """What a tariff asks at an instant, read off the bill of a typical charge."""
    idle = timedelta(minutes=tariff.idle_grace_minutes) + SOME_IDLE
    bill = preview(
        tariff=tariff, time_zone=time_zone, energy_wh=TYPICAL_WH, charging=TYPICAL, idle=idle, at=at
    )
    first = {line.kind: _with_tax(line, tariff) for line in reversed(bill.lines)}
    return PriceNow(
        currency=bill.currency,
        per_kwh=first.get(Dimension.ENERGY, Decimal(0)),
        per_minute=first.get(Dimension.TIME, Decimal(0)) / 60,
        idle_per_minute=first.get(Dimension.PARKING_TIME, Decimal(0)) / 60,
        idle_grace_minutes=tariff.idle_grace_minutes,
        start_fee=first.get(Dimension.FLAT, Decimal(0)),
        minimum=_bound(tariff.min_price, tariff),
        maximum=_bound(tariff.max_price, tariff),
        hold=Money.of_minor(tariff.hold_minor, tariff.currency),
    )


def estimate(
    tariff: Tariff | None, *, evse: Evse, energy_wh: int, charging: timedelta, at: datetime
) -> Estimate:
    """What a charge beginning at `at` would cost, line by line."""
    location = evse.station.location
    if tariff is None:
        return Estimate(total=Money(Decimal(0), location.organization.currency), lines=())
    bill = preview(
        tariff=tariff,
        time_zone=location.time_zone,
        energy_wh=energy_wh,
        charging=charging,
        at=at,
        is_frozen=keeps_start_prices(location),
    )
    return Estimate(total=Money(bill.total_gross, bill.currency).rounded(), lines=cost_lines(bill))


def cost_lines(bill: Bill) -> tuple[CostLine, ...]:
    """The lines of a bill in words, each with what it comes to, tax included."""
    return tuple(
        CostLine(
            text=" · ".join(part for part in (one.what, one.how_much, one.price, one.why) if part),
            amount=Money(one.line.gross, bill.currency),
        )
        for one in explain(bill, speech())
    )


def _bound(limit: Mapping[str, str] | None, tariff: Tariff) -> Money | None:
    """What a whole charge costs at least, or at most, with tax (OCPI PriceLimit)."""
    if limit is None:
        return None
    return Money(Decimal(limit.get("after_taxes") or limit["before_taxes"]), tariff.currency).rounded()


def _with_tax(line: Line, tariff: Tariff) -> Decimal:
    if tariff.tax_included == Tariff.TaxIncluded.NO and line.vat:
        return line.price * (100 + line.vat) / 100
    return line.price

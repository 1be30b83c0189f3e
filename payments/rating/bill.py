"""The answer of rating: lines, totals, what was left out. Pure; amounts are rounded `Decimal`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from payments.rating.ocpi import restrictions, restrictions_json
from payments.rating.tariff import ALWAYS, Restrictions

MIN_PRICE = "MIN_PRICE"
MAX_PRICE = "MAX_PRICE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One priced thing.

    `kind` is a dimension, or MIN_PRICE / MAX_PRICE for an adjustment. Volumes are Wh for ENERGY,
    seconds for the times, 1 for FLAT; `billed` exceeds `measured` by the last step. `why` are the
    restrictions of the element that priced it, used between `from_at` and `to_at`.
    """

    kind: str
    measured: Decimal
    billed: Decimal
    price: Decimal
    step_size: int
    vat: Decimal | None
    net: Decimal
    tax: Decimal
    gross: Decimal
    element: int
    why: Restrictions = ALWAYS
    from_at: datetime | None = None
    to_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxTotal:
    """What one tax rate comes to."""

    vat: Decimal
    net: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Time that was not billed. `reason`: grace, or who held the power back."""

    reason: str
    seconds: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledPeriod:
    """A ChargingPeriod of the CDR: one choice of price components. Volumes in Wh and seconds."""

    start_at: datetime
    use: str
    energy_wh: Decimal
    seconds: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    currency: str
    lines: tuple[Line, ...]
    taxes: tuple[TaxTotal, ...]
    left_out: tuple[LeftOut, ...]
    periods: tuple[BilledPeriod, ...]
    total_net: Decimal
    total_tax: Decimal
    total_gross: Decimal
    energy_wh: Decimal
    charging_s: Decimal
    idle_s: Decimal
    held_s: Decimal
    frozen_at: datetime | None = None
    """The instant whose prices hold throughout (`SessionFacts.frozen_at`)."""

    def lines_json(self) -> list[dict[str, Any]]:
        """The lines as plain values for a record: amounts and volumes as exact strings."""
        return [line_json(line) for line in self.lines]

    def left_out_json(self) -> list[dict[str, str]]:
        return [{"reason": item.reason, "seconds": str(item.seconds)} for item in self.left_out]

    def taxes_json(self) -> list[dict[str, str]]:
        return [{"vat": str(total.vat), "net": str(total.net), "tax": str(total.tax)} for total in self.taxes]


def joined(bill: Bill, more: Bill) -> Bill:
    """A charge's bill with the one of its reservation: each is rounded by itself, so amounts just add up."""
    lines = (*bill.lines, *more.lines)
    return replace(
        bill,
        lines=lines,
        taxes=tax_totals(lines),
        total_net=bill.total_net + more.total_net,
        total_tax=bill.total_tax + more.total_tax,
        total_gross=bill.total_gross + more.total_gross,
    )


def tax_totals(lines: Iterable[Line]) -> tuple[TaxTotal, ...]:
    """What each rate of the lines comes to, the lowest first; lines without a rate are in none."""
    sums: dict[Decimal, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for line in lines:
        if line.vat is not None:
            sums[line.vat][0] += line.net
            sums[line.vat][1] += line.tax
    return tuple(TaxTotal(vat=vat, net=net, tax=tax) for vat, (net, tax) in sorted(sums.items()))


def line_json(line: Line) -> dict[str, Any]:
    """A line as plain values: amounts and volumes as exact strings."""
    return {
        "kind": line.kind,
        "measured": str(line.measured),
        "billed": str(line.billed),
        "price": str(line.price),
        "step_size": line.step_size,
        "vat": None if line.vat is None else str(line.vat),
        "net": str(line.net),
        "tax": str(line.tax),
        "gross": str(line.gross),
        "element": line.element,
        "why": restrictions_json(line.why),
        "from_at": line.from_at and line.from_at.isoformat(),
        "to_at": line.to_at and line.to_at.isoformat(),
    }


def read_line(data: dict[str, Any]) -> Line:
    """A line back from a record's JSON."""
    decimals = ("measured", "billed", "price", "net", "tax", "gross")
    return Line(
        kind=data["kind"],
        step_size=data["step_size"],
        vat=None if data["vat"] is None else Decimal(data["vat"]),
        element=data["element"],
        why=restrictions(data["why"]),
        from_at=_instant(data["from_at"]),
        to_at=_instant(data["to_at"]),
        **{name: Decimal(data[name]) for name in decimals},
    )


def read_left_out(data: dict[str, str]) -> LeftOut:
    return LeftOut(reason=data["reason"], seconds=Decimal(data["seconds"]))


def read_frozen_at(stored: dict[str, Any]) -> datetime | None:
    """The instant whose prices hold throughout, from a record's JSON."""
    return _instant(stored.get("frozen_at"))


def read_tax(data: dict[str, str]) -> TaxTotal:
    return TaxTotal(vat=Decimal(data["vat"]), net=Decimal(data["net"]), tax=Decimal(data["tax"]))


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

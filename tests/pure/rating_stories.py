"""Short ways to say a tariff and a session, for the rating tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from payments.rating.facts import Holder, Period, SessionFacts, Use
from payments.rating.ocpi import from_ocpi
from payments.rating.tariff import Tariff

NOON = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)


def tariff(*elements, tax_included="NO", currency="EUR", **fields) -> Tariff:
    """A tariff of elements, each (list of components, restrictions)."""
    return from_ocpi(
        {
            "id": "T",
            "currency": currency,
            "tax_included": tax_included,
            "elements": [
                {"price_components": list(components), **({"restrictions": rules} if rules else {})}
                for components, rules in elements
            ],
            **fields,
        }
    )


def element(*components, **rules):
    return components, rules


def energy(price, vat=None, step=1):
    return _component("ENERGY", price, vat, step)


def time(price, vat=None, step=1):
    return _component("TIME", price, vat, step)


def parking(price, vat=None, step=1):
    return _component("PARKING_TIME", price, vat, step)


def flat(price, vat=None):
    return _component("FLAT", price, vat, 1)


def _component(kind, price, vat, step):
    return {"type": kind, "price": price, "step_size": step} | ({} if vat is None else {"vat": vat})


def charged(minutes, wh=0, **fields):
    return minutes, wh, Use.CHARGING, fields


def parked(minutes, wh=0, **fields):
    return minutes, wh, Use.IDLE, fields


def held(minutes, by=Holder.PLAN):
    return minutes, 0, Use.HELD, {"held_by": by}


def session(*stretches, at=NOON, zone="UTC") -> SessionFacts:
    """A session of consecutive stretches, each (minutes, Wh, use, other fields)."""
    periods, start = [], at
    for minutes, wh, use, fields in stretches:
        end = start + timedelta(minutes=minutes)
        periods.append(Period(start_at=start, end_at=end, energy_wh=wh, use=use, **fields))
        start = end
    return SessionFacts(time_zone=zone, periods=tuple(periods))


def totals(bill) -> tuple[Decimal, Decimal]:
    return bill.total_net, bill.total_gross


def money(net: str, gross: str) -> tuple[Decimal, Decimal]:
    return Decimal(net), Decimal(gross)

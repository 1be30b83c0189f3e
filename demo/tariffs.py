"""The town's price hints as OCPI tariff elements."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

VAT_PERCENT: Final = "25"
SITE_WITH_A_FEE: Final = "harbour-hub"
MISSED_FEE: Final = "5.00"


def missed_fee() -> dict[str, Any]:
    """What a booking costs whose driver does not come."""
    return {
        "price_components": [_component("FLAT", MISSED_FEE)],
        "restrictions": {"reservation": "RESERVATION_EXPIRES"},
    }


def elements(hint: Mapping[str, Any]) -> list[dict[str, Any]]:
    """OCPI TariffElements: bands by time of day first, then what holds at any other time."""
    bands = [
        {
            "price_components": [_component("ENERGY", band["energy_per_kwh"])],
            "restrictions": {"start_time": band["from"], "end_time": band["to"]},
        }
        for band in hint.get("bands", ())
    ]
    return [*bands, {"price_components": _always(hint)}]


def _always(hint: Mapping[str, Any]) -> list[dict[str, Any]]:
    components = [_component("ENERGY", hint["energy_per_kwh"])]
    if Decimal(hint.get("start_fee", 0)):
        components.append(_component("FLAT", hint["start_fee"]))
    if Decimal(hint.get("time_per_hour", 0)):
        components.append(_component("TIME", hint["time_per_hour"], step_s=60))
    if Decimal(hint.get("idle_per_minute", 0)):
        per_hour = str(Decimal(hint["idle_per_minute"]) * 60)
        components.append(_component("PARKING_TIME", per_hour, step_s=60))
    return components


def _component(kind: str, price: str, *, step_s: int = 1) -> dict[str, Any]:
    return {"type": kind, "price": price, "vat": VAT_PERCENT, "step_size": step_s}

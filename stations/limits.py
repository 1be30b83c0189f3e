"""What a charge may use at most, as a driver or a hold wants it: energy, time, cost. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Self

LARGEST: Final = Decimal(10**9)
"""More is no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeLimits:
    """None: not limited in this. `cost` is in the currency of the station, taxes included."""

    energy_wh: int | None = None
    time_s: int | None = None
    cost: Decimal | None = None

    def __bool__(self) -> bool:
        return any(limit is not None for limit in (self.energy_wh, self.time_s, self.cost))

    def with_cost_at_most(self, ceiling: Decimal) -> Self:
        """The money that is held bounds the cost, whatever the driver asked for (C25, step 9)."""
        return replace(self, cost=ceiling if self.cost is None else min(self.cost, ceiling))

    def to_json(self) -> dict[str, Any]:
        cost = None if self.cost is None else str(self.cost)
        told = {"energy_wh": self.energy_wh, "time_s": self.time_s, "cost": cost}
        return {name: value for name, value in told.items() if value is not None}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        cost = told.get("cost")
        return cls(
            energy_wh=told.get("energy_wh"),
            time_s=told.get("time_s"),
            cost=None if cost is None else Decimal(cost),
        )

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Of a QR code's address: maxenergy (Wh), maxtime (s), maxcost; no more (C25.FR.59, FR.60)."""
        return cls(
            energy_wh=_whole(query.get("maxenergy")),
            time_s=_whole(query.get("maxtime")),
            cost=_positive(query.get("maxcost")),
        )


def _whole(text: str | None) -> int | None:
    number = _positive(text)
    return None if number is None else int(number) or None


def _positive(text: str | None) -> Decimal | None:
    """What is no positive number is no limit: the station applies its own (C25.FR.60, note)."""
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() and 0 < number <= LARGEST else None

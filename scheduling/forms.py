"""The forms of the driver pages. A missing or odd value falls back to a sensible one: a link is no exam."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from django.http import QueryDict

from accounts.models import Vehicle
from core import clock
from payments.selectors.prices import Payer
from scheduling.selectors.offers import Need
from scheduling.selectors.places import Wish
from stations.models import Connector, Location

BATTERY_WH: Final = 60_000
USUAL_W: Final = 50_000
FAST_W: Final = 150_000
CHEAP: Final = Decimal("0.50")
DEAREST: Final = 10
SORTS: Final = ("best", "near", "price", "power")
NEEDS: Final = ("level", "time", "budget")
DAYS_AHEAD: Final = 6


def read_wish(query: QueryDict, vehicle: Vehicle | None, user_id: int | None = None) -> Wish:
    """The filters of the find page from its URL. `car=0` switches the own car's filter off; `power` is in
    kW, `most` in the site's currency; `fast` and `cheap` are the quick ways to the same. `user_id`: whose
    saved places `saved` means, and whose prices are asked for."""
    return Wish(
        text="".join(c for c in query.get("q", "") if c.isprintable()).strip()[:80],
        vehicle=vehicle if query.get("car", "1") != "0" else None,
        only_free="free" in query,
        min_power_w=max(FAST_W if "fast" in query else 0, 1000 * _number(query.get("power"), 0, 0, 1000)),
        plugs=frozenset(query.getlist("plug")) & frozenset(Connector.Standard.values),
        most=min((most for most in _prices(query) if most), default=None),
        saved_of=user_id if "saved" in query else None,
        near=_point(query.get("at", "")),
        sort=_one_of(query.get("sort"), SORTS),
        payer=Payer(user_id=user_id),
    )


def _prices(query: QueryDict) -> tuple[Decimal | None, Decimal | None]:
    return CHEAP if "cheap" in query else None, read_price(query.get("most", ""))


def read_price(text: str) -> Decimal | None:
    """A price per kWh as the address has it; None for what is none."""
    try:
        asked = Decimal(text or 0)
    except InvalidOperation:
        return None
    return asked if asked.is_finite() and 0 < asked < DEAREST else None


def read_code(text: str) -> str:
    """A stall's code as the table has it, whatever was typed between its letters."""
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum())[:12]


def _point(text: str) -> tuple[float, float] | None:
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedInput:
    """What the need form says, always complete. Levels are percent, `budget` in the site's currency."""

    by: str
    have: int
    to: int
    minutes: int
    budget: Decimal
    leave: time | None
    day: date
    slot: str

    @classmethod
    def read(cls, query: QueryDict | dict[str, Any], location: Location) -> Self:
        have = _number(query.get("have"), 30, 0, 95)
        return cls(
            by=_one_of(query.get("by"), NEEDS),
            have=have,
            to=max(have + 5, _number(query.get("to"), 80, 5, 100)),
            minutes=_number(query.get("minutes"), 45, 15, 720),
            budget=Decimal(_number(query.get("budget"), 15, 1, 500)),
            leave=_time(query.get("leave")),
            day=_day(query.get("day"), location),
            slot=str(query.get("slot") or ""),
        )

    def need(self, location: Location, vehicle: Vehicle | None, price_per_kwh: Decimal) -> Need:
        """In watt-hours and instants. A budget buys energy at the price that is asked now."""
        battery_wh = (vehicle.battery_wh if vehicle else None) or BATTERY_WH
        level_wh = battery_wh * (self.to - self.have) // 100
        energy_wh = {
            "level": level_wh,
            "time": min(battery_wh, _usual_w(vehicle) * self.minutes // 60),
            "budget": min(battery_wh, int(self.budget / price_per_kwh * 1000)) if price_per_kwh else level_wh,
        }[self.by]
        return Need(
            energy_wh=max(1000, energy_wh),
            standards=frozenset(vehicle.connector_standards if vehicle else ()),
            max_ac_w=vehicle.max_ac_w if vehicle else None,
            max_dc_w=vehicle.max_dc_w if vehicle else None,
            minutes=self.minutes if self.by == "time" else None,
            leave_at=self._leave_at(location),
        )

    def _leave_at(self, location: Location) -> datetime | None:
        if self.leave is None:
            return None
        return datetime.combine(self.day, self.leave, ZoneInfo(location.time_zone))


def _usual_w(vehicle: Vehicle | None) -> int:
    return (vehicle.max_dc_w or vehicle.max_ac_w if vehicle else None) or USUAL_W


def _number(text: Any, default: int, low: int, high: int) -> int:
    try:
        return min(high, max(low, int(Decimal(str(text)))))
    except (InvalidOperation, ValueError, OverflowError):
        return default


def _one_of(text: Any, known: Sequence[str]) -> str:
    """The word when it is known, else the first of the known ones."""
    return str(text) if text in known else known[0]


def _time(text: Any) -> time | None:
    try:
        return time.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def _day(text: Any, location: Location) -> date:
    """A day from today to a week on, on the site's calendar."""
    today = clock.now().astimezone(ZoneInfo(location.time_zone)).date()
    try:
        wanted = date.fromisoformat(str(text))
    except ValueError:
        return today
    return min(max(wanted, today), today + timedelta(days=DAYS_AHEAD))

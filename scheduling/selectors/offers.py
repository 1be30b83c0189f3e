"""The times that a driver's need fits into on one day at one site, and the one to recommend."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from core import clock
from payments.models import Tariff
from payments.selectors.prices import PUBLIC, Payer
from payments.services.pricing import tariffs_for
from scheduling.selectors.availability import Quarter, availability
from scheduling.selectors.prices import Estimate, estimate, price_of
from scheduling.selectors.stalls import StallNow
from scheduling.times import STEP
from stations.models import Location

EVERY: Final = 2  # a start is offered each half hour
UNUSABLE: Final = ("faulted", "unavailable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What the car needs. `minutes` fixes the length; else it follows from the energy."""

    energy_wh: int
    standards: frozenset[str] = frozenset()
    max_ac_w: int | None = None
    max_dc_w: int | None = None
    minutes: int | None = None
    leave_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One start. `stall` is the one that would be booked; None when every stall is taken."""

    start_at: datetime
    end_at: datetime
    free: int
    total: int
    stall: StallNow | None
    per_kwh: Decimal
    is_low: bool = False

    @property
    def value(self) -> str:
        """What the form sends: start, minutes and stall code."""
        code = self.stall.evse.code if self.stall else ""
        minutes = int((self.end_at - self.start_at).total_seconds() // 60)
        return f"{self.start_at:%Y%m%dT%H%M}Z-{minutes}-{code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommended:
    slot: Slot
    reason: str
    estimate: Estimate


def suitable(stalls: Sequence[StallNow], need: Need) -> list[StallNow]:
    """Stalls that work and that the car's plugs fit."""
    return [
        stall
        for stall in stalls
        if stall.word not in UNUSABLE and (not need.standards or need.standards & set(stall.standards))
    ]


def power_w(stall: StallNow, need: Need) -> int:
    """What this car gets at this stall when nobody shares it."""
    car_w = need.max_dc_w if stall.evse.current_type == "dc" else need.max_ac_w
    return min(stall.evse.max_power_w, car_w or stall.evse.max_power_w)


def steps_at(stall: StallNow, need: Need) -> int:
    """Quarters of an hour that the need takes here, at least one."""
    seconds = need.minutes * 60 if need.minutes else need.energy_wh * 3600 / max(1, power_w(stall, need))
    return max(1, math.ceil(seconds / STEP.total_seconds()))


def slots_of(
    location: Location, day: date, stalls: Sequence[StallNow], need: Need, payer: Payer = PUBLIC
) -> list[Slot]:
    """The day's starts from now on, each with how many suitable stalls are free for the whole time.

    The prices are those of `payer`.
    """
    usable = suitable(stalls, need)
    quarters = availability(location_id=location.pk, day=day)
    tariffs = tariffs_for([stall.evse.pk for stall in usable], clock.now(), payer)
    slots = list(_slots(location, quarters, usable, need, tariffs))
    lowest = min((slot.per_kwh for slot in slots if slot.stall), default=None)
    highest = max((slot.per_kwh for slot in slots if slot.stall), default=None)
    return [replace(slot, is_low=lowest != highest and slot.per_kwh == lowest) for slot in slots]


def _slots(
    location: Location,
    quarters: Sequence[Quarter],
    usable: Sequence[StallNow],
    need: Need,
    tariffs: Mapping[int, Tariff],
) -> Iterator[Slot]:
    soonest = clock.now()
    for number in range(len(quarters)):
        start_at = quarters[number].start_at
        is_offered = start_at.minute % (15 * EVERY) == 0
        if start_at < soonest or not is_offered:
            continue
        free = [stall for stall in usable if _is_free(quarters, number, stall, need)]
        stall = max(free, key=lambda one: _taste(one, need), default=None)
        shown = stall or (usable[0] if usable else None)
        if shown is None:
            return
        tariff = tariffs.get(shown.evse.pk)
        yield Slot(
            start_at=start_at,
            end_at=start_at + steps_at(shown, need) * STEP,
            free=len(free),
            total=len(usable),
            stall=stall,
            per_kwh=price_of(tariff, location.time_zone, start_at).per_kwh if tariff else Decimal(0),
        )


def _taste(stall: StallNow, need: Need) -> tuple[int, bool, int]:
    """The most power for this car, then a stall that is free already, then no more power than it uses."""
    return power_w(stall, need), stall.is_free, -stall.evse.max_power_w


def _is_free(quarters: Sequence[Quarter], first: int, stall: StallNow, need: Need) -> bool:
    """Free in each quarter of the charge; a charge over midnight is offered on the next day only."""
    wanted = quarters[first : first + steps_at(stall, need)]
    return len(wanted) == steps_at(stall, need) and all(stall.evse.pk in q.evse_ids for q in wanted)


def recommend(slots: Sequence[Slot], need: Need, payer: Payer = PUBLIC) -> Recommended | None:
    """The cheapest start that is over in time, the soonest of those; with its reason and its price."""
    free = [slot for slot in slots if slot.stall]
    in_time = [slot for slot in free if need.leave_at is None or slot.end_at <= need.leave_at]
    best = min(in_time or free, key=lambda slot: (slot.per_kwh, slot.start_at), default=None)
    if best is None:
        return None
    reason = _reason(best, free, need, is_in_time=bool(in_time))
    return Recommended(slot=best, reason=reason, estimate=estimate_of(best, need, payer))


def estimate_of(slot: Slot, need: Need, payer: Payer = PUBLIC) -> Estimate:
    """What the need would cost in this slot. The slot has a stall."""
    if slot.stall is None:
        raise ValueError("a slot without a free stall has no price")
    evse = slot.stall.evse
    charging = timedelta(seconds=need.energy_wh * 3600 / max(1, power_w(slot.stall, need)))
    tariff = tariffs_for([evse.pk], clock.now(), payer).get(evse.pk)
    return estimate(
        tariff,
        evse=evse,
        energy_wh=need.energy_wh,
        charging=min(charging, slot.end_at - slot.start_at),
        at=slot.start_at,
    )


def _reason(best: Slot, free: Sequence[Slot], need: Need, *, is_in_time: bool) -> str:
    is_cheaper = best.per_kwh < max(slot.per_kwh for slot in free)
    if need.leave_at and not is_in_time:
        return _("Nothing is over in time; this is the best there is")
    if need.leave_at and is_cheaper:
        return _("Cheapest slot that is over in time")
    if is_cheaper:
        return _("Cheapest slot of the day")
    return _("Soonest free slot")

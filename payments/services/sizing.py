"""How much is held before energy flows: what this car can cost at this stall, at most what the tariff says.

A hold is an upper bound (MONEY rule 7), and the driver's money meanwhile. Where we know the driver's cars,
all that can come is a full battery of the dearest one and two hours of staying; where we do not, the
tariff's own figure holds. What is held is shown before the start.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from accounts.models import User, Vehicle
from core.money import exponent, to_minor
from payments.models import Tariff
from payments.selectors import keeps_start_prices
from payments.services.pricing import preview
from stations.models import Evse

LOSSES_PERCENT: Final = 115
"""What the meter counts beyond what the battery takes."""
TAPER_PERCENT: Final = 140
"""The last fifth of a battery takes longer than its share."""
STAYING: Final = timedelta(hours=2)


def hold_for(*, tariff: Tariff, evse: Evse, driver: User | None) -> int:
    """Minor units to hold for this driver here."""
    return sized_hold(tariff=tariff, evse=evse, vehicles=vehicles_of(driver))


def vehicles_of(driver: User | None) -> Collection[Vehicle]:
    """The driver's cars, if we know every battery: an unknown one could be larger."""
    if driver is None:
        return ()
    known = list(Vehicle.objects.filter(user=driver))
    return known if all(vehicle.battery_wh for vehicle in known) else ()


def sized_hold(*, tariff: Tariff, evse: Evse, vehicles: Collection[Vehicle]) -> int:
    """The dearest full charge of these cars, rounded up to whole units of the currency."""
    if not vehicles:
        return tariff.hold_minor
    dearest = max(_full_charge_minor(tariff, evse, vehicle) for vehicle in vehicles)
    unit = int(10 ** exponent(tariff.currency))
    return min(tariff.hold_minor, max(unit, -(-dearest // unit) * unit))


def _full_charge_minor(tariff: Tariff, evse: Evse, vehicle: Vehicle) -> int:
    energy_wh = (vehicle.battery_wh or 0) * LOSSES_PERCENT // 100
    power_w = min(filter(None, (evse.max_power_w, _most_w(evse, vehicle))))
    bill = preview(
        tariff=tariff,
        time_zone=evse.station.location.time_zone,
        energy_wh=energy_wh,
        charging=timedelta(seconds=energy_wh * 3600 * TAPER_PERCENT // (power_w * 100)),
        idle=timedelta(minutes=tariff.idle_grace_minutes) + STAYING,
        is_frozen=keeps_start_prices(evse.station.location),
    )
    return to_minor(bill.total_gross, bill.currency)


def _most_w(evse: Evse, vehicle: Vehicle) -> int | None:
    return vehicle.max_dc_w if evse.current_type == Evse.Current.DC else vehicle.max_ac_w

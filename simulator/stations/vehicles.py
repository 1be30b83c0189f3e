"""Cars: how much they take of what they are offered. Pure.

The battery is the truth; `accept` says what a car draws at one moment, `store` fills it.
Numbers are of the size that real cars show: an AC car needs 6 A (IEC 61851), a DC car tapers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from simulator.stations.spec import NOMINAL_V, Current

MIN_AC_A: Final = 6.0
MIN_DC_W: Final = 1_000.0
AC_EFFICIENCY: Final = 0.90
DC_EFFICIENCY: Final = 0.96

DC_CURVE: Final = (
    (0, 0.85),
    (8, 1.0),
    (45, 1.0),
    (60, 0.72),
    (80, 0.42),
    (90, 0.22),
    (97, 0.09),
    (100, 0.03),
)
"""Share of the best DC power a car takes, by state of charge in percent."""
AC_CURVE: Final = ((0, 1.0), (96, 1.0), (100, 0.35))


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSpec:
    """A model of car. `max_dc_w` 0: it cannot take DC. `pack_v` is the battery's nominal voltage."""

    name: str
    battery_wh: int
    max_ac_w: int = 11_000
    ac_phases: int = 3
    max_dc_w: int = 100_000
    pack_v: float = 400.0


@dataclass(frozen=True, slots=True)
class Offer:
    """What an EVSE offers now. AC: amperes per phase over `phases`; DC: watts. `max_a` bounds both."""

    current: Current
    max_w: float
    max_a: float
    phases: int = 3


@dataclass(frozen=True, slots=True)
class Flow:
    """Power at the outlet. `state` is a 2.0.1 charging state; amperes are per phase."""

    state: str
    power_w: float = 0.0
    current_a: float = 0.0
    voltage_v: float = NOMINAL_V
    phases: int = 0
    offered_w: float = 0.0


@dataclass(slots=True, kw_only=True)
class Vehicle:
    """One car with its present charge. It stops by itself at `target_percent`."""

    spec: VehicleSpec
    soc_percent: float = 40.0
    target_percent: float = 100.0
    handshake_s: float = 6.0

    @property
    def is_full(self) -> bool:
        return self.soc_percent >= self.target_percent - 1e-6

    def wanted_wh(self) -> float:
        """What still fits, counted in the battery."""
        return max(0.0, (self.target_percent - self.soc_percent) / 100 * self.spec.battery_wh)

    def store(self, outlet_wh: float, current: Current) -> None:
        """Take energy measured at the outlet; charging losses are the car's (AC) or small (DC)."""
        gained = outlet_wh * efficiency(current) / self.spec.battery_wh * 100
        self.soc_percent = min(100.0, self.soc_percent + gained)

    def hours_to_full(self, power_w: float, current: Current) -> float:
        return self.wanted_wh() / efficiency(current) / power_w if power_w > 0 else float("inf")

    def accept(self, offer: Offer) -> Flow:
        """What this car draws of that offer."""
        return self._accept_ac(offer) if offer.current == "AC" else self._accept_dc(offer)

    def _accept_ac(self, offer: Offer) -> Flow:
        phases = min(offer.phases, self.spec.ac_phases)
        offered_w = offer.max_a * NOMINAL_V * offer.phases
        if self.is_full:
            return Flow("SuspendedEV", offered_w=offered_w)
        if offer.max_a < MIN_AC_A:
            return Flow("SuspendedEVSE", offered_w=offered_w)
        car_a = self.spec.max_ac_w / (NOMINAL_V * self.spec.ac_phases) * along(AC_CURVE, self.soc_percent)
        amperes = min(offer.max_a, max(MIN_AC_A, car_a))
        return Flow("Charging", amperes * NOMINAL_V * phases, amperes, NOMINAL_V, phases, offered_w)

    def _accept_dc(self, offer: Offer) -> Flow:
        volts = self.spec.pack_v * (0.86 + 0.16 * self.soc_percent / 100)
        offered_w = min(offer.max_w, offer.max_a * volts)
        if self.is_full or self.spec.max_dc_w <= 0:
            return Flow("SuspendedEV", voltage_v=volts, offered_w=offered_w)
        if offered_w < MIN_DC_W:
            return Flow("SuspendedEVSE", voltage_v=volts, offered_w=offered_w)
        watts = min(offered_w, self.spec.max_dc_w * along(DC_CURVE, self.soc_percent))
        return Flow("Charging", watts, watts / volts, volts, 0, offered_w)


def efficiency(current: Current) -> float:
    return AC_EFFICIENCY if current == "AC" else DC_EFFICIENCY


def along(curve: tuple[tuple[float, float], ...], at: float) -> float:
    """Piecewise linear interpolation."""
    for (left, low), (right, high) in pairwise(curve):
        if at <= right:
            return low + (high - low) * (max(at, left) - left) / (right - left)
    return curve[-1][1]


CATALOG: Final[dict[str, VehicleSpec]] = {
    spec.name: spec
    for spec in (
        VehicleSpec(name="City hatch", battery_wh=36_000, max_ac_w=7_400, ac_phases=1, max_dc_w=50_000),
        VehicleSpec(name="Compact", battery_wh=58_000, max_ac_w=11_000, max_dc_w=120_000),
        VehicleSpec(name="Family wagon", battery_wh=77_000, max_ac_w=11_000, max_dc_w=150_000),
        VehicleSpec(name="Long ranger", battery_wh=82_000, max_ac_w=11_000, max_dc_w=200_000),
        VehicleSpec(name="Tourer 800", battery_wh=84_000, max_ac_w=11_000, max_dc_w=240_000, pack_v=720.0),
        VehicleSpec(name="Rapid AC", battery_wh=52_000, max_ac_w=22_000, max_dc_w=100_000),
        VehicleSpec(name="Plug-in hybrid", battery_wh=14_000, max_ac_w=3_680, ac_phases=1, max_dc_w=0),
        VehicleSpec(name="Delivery van", battery_wh=68_000, max_ac_w=11_000, max_dc_w=80_000),
    )
}
"""The cars of the town, by name."""

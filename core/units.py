"""Conversions between the units we store and the units people read. Pure."""

from __future__ import annotations

from decimal import Decimal


def kwh(energy_wh: int) -> Decimal:
    return Decimal(energy_wh) / 1000


def kw(power_w: int) -> Decimal:
    return Decimal(power_w) / 1000


def watts(*, limit_a: int, phases: int, voltage_v: int = 230) -> int:
    """Power of so many amperes per phase."""
    return limit_a * phases * voltage_v


def amperes(*, power_w: int, phases: int, voltage_v: int = 230) -> int:
    """Whole amperes per phase, rounded down so that the power is never exceeded."""
    return power_w // (phases * voltage_v)

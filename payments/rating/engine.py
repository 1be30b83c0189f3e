"""`rate`: the one function that prices a charge. Pure (MONEY rule 1).

The same function prices the preview, the live screen, the receipt and the charge record.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction

from core.money import exponent, from_minor
from payments.rating.bill import Bill, BilledPeriod, LeftOut, Line, tax_totals
from payments.rating.cutting import HOUR_S, SECOND_US, Cutter, Number, instant
from payments.rating.facts import SessionFacts, Use
from payments.rating.metering import Metered, Volume, seconds
from payments.rating.policy import POLICY, Policy
from payments.rating.tariff import ALWAYS, Dimension, Tariff
from payments.rating.totals import Part, apportion, half_up, limited, taxed

UNITS = {
    Dimension.ENERGY: 1000,
    Dimension.FLAT: 1,
    Dimension.TIME: HOUR_S * SECOND_US,
    Dimension.PARKING_TIME: HOUR_S * SECOND_US,
}


def rate(tariff: Tariff, facts: SessionFacts, policy: Policy = POLICY) -> Bill:
    """The bill of a session under a tariff. Total: it answers for any facts, empty ones included."""
    metered = Metered(grace_us=tariff.idle_grace_s * SECOND_US)
    if facts.periods:
        metered.take(Cutter(tariff, facts).pieces())
    volumes = _payable(metered, policy)
    parts = [_part(volume, tariff, index) for index, volume in enumerate(volumes)]
    has_energy = metered.energy_wh > 0 or not policy.minimum_needs_energy
    bill = _bill(tariff, metered, volumes, limited(parts, tariff, lift=has_energy))
    return replace(bill, frozen_at=facts.frozen_at)


def _payable(metered: Metered, policy: Policy) -> list[Volume]:
    volumes = metered.volumes.values()
    if metered.energy_wh > 0 or not policy.flat_needs_energy:
        return list(volumes)
    return [volume for volume in volumes if volume.dimension is not Dimension.FLAT]


def _part(volume: Volume, tariff: Tariff, index: int) -> Part:
    component = volume.choice.component
    billed = Fraction(volume.amount + volume.extra) / UNITS[volume.dimension]
    return taxed(volume.dimension, Fraction(component.price) * billed, component.vat, tariff, index)


def _bill(tariff: Tariff, metered: Metered, volumes: list[Volume], parts: list[Part]) -> Bill:
    lines = _lines(tariff, volumes, parts)
    zero = from_minor(0, tariff.currency)
    return Bill(
        currency=tariff.currency,
        lines=lines,
        taxes=tax_totals(lines),
        left_out=_left_out(metered),
        periods=_periods(metered),
        total_net=sum((line.net for line in lines), zero),
        total_tax=sum((line.tax for line in lines), zero),
        total_gross=sum((line.gross for line in lines), zero),
        energy_wh=_decimal(metered.energy_wh),
        charging_s=_decimal(seconds(metered.used_us[Use.CHARGING])),
        idle_s=_decimal(seconds(metered.used_us[Use.IDLE])),
        held_s=_decimal(seconds(metered.used_us[Use.HELD])),
    )


def _lines(tariff: Tariff, volumes: list[Volume], parts: list[Part]) -> tuple[Line, ...]:
    scale = 10 ** exponent(tariff.currency)
    gross = [part.gross * scale for part in parts]
    tax = [(part.gross - part.net) * scale for part in parts]
    gross_minor = apportion(gross, half_up(sum(gross, Fraction(0))))
    tax_minor = apportion(tax, half_up(sum(tax, Fraction(0))))
    return tuple(
        _line(tariff, volumes, part, from_minor(whole, tariff.currency), from_minor(of_tax, tariff.currency))
        for part, whole, of_tax in zip(parts, gross_minor, tax_minor, strict=True)
    )


def _line(tariff: Tariff, volumes: list[Volume], part: Part, gross: Decimal, tax: Decimal) -> Line:
    adjustment = Line(
        kind=part.kind,
        measured=Decimal(1),
        billed=Decimal(1),
        price=gross - tax,
        step_size=1,
        vat=part.vat,
        net=gross - tax,
        tax=tax,
        gross=gross,
        element=-1,
    )
    return adjustment if part.source is None else _of_volume(adjustment, tariff, volumes[part.source])


def _of_volume(line: Line, tariff: Tariff, volume: Volume) -> Line:
    unit = SECOND_US if volume.dimension in (Dimension.TIME, Dimension.PARKING_TIME) else 1
    element = tariff.elements[volume.choice.element]
    return replace(
        line,
        measured=_decimal(Fraction(volume.amount) / unit),
        billed=_decimal(Fraction(volume.amount + volume.extra) / unit),
        price=volume.choice.component.price,
        step_size=volume.choice.component.step_size,
        element=volume.choice.element,
        why=element.restrictions or ALWAYS,
        from_at=instant(volume.from_us),
        to_at=instant(volume.to_us),
    )


def _left_out(metered: Metered) -> tuple[LeftOut, ...]:
    reasons = metered.left_out_us.items()
    return tuple(LeftOut(reason=reason, seconds=_decimal(seconds(us))) for reason, us in reasons)


def _periods(metered: Metered) -> tuple[BilledPeriod, ...]:
    return tuple(
        BilledPeriod(
            start_at=instant(block.start_us),
            use=block.use.value,
            energy_wh=_decimal(block.energy_wh),
            seconds=_decimal(seconds(block.duration_us)),
        )
        for block in metered.blocks
    )


def _decimal(value: Number) -> Decimal:
    """A volume for people and records, to a millionth; never used to compute an amount."""
    fraction = Fraction(value)
    with localcontext() as context:
        context.prec = 50
        found = Decimal(fraction.numerator) / fraction.denominator
        return found.quantize(Decimal("0.000001")).normalize() + Decimal(0)

"""Figures as people read them, in the active language: money, energy, power, age.

Everything returns plain text; templates use the tags of the same names.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core import clock
from core.money import exponent, quantize

_SYMBOLS: Final = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "SEK": "kr", "NOK": "kr", "DKK": "kr"}
_TENTH: Final = Decimal("0.1")


def money_text(amount: Any, currency: str | None = None, *, is_price: bool = False) -> str:
    """'€8.74'. Takes a `core.money.Money`, or an amount and its currency.

    A price per unit (`is_price`) keeps up to four decimals; an amount is rounded to the minor unit.
    """
    value, code = _amount_of(amount, currency)
    decimals = exponent(code)
    if is_price:
        decimals = max(decimals, min(4, _significant_decimals(value)))
    else:
        value = quantize(value, code)
    number = number_format(abs(value), decimal_pos=decimals, force_grouping=True)
    text = pgettext("money", "%(symbol)s%(number)s") % {
        "symbol": currency_symbol(code),
        "number": number,
    }
    return f"−{text}" if value < 0 else text


def currency_symbol(code: str) -> str:
    """'€', or the code with a space for currencies without one of their own."""
    return _SYMBOLS.get(code, f"{code} ")


def _amount_of(amount: Any, currency: str | None) -> tuple[Decimal, str]:
    if hasattr(amount, "amount"):
        return Decimal(amount.amount), str(amount.currency)
    return Decimal(amount), str(currency or "EUR")


def _significant_decimals(value: Decimal) -> int:
    exponent_ = value.normalize().as_tuple().exponent
    return max(0, -exponent_) if isinstance(exponent_, int) else 0


def kwh_text(energy_wh: int | Decimal | None) -> str:
    """'22.4 kWh', '77 kWh'; from a megawatt-hour on '6.84 MWh'; a dash when unknown."""
    if energy_wh is None:
        return "–"
    energy_kwh = Decimal(energy_wh) / 1000
    if abs(energy_kwh) >= 1000:
        return f"{_number(energy_kwh / 1000, 2)} MWh"
    is_round = energy_kwh >= 10 and energy_kwh == int(energy_kwh)
    return f"{_number(energy_kwh, 0 if is_round else 1)} kWh"


def register_text(energy_wh: int | Decimal | None) -> str:
    """A meter's reading as the meter shows it: '305,349.464 kWh'; a dash when unknown."""
    return "–" if energy_wh is None else f"{_number(Decimal(energy_wh) / 1000, 3)} kWh"


def kw_text(power_w: int | Decimal | None) -> str:
    """'122 kW', with one decimal below 10 kW ('7.4 kW'); a dash when unknown."""
    if power_w is None:
        return "–"
    kilowatts = (Decimal(power_w) / 1000).quantize(_TENTH, rounding=ROUND_HALF_UP)
    is_whole = kilowatts >= 10 or kilowatts == int(kilowatts)
    return f"{_number(kilowatts, 0 if is_whole else 1)} kW"


def _number(value: Decimal, decimals: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return number_format(rounded, decimal_pos=decimals, force_grouping=True)


def ago_text(at: datetime | None, *, now: datetime | None = None) -> str:
    """'8 s ago', '3 min ago', '2 h ago', '5 days ago'; 'never' when there is none."""
    if at is None:
        return _("never")
    seconds = max(0, int(((now or clock.now()) - at).total_seconds()))
    if seconds < 60:
        return _("%(n)d s ago") % {"n": seconds}
    if seconds < 3600:
        return _("%(n)d min ago") % {"n": seconds // 60}
    if seconds < 86_400:
        return _("%(n)d h ago") % {"n": seconds // 3600}
    days = seconds // 86_400
    return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}


def ago_words() -> str:
    """The patterns of `ago_text`, for static/js/live.js, which keeps counting."""
    return "|".join((_("%(n)d s ago"), _("%(n)d min ago"), _("%(n)d h ago"))).replace("%(n)d", "%")


def duration_text(seconds: float) -> str:
    """'12 min', '1 h 05 min'."""
    minutes = max(0, round(seconds / 60))
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    hours, rest = divmod(minutes, 60)
    return _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": rest}

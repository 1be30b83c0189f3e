"""A tariff while somebody writes it: as a form with bands, or as OCPI text. Both become the same fields."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organization
from core import clock
from core.money import from_minor, to_minor
from payments.forms import BANDS_AT_MOST, BandSet, OcpiForm, SampleForm, TariffForm
from payments.models import Tariff
from payments.rating import ocpi
from payments.rating.bill import Bill
from payments.rating.explain import Explained, explain, explain_left_out
from payments.rating.plain import (
    FIELDS,
    OF_RESERVATIONS,
    Band,
    PlainTariff,
    fields_of,
    plain_of,
    prices_charging,
    text,
)
from payments.rating.reserving import rate_reservation
from payments.rating.tariff import DAYS, TaxIncluded
from payments.services.pricing import as_ocpi, as_rated, preview
from payments.words import speech

PRICES: Final = ("vat", *FIELDS, *OF_RESERVATIONS, "min_price", "max_price")
KEPT: Final = ("currency", "tax_included", "elements", "min_price", "max_price")
SHOWN: Final = (*KEPT, "x_idle_grace_s")
HOLD: Final = Decimal(50)
KEPT_FOR: Final = timedelta(minutes=15)
EMPTY: Final = {
    "tax_included": "YES",
    "elements": [{"price_components": [{"type": "ENERGY", "price": "0.49", "vat": "19", "step_size": 1}]}],
}


class PlainDraft:
    """In an operator's words."""

    template = "payments/_tariff_plain.html"
    is_plain = True

    def __init__(
        self, organization: Organization, tariff: Tariff | None, data: QueryDict | None = None
    ) -> None:
        plain = plain_of(as_rated(tariff)) if tariff else None
        initial = _initial(tariff, plain) if tariff and plain else _blank(organization)
        self.form = TariffForm(data, initial=initial)
        bands = [_band_initial(band) for band in plain.bands] if plain else []
        self.bands = BandSet(data, initial=bands, prefix="bands")

    def is_valid(self) -> bool:
        both = [self.form.is_valid(), self.bands.is_valid()]
        if all(both) and not prices_charging(self.fields()["elements"]):
            self.form.add_error("per_kwh", _("Write at least one price; 0 makes charging free."))
            return False
        return all(both)

    def fields(self) -> dict[str, Any]:
        """What the services ask for."""
        said = self.form.cleaned_data
        plain = PlainTariff(
            tax_included=TaxIncluded(said["tax_included"]),
            step_s=said["step_s"],
            bands=tuple(_band(row) for row in self.bands.cleaned_data if row and not row.get("DELETE")),
            **{name: said[name] for name in PRICES},
        )
        return fields_of(plain, said["currency"]) | {
            "name": said["name"],
            "idle_grace_minutes": said["idle_grace_minutes"] or 0,
            "hold_minor": to_minor(said["hold"], said["currency"]),
        }


class OcpiDraft:
    """As OCPI writes it."""

    template = "payments/_tariff_ocpi.html"
    is_plain = False

    def __init__(
        self, organization: Organization, tariff: Tariff | None, data: QueryDict | None = None
    ) -> None:
        shown = as_ocpi(tariff) if tariff else {"currency": organization.currency, **EMPTY}
        initial = {
            "name": tariff.name if tariff else "",
            "hold": _hold(tariff),
            "text": json.dumps({name: shown[name] for name in SHOWN if name in shown}, indent=2),
        }
        self.form = OcpiForm(data, initial=initial)

    def is_valid(self) -> bool:
        return self.form.is_valid()

    def fields(self) -> dict[str, Any]:
        said = self.form.cleaned_data
        shaped = said["text"]
        return {name: shaped.get(name) for name in KEPT} | {
            "name": said["name"],
            "idle_grace_minutes": shaped.get("x_idle_grace_s", 0) // 60,
            "hold_minor": to_minor(said["hold"], shaped["currency"]),
        }


Draft = PlainDraft | OcpiDraft


def has_plain_form(tariff: Tariff) -> bool:
    return plain_of(as_rated(tariff)) is not None


def with_another_band(data: QueryDict) -> QueryDict:
    """The same with one more empty row, on every day."""
    more = data.copy()
    said = more.get("bands-TOTAL_FORMS", "")
    rows = int(said) if said.isdecimal() and len(said) < 4 else 0
    if rows < BANDS_AT_MOST:
        more["bands-TOTAL_FORMS"] = str(rows + 1)
        more.setlist(f"bands-{rows}-days", DAYS)
    return more


def _blank(organization: Organization) -> dict[str, Any]:
    return {"currency": organization.currency, "tax_included": "YES", "hold": text(HOLD), "step_s": 60}


def _initial(tariff: Tariff, plain: PlainTariff) -> dict[str, Any]:
    prices = {name: getattr(plain, name) for name in PRICES}
    return {
        **{name: price_text(value) for name, value in prices.items() if value is not None},
        "name": tariff.name,
        "currency": tariff.currency,
        "tax_included": tariff.tax_included,
        "step_s": plain.step_s,
        "idle_grace_minutes": tariff.idle_grace_minutes or None,
        "hold": _hold(tariff),
    }


def _hold(tariff: Tariff | None) -> str:
    return text(from_minor(tariff.hold_minor, tariff.currency) if tariff else HOLD)


def price_text(value: Decimal) -> str:
    """As one types it: 0.5 becomes 0.50, what has more digits keeps them."""
    trimmed = value.normalize()
    is_short = -int(trimmed.as_tuple().exponent) == 1
    return f"{trimmed:.2f}" if is_short else text(value)


def _band_initial(band: Band) -> dict[str, Any]:
    return {
        "days": sorted(band.days),
        "start": band.start,
        "end": band.end,
        "per_kwh": price_text(band.per_kwh),
    }


def _band(row: dict[str, Any]) -> Band:
    return Band(days=frozenset(row["days"]), start=row["start"], end=row["end"], per_kwh=row["per_kwh"])


# --- a sample charge -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A sample charge with its price, explained."""

    bill: Bill
    lines: tuple[Explained, ...]
    left_out: tuple[str, ...]
    came: Bill
    """What whoever booked and came in time pays beside it."""
    missed: Bill
    """What whoever did not come pays."""


def sample_form(data: QueryDict | None = None) -> SampleForm:
    noon = timezone.localtime(clock.now()).replace(hour=12, minute=0)
    initial = {"start_at": noon, "minutes": 30, "kwh": 30, "idle": 20}
    return SampleForm(data, initial=initial, prefix="sample")


def priced(organization: Organization, fields: dict[str, Any], sample: SampleForm) -> Priced:
    """What the sample would cost, by the one rating function. Raises InvalidTariff."""
    said = sample.cleaned_data if sample.is_bound else sample.initial
    tariff, start = Tariff(organization=organization, **fields), said["start_at"]
    bill = preview(
        tariff=tariff,
        time_zone=organization.time_zone,
        energy_wh=int(said["kwh"] * 1000),
        charging=timedelta(minutes=said["minutes"]),
        idle=timedelta(minutes=said["idle"]),
        at=start,
    )
    kept = {"time_zone": organization.time_zone, "reserved_at": start}
    return Priced(
        bill=bill,
        lines=explain(bill, speech()),
        left_out=explain_left_out(bill.left_out, speech()),
        came=rate_reservation(as_rated(tariff), **kept, ended_at=start, is_expired=False),
        missed=rate_reservation(as_rated(tariff), **kept, ended_at=start + KEPT_FOR, is_expired=True),
    )


def fields_of_row(tariff: Tariff) -> dict[str, Any]:
    """A saved tariff as a draft's fields."""
    return {name: getattr(tariff, name) for name in (*KEPT, "name", "idle_grace_minutes", "hold_minor")}


def export(tariff: Tariff) -> dict[str, Any]:
    """A tariff as a partner reads it."""
    alt_text = [{"language": "en", "text": tariff.name}]
    return {**ocpi.to_ocpi(as_rated(tariff)), "tariff_alt_text": alt_text}

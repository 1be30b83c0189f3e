"""The forms of the account page. Units people type are kWh and kW; what is stored is Wh and W."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

STANDARDS: Final = [
    ("IEC_62196_T2", _("Type 2")),
    ("IEC_62196_T2_COMBO", _("CCS")),
    ("CHADEMO", _("CHAdeMO")),
    ("SAE_J3400", _("NACS")),
]


class VehicleForm(forms.Form):
    """A car; only its name is needed."""

    name = forms.CharField(
        label=_("Car"), max_length=60, widget=forms.TextInput(attrs={"placeholder": _("ID.4")})
    )
    battery_kwh = forms.DecimalField(
        label=_("Battery, kWh"), min_value=1, max_value=1000, decimal_places=1, required=False
    )
    max_ac_kw = forms.DecimalField(
        label=_("Fastest AC, kW"), min_value=1, max_value=100, decimal_places=1, required=False
    )
    max_dc_kw = forms.DecimalField(
        label=_("Fastest DC, kW"), min_value=1, max_value=1000, decimal_places=1, required=False
    )
    connector_standards = forms.MultipleChoiceField(
        label=_("Plugs"), choices=STANDARDS, required=False, widget=forms.CheckboxSelectMultiple
    )

    def stored(self) -> dict[str, Any]:
        """What `accounts.services.add_vehicle` takes."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "battery_wh": _thousands(data["battery_kwh"]),
            "max_ac_w": _thousands(data["max_ac_kw"]),
            "max_dc_w": _thousands(data["max_dc_kw"]),
            "connector_standards": data["connector_standards"],
        }


def _thousands(value: Any) -> int | None:
    return None if value is None else int(value * 1000)


class TokenForm(forms.Form):
    """A charging card of one's own, by the number printed on it."""

    uid = forms.RegexField(
        label=_("Number on the card"),
        regex=r"^\s*[0-9A-Fa-f][0-9A-Fa-f :-]{5,40}\s*$",
        error_messages={"invalid": _("Type the number as printed: digits and the letters A to F.")},
    )
    label = forms.CharField(label=_("Name it"), max_length=60, required=False)

    def clean_uid(self) -> str:
        return "".join(c for c in self.cleaned_data["uid"] if c not in " :-\t").upper()


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

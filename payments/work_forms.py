"""The forms that say where, for whom and from when on a price holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organization
from core import clock
from payments.forms import MomentField
from payments.models import CustomerGroup
from stations.models import ChargingStation, Evse, Location

LATE: Final = timedelta(minutes=5)


class PlaceForm(forms.Form):
    """Where a price holds, and from when on. The narrowest place that is filled in counts."""

    site = forms.ModelChoiceField(
        Location.objects.none(),
        label=gettext_lazy("Site"),
        required=False,
        empty_label=gettext_lazy("The whole network"),
    )
    charger = forms.CharField(
        label=gettext_lazy("Only one charger"),
        max_length=48,
        required=False,
        help_text=gettext_lazy("Its identity; empty: all"),
    )
    stall = forms.CharField(
        label=gettext_lazy("Only one stall"),
        max_length=48,
        required=False,
        help_text=gettext_lazy("The code on its label, or its EVSE id; empty: all"),
    )
    starts_at = MomentField(
        label=gettext_lazy("From"), required=False, help_text=gettext_lazy("Empty: from now on")
    )

    def __init__(self, organization: Organization, data: Any = None) -> None:
        super().__init__(data)
        self.organization = organization
        field: Any = self.fields["site"]
        field.queryset = Location.objects.filter(organization=organization, is_waiting_room=False)

    def clean_starts_at(self) -> Any:
        return not_past(self.cleaned_data["starts_at"])

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("charger"):
            said["station"] = self._charger(said["charger"])
        if said.get("stall"):
            said["evse"] = self._stall(said["stall"])
        return said

    def _charger(self, text: str) -> ChargingStation | None:
        mine = ChargingStation.objects.filter(organization=self.organization)
        found = mine.filter(identity__iexact=text).first()
        site = self.cleaned_data.get("site")
        if found is None:
            self.add_error("charger", _("No charger of yours has this identity."))
        elif site is not None and found.location_id != site.pk:
            self.add_error("charger", _("This charger is at another site. Choose its site, or none."))
        return found

    def _stall(self, text: str) -> Evse | None:
        mine = Evse.objects.filter(organization=self.organization).select_related("station")
        found = mine.filter(Q(code__iexact=text) | Q(evse_id__iexact=text)).first()
        site, charger = self.cleaned_data.get("site"), self.cleaned_data.get("station")
        if found is None:
            self.add_error("stall", _("No stall of yours has this code or EVSE id."))
        elif site is not None and found.station.location_id != site.pk:
            self.add_error("stall", _("This stall is at another site. Choose its site, or none."))
        elif charger is not None and found.station_id != charger.pk:
            self.add_error("stall", _("This stall is not of that charger. Write one of the two."))
        return found

    @property
    def scope(self) -> dict[str, Any]:
        """What the service asks for: a stall, a charger, a site, or none of them."""
        said = self.cleaned_data
        found = {"evse": said.get("evse"), "station": said.get("station"), "location": said.get("site")}
        narrowest = next((name for name, place in found.items() if place), None)
        return {narrowest: found[narrowest]} if narrowest else {}


class WorkForm(PlaceForm):
    """Where a tariff holds, for whom, and from when on."""

    group = forms.ModelChoiceField(
        CustomerGroup.objects.none(),
        label=gettext_lazy("For whom"),
        required=False,
        empty_label=gettext_lazy("Everybody"),
        help_text=gettext_lazy("A group's price goes before everybody's"),
    )
    field_order = ("site", "charger", "stall", "group", "starts_at")

    def __init__(self, organization: Organization, data: Any = None) -> None:
        super().__init__(organization, data)
        field: Any = self.fields["group"]
        field.queryset = CustomerGroup.objects.filter(organization=organization, retired_at=None).order_by(
            "name"
        )

    @property
    def scope(self) -> dict[str, Any]:
        group = self.cleaned_data.get("group")
        return {**super().scope, "group": group} if group else super().scope


class SuccessionForm(forms.Form):
    """From when on a new version holds where the older ones do."""

    starts_at = MomentField(
        label=gettext_lazy("From"), required=False, help_text=gettext_lazy("Empty: from now on")
    )

    def clean_starts_at(self) -> Any:
        return not_past(self.cleaned_data["starts_at"])


def not_past(moment: Any) -> Any:
    """A price never changes for what was charged already; a moment that passed while typing is now."""
    if moment is None or moment >= clock.now():
        return moment
    if moment < clock.now() - LATE:
        raise forms.ValidationError(_("This moment has passed. Choose a later one, or leave it empty."))
    return None

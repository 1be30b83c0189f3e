"""The forms of site hosts: who they are, and what they get where."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organization
from core import clock
from payments.forms import MomentField
from payments.work_forms import not_past
from stations.models import Location


class HostForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("The invitation and every statement go there"),
    )


class ShareForm(forms.Form):
    site = forms.ModelChoiceField(
        Location.objects.none(),
        label=gettext_lazy("Site"),
        required=False,
        empty_label=gettext_lazy("The whole network"),
    )
    percent = forms.DecimalField(
        label=gettext_lazy("Share in percent"),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        help_text=gettext_lazy("Of the price without tax"),
    )
    starts_at = MomentField(
        label=gettext_lazy("From"), required=False, help_text=gettext_lazy("Empty: from now on")
    )

    def __init__(self, organization: Organization, data: Any = None) -> None:
        super().__init__(data)
        field: Any = self.fields["site"]
        field.queryset = Location.objects.filter(organization=organization, is_waiting_room=False)

    def clean_percent(self) -> Any:
        percent = self.cleaned_data["percent"]
        if not percent:
            raise forms.ValidationError(_("Write a share above zero, or end the one that holds."))
        return percent

    def clean_starts_at(self) -> Any:
        return not_past(self.cleaned_data["starts_at"]) or clock.now()

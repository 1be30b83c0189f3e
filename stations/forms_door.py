"""Forms of the chargers' door: who may come, what a new charger is filled in with, how safe one must be."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core.dotted import resolve
from stations.models import ChargingStation, DoorPolicy, Location, StationTemplate

PROFILES: Final = (
    ("1", _("Password")),
    ("2", _("Password over TLS")),
    ("3", _("Certificate over TLS")),
)


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    is_new_password = forms.BooleanField(label=_("Make a new onboarding password"), required=False)

    class Meta:
        model = DoorPolicy
        fields = ("strangers", "allows_unsecured", "certificate_organization")

    def _post_clean(self) -> None:
        """The service makes the password that a held charger needs; the row alone cannot be judged yet."""


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    tariff_id = forms.TypedChoiceField(label=_("Tariff"), coerce=int, required=False, empty_value=None)

    class Meta:
        model = StationTemplate
        fields = (
            *("name", "evse_count", "standard", "has_cable", "current_type"),
            *("phases", "max_power_w", "max_current_a", "tariff_id"),
        )

    def __init__(self, organization: Organization, data: Any = None) -> None:
        super().__init__(data, instance=StationTemplate(organization=organization))
        field: Any = self.fields["tariff_id"]
        choices = resolve(settings.TARIFF_CHOICES)(organization.pk)
        field.choices = [("", _("The place's own")), *((str(pk), name) for pk, name in choices)]


class AdoptForm(forms.Form):
    """`location` is where it stands; without a template it says itself which stalls it has."""

    name = forms.CharField(label=_("Name"), max_length=60, required=False)
    location = forms.ModelChoiceField(Location.objects.none(), label=_("Site"), empty_label=None)
    template = forms.ModelChoiceField(
        StationTemplate.objects.none(),
        label=_("Template"),
        required=False,
        empty_label=_("None: it tells its stalls itself"),
    )

    def __init__(self, organization: Organization, data: Any = None, *, prefix: str = "") -> None:
        super().__init__(data, prefix=prefix)
        location: Any = self.fields["location"]
        location.queryset = Location.objects.filter(organization=organization, is_waiting_room=False)
        template: Any = self.fields["template"]
        template.queryset = StationTemplate.objects.filter(organization=organization)


class UpgradeForm(forms.Form):
    profile = forms.TypedChoiceField(label=_("At least"), coerce=int)

    def __init__(self, station: ChargingStation, data: Any = None) -> None:
        super().__init__(data)
        field: Any = self.fields["profile"]
        field.choices = [choice for choice in PROFILES if int(choice[0]) > station.security_profile]

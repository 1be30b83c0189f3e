"""Forms of commissioning: the operator's for a link, the installer's for its steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from stations.models import Location, StationTemplate
from stations.phases import ROTATIONS
from stations.words_commissioning import ROTATIONS as ROTATION_NAMES

DAYS: Final = ((1, _("One day")), (7, _("One week")), (30, _("One month")))


class LinkForm(forms.Form):
    """How long a link lasts, and who gets it by e-mail."""

    email = forms.EmailField(label=_("Installer's e-mail (not required)"), required=False)
    days = forms.TypedChoiceField(label=_("Works for"), choices=DAYS, coerce=int, initial=7)

    def lasts(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])


class ExpectedForm(LinkForm):
    """A link for a charger that nobody knows yet: where it will stand, and what it is filled in with."""

    location = forms.ModelChoiceField(Location.objects.none(), label=_("Site"), empty_label=None)
    template = forms.ModelChoiceField(
        StationTemplate.objects.none(),
        label=_("Template for its stalls"),
        required=False,
        empty_label=_("None: it tells its stalls itself"),
    )
    field_order: Any = ("location", "template", "email", "days")

    def __init__(self, organization: Organization, data: Any = None) -> None:
        super().__init__(data, prefix="expected")
        location: Any = self.fields["location"]
        location.queryset = Location.objects.filter(organization=organization, is_waiting_room=False)
        template: Any = self.fields["template"]
        template.queryset = StationTemplate.objects.filter(organization=organization)


class IdentityForm(forms.Form):
    identity = forms.CharField(label=_("Identity of the charger"), max_length=48, min_length=3)

    def clean_identity(self) -> str:
        """What a charger may be called: no colon, no slash, no space, nothing invisible."""
        identity: str = self.cleaned_data["identity"]
        if any(char in ":/ " or not char.isprintable() for char in identity):
            raise forms.ValidationError(_("An identity has no spaces, colons or slashes."))
        return identity


class SocketForm(forms.Form):
    name = forms.CharField(label=_("What stands on the stall"), max_length=40)


class RotationForm(forms.Form):
    rotation = forms.ChoiceField(
        label=_("Lines of the grid, in the charger's order"),
        required=False,
        choices=[("", _("Not measured")), *((word, ROTATION_NAMES[word]) for word in ROTATIONS)],
    )


class LabelForm(forms.Form):
    label = forms.CharField(label=_("What stands on the QR label"), max_length=200)


class FinishForm(forms.Form):
    installer = forms.CharField(label=_("Your name"), max_length=120)
    company = forms.CharField(label=_("Company (not required)"), max_length=120, required=False)
    notes = forms.CharField(
        label=_("Notes (not required)"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

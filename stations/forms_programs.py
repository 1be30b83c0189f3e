"""The forms for keys of programs and for commands to many chargers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scopes import SCOPES
from core import clock
from stations.command_kinds import KINDS, Verbatim
from stations.models import ChargingStation, Location
from stations.templatetags.stations_words import command_name

ENDS: Final = (
    ("30", _("in 30 days")),
    ("90", _("in 90 days")),
    ("365", _("in a year")),
    ("", _("never")),
)


class ApiTokenForm(forms.Form):
    """A key for a program."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("Which program has it, so that you know whom a revocation hits"),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=[(scope, says) for scope, says in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    ends = forms.ChoiceField(label=_("It ends"), choices=ENDS, required=False, initial="365")

    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["ends"]
        return clock.now() + timedelta(days=int(days)) if days else None


class SelectionForm(forms.Form):
    """Which chargers; every field that is filled in narrows. Shown with what there is."""

    site = forms.ChoiceField(label=_("Site"), required=False)
    vendor = forms.ChoiceField(label=_("Vendor"), required=False)
    model = forms.ChoiceField(label=_("Model"), required=False)
    firmware = forms.ChoiceField(label=_("Firmware"), required=False)
    ocpp_version = forms.ChoiceField(label=_("OCPP"), required=False)
    online = forms.ChoiceField(
        label=_("Link"),
        required=False,
        choices=(("", _("All")), ("true", _("Online")), ("false", _("Offline"))),
    )
    identity_prefix = forms.CharField(label=_("Identity begins with"), max_length=48, required=False)

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data, prefix="who")
        sites = Location.objects.visible_to(user).order_by("name").values_list("slug", "name")
        self._offer("site", list(sites))
        for name in ("vendor", "model", "firmware", "ocpp_version"):
            words = ChargingStation.objects.visible_to(user).exclude(**{name: ""})
            found = words.order_by(name).values_list(name, flat=True).distinct()
            self._offer(name, [(word, word) for word in found])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = [("", _("All")), *choices]

    @property
    def selection(self) -> dict[str, str]:
        """As `stations.selectors_bulk.STATION_FILTERS` takes it."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


class PaceForm(forms.Form):
    """How fast, in which stages, and when to halt."""

    name = forms.CharField(label=_("Name"), max_length=80, required=False)
    pace_per_minute = forms.IntegerField(
        label=_("Chargers per minute"), min_value=1, max_value=6000, initial=60
    )
    stages = forms.RegexField(
        label=_("Stages, percent"),
        regex=r"^\s*\d{1,3}(\s*,\s*\d{1,3}){0,8}\s*$",
        initial="5, 25, 100",
        help_text=_("The next stage begins when all of the last have ended."),
    )
    halt_percent = forms.IntegerField(
        label=_("Halt above, percent failed"), min_value=0, max_value=100, initial=10
    )
    halt_after = forms.IntegerField(
        label=_("… once so many have ended"), min_value=1, max_value=1000, initial=5
    )
    valid_for_s = forms.IntegerField(
        label=_("Each may wait for its charger, seconds"), min_value=10, max_value=2_592_000, initial=3600
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="pace")

    def options(self) -> dict[str, Any]:
        """What `stations.services.bulk.begin` takes."""
        data = dict(self.cleaned_data)
        data["stages"] = [int(part) for part in data["stages"].split(",")]
        return data


def kind_choices() -> list[tuple[str, str]]:
    """Every kind but the one for a single charger's grammar, by its name."""
    names = ((name, command_name(name)) for name in KINDS if name != Verbatim.name)
    return sorted(names, key=lambda choice: choice[1])

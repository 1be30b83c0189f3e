"""Forms of moving in: foreign addresses and names, first passwords, files and what their columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from stations.importing import sheets
from stations.importing.sheets import Fault
from stations.models import DataImport, Location
from stations.services.imports import importer_of

COLUMN: Final = "column-"
UNREADABLE: Final = {
    Fault.TOO_LARGE: _("The file has more than 8 MB. Divide it."),
    Fault.TOO_MANY_ROWS: _("The file has more than 20,000 rows. Divide it."),
    Fault.TOO_MANY_COLUMNS: _("The file has more than 100 columns. Leave out those that nobody needs."),
    Fault.TOO_LONG_A_CELL: _("A cell holds more than 20,000 letters: is a quote missing?"),
    Fault.EMPTY: _("The file has no rows under its head line."),
    Fault.OPEN_QUOTE: _("A quoted text in the file never ends, so that its columns cannot be told apart."),
    Fault.BAD_JSON: _("The file begins like JSON, and is none."),
    Fault.NO_LIST: _("The JSON holds no list of objects."),
}


class AddressForm(forms.Form):
    text = forms.CharField(
        label=_("Path"),
        max_length=200,
        help_text=_("What the chargers dial, with {identity} where their name stands"),
    )
    host = forms.CharField(
        label=_("Host name"),
        max_length=120,
        required=False,
        help_text=_("Only if other networks here have the same path; empty: any"),
    )


class NameForm(forms.Form):
    identity = forms.CharField(label=_("Identity here"), max_length=48)
    alias = forms.CharField(label=_("Dials as"), max_length=48)


class FirstPasswordsForm(forms.Form):
    until = forms.DateField(
        label=_("Until the end of"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("At most 60 days ahead; empty: first passwords are not kept"),
    )


class FileForm(forms.Form):
    """`kinds` are those that this person may import."""

    kind = forms.ChoiceField(label=_("What it holds"))
    file = forms.FileField(
        label=_("File"), max_length=200, help_text=_("CSV or JSON, up to 8 MB and 20,000 rows")
    )

    def __init__(self, kinds: list[tuple[str, Any]], data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        field: Any = self.fields["kind"]
        field.choices = kinds

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > sheets.BYTES_AT_MOST:
            raise forms.ValidationError(UNREADABLE[Fault.TOO_LARGE])
        return upload


def kinds_for(user: User, organization: Organization) -> list[tuple[str, Any]]:
    """What this person may import into the network, with its title."""
    importers = [importer_of(kind) for kind in settings.IMPORTERS]
    return [(one.kind, one.title) for one in importers if one.may(user, organization)]


class MappingForm(forms.Form):
    """Which column says what; of stations also the site of rows that name none."""

    def __init__(self, batch: DataImport, data: Any = None) -> None:
        super().__init__(data)
        self.batch = batch
        columns = [("", "–"), *((column, column) for column in batch.columns)]
        for field in importer_of(batch.kind).fields:
            self.fields[COLUMN + field.name] = forms.ChoiceField(
                label=str(field.label),
                choices=columns,
                required=field.is_required,
                initial=batch.mapping.get(field.name, ""),
            )
        if batch.kind == "stations":
            self._add_site_fields()

    def _add_site_fields(self) -> None:
        mine = Location.objects.filter(organization=self.batch.organization, is_waiting_room=False)
        self.fields["site"] = forms.ModelChoiceField(
            mine,
            label=_("Site of rows that name none"),
            required=False,
            empty_label=_("A site of its own for each"),
            initial=self.batch.options.get("site"),
        )
        self.fields["is_public"] = forms.BooleanField(
            label=_("Show new sites to drivers at once"),
            required=False,
            initial=self.batch.options.get("is_public", False),
        )

    @property
    def mapping(self) -> dict[str, str]:
        said: Mapping[str, Any] = self.cleaned_data
        chosen = {name: column for name, column in said.items() if name.startswith(COLUMN) and column}
        return {name.removeprefix(COLUMN): column for name, column in chosen.items()}

    @property
    def options(self) -> dict[str, Any]:
        if self.batch.kind != "stations":
            return {}
        site = self.cleaned_data["site"]
        return {"site": site.pk if site else None, "is_public": self.cleaned_data["is_public"]}

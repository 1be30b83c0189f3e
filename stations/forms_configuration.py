"""The form of a configuration template: what it is for, and one setting to a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from stations.models import ConfigurationTemplate

VERSIONS: Final = (("", _("Any")), ("1.6", "1.6"), ("2.0.1", "2.0.1"), ("2.1", "2.1"))
SECRETS: Final = ("authorizationkey", "basicauthpassword", "password", "passphrase")
LONGEST_NAME: Final = 160
LONGEST_VALUE: Final = 2500


class TemplateForm(forms.Form):
    """`cleaned_data["settings"]` is a mapping of names to values."""

    name = forms.CharField(label=_("Name"), max_length=60)
    vendor = forms.CharField(label=_("Vendor"), max_length=50, required=False, help_text=_("Empty: any"))
    model = forms.CharField(label=_("Model"), max_length=50, required=False, help_text=_("Empty: any"))
    ocpp_version = forms.ChoiceField(label=_("OCPP version"), choices=VERSIONS, required=False)
    settings = forms.CharField(
        label=_("Settings"),
        widget=forms.Textarea({"rows": 12, "spellcheck": "false"}),
        help_text=_("One to a line: HeartbeatInterval = 300, or OCPPCommCtrlr.HeartbeatInterval = 300"),
    )

    def clean_settings(self) -> dict[str, str]:
        lines = enumerate(str(self.cleaned_data["settings"]).splitlines(), 1)
        pairs = [_pair(number, line) for number, line in lines if line.strip()]
        named = dict(pairs)
        if len(named) < len(pairs):
            raise forms.ValidationError(_("A setting is named twice."))
        return named


def _pair(number: int, line: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in line.partition("="))
    if not equals or not name:
        raise forms.ValidationError(_("Line %(line)s is not “name = value”.") % {"line": number})
    if len(name) > LONGEST_NAME or len(value) > LONGEST_VALUE:
        raise forms.ValidationError(_("Line %(line)s is too long.") % {"line": number})
    if name.rpartition(".")[2].casefold() in SECRETS:
        raise forms.ValidationError(_("Line %(line)s: passwords do not belong here.") % {"line": number})
    return name, value


def as_text(settings: Mapping[str, str]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in sorted(settings.items()))


def initial_of(template: ConfigurationTemplate) -> dict[str, Any]:
    """What the form shows of a template that exists."""
    return {
        "name": template.name,
        "vendor": template.vendor,
        "model": template.model,
        "ocpp_version": template.ocpp_version,
        "settings": as_text(template.settings),
    }

"""The form with which an operator uploads a firmware image."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")


class FirmwareForm(forms.Form):
    """`image` is the file; what is known of it helps to offer it only to chargers that it fits."""

    image = forms.FileField(label=_("Image"), max_length=200)
    version = forms.CharField(label=_("Version"), max_length=50)
    vendor = forms.CharField(label=_("Vendor"), max_length=50, required=False, help_text=_("Empty: any"))
    model = forms.CharField(label=_("Model"), max_length=50, required=False, help_text=_("Empty: any"))
    sha256 = forms.CharField(
        label=_("SHA-256 from the maker"),
        required=False,
        max_length=80,
        help_text=_("64 hex digits. The upload is refused when it differs."),
    )
    signature = forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=5500,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Base64, for a signed update. It is checked against the certificate."),
    )
    certificate = forms.CharField(
        label=_("Signing certificate"),
        required=False,
        max_length=5500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("PEM, beginning with -----BEGIN CERTIFICATE-----"),
    )

    def clean_sha256(self) -> str:
        given = "".join(str(self.cleaned_data["sha256"]).split())
        if given and not _SHA256.fullmatch(given):
            raise forms.ValidationError(_("A SHA-256 has 64 hex digits."))
        return given.lower()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("signature") and not cleaned.get("certificate"):
            self.add_error("certificate", _("A signature needs the certificate that it was made with."))
        return cleaned

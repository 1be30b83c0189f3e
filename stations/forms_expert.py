"""Forms made of the kinds' dataclasses: every command, also one that was added yesterday.

What is typed becomes parameters, the shapes judge them, and their complaints return to the fields.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from typing import Any, Final, Literal, Union, get_args, get_origin

import orjson
from django import forms
from django.utils.translation import gettext_lazy as _

from stations.command_kinds import KINDS, CommandKind, Verbatim
from stations.command_shapes import BadParams, Part, about, is_shape, parts_of, read_params
from stations.command_shapes.parts import LISTS

LONG: Final = ("certificate", "chain", "signature", "data", "content")
"""Texts whose names say that they need room."""


class JsonField(forms.CharField):
    """Any JSON; empty is nothing."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        super().__init__(help_text=_("JSON"), **options)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise forms.ValidationError(_("This is no JSON: %(why)s.") % {"why": error}) from error


class LinesField(forms.CharField):
    """One text per line."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        super().__init__(help_text=_("One per line"), **options)

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]


class SendingForm(forms.Form):
    """How long it may wait, and whether the schema's word counts."""

    expires_in_s = forms.IntegerField(
        label=_("Valid for, seconds"), min_value=1, max_value=604_800, initial=120, required=False
    )
    force = forms.BooleanField(label=_("Send it although the schema refuses it"), required=False)

    @property
    def expires_in(self) -> timedelta:
        return timedelta(seconds=self.cleaned_data["expires_in_s"] or 120)

    @property
    def is_forced(self) -> bool:
        return bool(self.cleaned_data["force"])


class KindForm(SendingForm):
    """The parameters of one kind."""

    field_order: Any = None

    def __init__(self, kind: type[CommandKind], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.kind = kind
        for part in parts_of(kind):
            self.fields[part.name] = field_for(part)
        self.order_fields([*(part.name for part in parts_of(kind)), "expires_in_s", "force"])
        self.command: CommandKind | None = None

    @property
    def explains(self) -> str:
        """What its author wrote about it."""
        return about(self.kind).replace("`", "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.command = self._command(self._params(cleaned))
        return cleaned

    def _params(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """What was filled in; what was left empty keeps its default."""
        given = {part.name: cleaned.get(part.name) for part in parts_of(self.kind)}
        return {name: value for name, value in given.items() if value not in (None, "", [])}

    def _command(self, params: dict[str, Any]) -> CommandKind | None:
        try:
            return read_params(self.kind, params)
        except BadParams as error:
            for path, said in error.problems.items():
                name = path.partition(".")[0].partition("[")[0]
                inside = f"{path}: " if path != name else ""
                self.add_error(name if name in self.fields else None, [f"{inside}{line}" for line in said])
            return None


class VerbatimForm(SendingForm):
    """An action of the station's own OCPP version, word by word."""

    action = forms.CharField(label=_("Action"), max_length=60)
    payload = JsonField(label=_("Payload"), required=False)
    field_order: Any = ("action", "payload", "expires_in_s", "force")
    kind = Verbatim
    explains = _("Goes over the wire exactly as it is written here.")

    @property
    def command(self) -> CommandKind:
        return Verbatim(action=self.cleaned_data["action"], payload=self.cleaned_data["payload"] or {})

    def clean_payload(self) -> Any:
        payload = self.cleaned_data["payload"]
        if payload is not None and not isinstance(payload, dict):
            raise forms.ValidationError(_("A payload is a JSON object."))
        return payload


def form_for(name: str, data: Mapping[str, Any] | None = None) -> KindForm | VerbatimForm:
    """The form of this kind. Raises KeyError."""
    return VerbatimForm(data) if name == Verbatim.name else KindForm(KINDS[name], data)


def field_for(part: Part) -> forms.Field:
    """The form field for one parameter."""
    options: dict[str, Any] = {"label": part.name, "required": part.is_required}
    origin = get_origin(part.hint) or part.hint
    if origin is Literal or (isinstance(part.hint, type) and issubclass(part.hint, Enum)):
        return _choice(part, options)
    if part.hint is bool:
        return forms.BooleanField(label=part.name, required=False, initial=part.default)
    if origin in LISTS and get_args(part.hint)[:1] == (str,):
        return LinesField(**options)
    if origin in (*LISTS, dict, Mapping, Union, types.UnionType) or part.hint is Any or is_shape(part.hint):
        return JsonField(**options)
    return _plain(part, {**options, "initial": part.default})


def _choice(part: Part, options: dict[str, Any]) -> forms.Field:
    is_words = get_origin(part.hint) is Literal
    words = get_args(part.hint) if is_words else [member.value for member in part.hint]
    choices = [(word, word) for word in words]
    return forms.ChoiceField(choices=choices if part.is_required else [("", "–"), *choices], **options)


def _plain(part: Part, options: dict[str, Any]) -> forms.Field:
    if part.hint is int:
        return forms.IntegerField(**options)
    if part.hint is float:
        return forms.FloatField(**options)
    widget = forms.Textarea if part.name.endswith(LONG) else forms.TextInput
    return forms.CharField(widget=widget, strip=False, **options)

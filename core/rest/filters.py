"""Filters of a list, by name: each says what it takes, refuses what it cannot take, and describes itself.

A view has `filters = {"status": Choice("status", Status), …}`; unknown names in the query are refused,
because a filter that is silently ignored shows everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

OF_EVERY_LIST: Final = ("limit", "cursor", "format")
TRUE: Final = ("true", "1", "yes")
FALSE: Final = ("false", "0", "no")
BIGGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Filter:
    """Base: text compared as it is. `lookup` is Django's; `says` describes it in the OpenAPI file."""

    lookup: str
    says: str = ""

    schema: ClassVar[dict[str, Any]] = {"type": "string"}

    def read(self, text: str) -> Any:
        """The value to compare with. Raises ValueError with what to do."""
        return text

    def condition(self, text: str) -> Q:
        return Q(**{self.lookup: self.read(text)})

    def described(self) -> dict[str, Any]:
        return dict(self.schema)


@dataclass(frozen=True, slots=True)
class Text(Filter):
    """Compared as it is."""


@dataclass(frozen=True, slots=True)
class Uuid(Filter):
    schema: ClassVar[dict[str, Any]] = {"type": "string", "format": "uuid"}

    def read(self, text: str) -> UUID:
        try:
            return UUID(text)
        except ValueError as error:
            raise ValueError(_("This must be an id such as 0b0f6f0e-8f5e-4d0a-9d38-0d3b7f3f2a11.")) from error


@dataclass(frozen=True, slots=True)
class Number(Filter):
    schema: ClassVar[dict[str, Any]] = {"type": "integer"}

    def read(self, text: str) -> int:
        if not text.isascii() or not text.lstrip("-").isdecimal() or abs(int(text[:20])) > BIGGEST:
            raise ValueError(_("This must be a whole number."))
        return int(text)


@dataclass(frozen=True, slots=True)
class Flag(Filter):
    """true or false."""

    schema: ClassVar[dict[str, Any]] = {"type": "boolean"}

    def read(self, text: str) -> bool:
        if text.lower() not in TRUE + FALSE:
            raise ValueError(_("This must be true or false."))
        return text.lower() in TRUE


@dataclass(frozen=True, slots=True)
class Instant(Filter):
    """ISO 8601 with an offset."""

    schema: ClassVar[dict[str, Any]] = {"type": "string", "format": "date-time"}

    def read(self, text: str) -> datetime:
        found = _moment(text.replace(" ", "+"))  # "+" of an offset, unescaped
        if found is None or found.tzinfo is None:
            raise ValueError(_("This must be a time such as 2026-03-01T12:00:00Z."))
        return found


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Choice(Filter):
    """One of a few words, or several with commas between."""

    words: Sequence[str] = ()

    def condition(self, text: str) -> Q:
        asked = text.split(",")
        unknown = [word for word in asked if word not in self.words]
        if unknown:
            raise ValueError(_("This must be one of: %(words)s.") % {"words": ", ".join(self.words)})
        return Q(**{f"{self.lookup}__in": asked})

    def described(self) -> dict[str, Any]:
        return {"type": "string", "example": next(iter(self.words), ""), "description": ", ".join(self.words)}


@dataclass(frozen=True, slots=True)
class Either(Filter):
    """true and false each stand for a condition of their own."""

    when_true: Q = field(default_factory=Q)
    when_false: Q = field(default_factory=Q)

    schema: ClassVar[dict[str, Any]] = {"type": "boolean"}

    def condition(self, text: str) -> Q:
        return self.when_true if Flag("").read(text) else self.when_false


Filters = Mapping[str, Filter]


class NamedFilters(BaseFilterBackend):
    """The filter backend of every list of ours."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        given = request.query_params.items()
        asked = {name: str(text) for name, text in given if name not in OF_EVERY_LIST}
        filters: Filters = getattr(view, "filters", {})
        if asked and _is_detail(view):
            return queryset
        return queryset.filter(matching(filters, asked))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        filters: Filters = getattr(view, "filters", {})
        return [_parameter(name, chosen) for name, chosen in filters.items()]


def matching(filters: Filters, asked: Mapping[str, str]) -> Q:
    """All conditions together. Raises ValidationError, per name."""
    wrong: dict[str, list[str]] = {}
    found = Q()
    for name, text in asked.items():
        try:
            found &= _condition(filters, name, text)
        except ValueError as error:
            wrong[name] = [str(error)]
    if wrong:
        raise ValidationError(wrong)
    return found


def _condition(filters: Filters, name: str, text: str) -> Q:
    if name not in filters:
        known = ", ".join(filters) or "–"
        raise ValueError(_("There is no such filter here; there are: %(names)s.") % {"names": known})
    if "\0" in text:
        return Q(pk__in=[])
    return filters[name].condition(text)


def _is_detail(view: Any) -> bool:
    return bool(getattr(view, "detail", False))


def _parameter(name: str, chosen: Filter) -> dict[str, Any]:
    schema = chosen.described()
    words = schema.pop("description", "")
    description = " ".join(part for part in (chosen.says, words) if part)
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}

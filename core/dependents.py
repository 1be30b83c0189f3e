"""Does anything need these rows? Asked of every model that points at theirs, on whatever floor it lives."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.db import models
from django.db.models.fields.reverse_related import ForeignObjectRel


def first_dependent(
    model: type[models.Model], keys: Collection[int], *, besides: Collection[type[models.Model]] = ()
) -> models.Model | None:
    """A row of another model that points at one of these; None: nothing does, they can go.

    `besides`: models whose rows are part of them.
    """
    for other, field in _pointing_at(model, besides):
        found = other._base_manager.filter(**{f"{field}__in": keys}).first()
        if isinstance(found, models.Model):
            return found
    return None


def needed(model: type[models.Model], keys: Collection[int]) -> set[int]:
    """Those of these rows that another model points at, in one query for each such model."""
    found: set[int] = set()
    for other, field in _pointing_at(model, ()):
        pointing = other._base_manager.filter(**{f"{field}__in": keys}).order_by()
        found.update(pointing.values_list(field, flat=True).distinct())
    return found


def _pointing_at(
    model: type[models.Model], besides: Collection[type[models.Model]]
) -> Iterator[tuple[Any, str]]:
    """Each other model, and its field."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.many_to_many:
            continue
        if relation.related_model not in besides:
            yield relation.related_model, relation.field.name

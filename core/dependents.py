"""Does anything need these rows? Asked of every model that points at theirs, on whatever floor it lives."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models.fields.reverse_related import ForeignObjectRel


def first_dependent(
    model: type[models.Model], keys: Collection[int], *, besides: Collection[type[models.Model]] = ()
) -> models.Model | None:
    """A row of another model that points at one of these; None: nothing does, they can go.

    `besides`: models whose rows are part of them.
    """
    relations = (
        field for field in model._meta.get_fields(include_hidden=True) if isinstance(field, ForeignObjectRel)
    )
    for relation in relations:
        other: Any = relation.related_model
        if other in besides or relation.many_to_many:
            continue
        found = other._base_manager.filter(**{f"{relation.field.name}__in": keys}).first()
        if isinstance(found, models.Model):
            return found
    return None

"""Dotted names to functions: how a lower floor calls what it may not import."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.utils.module_loading import import_string


@cache
def resolve(name: str) -> Callable[..., Any]:
    """The object that a dotted name names. Raises ImportError."""
    found: Callable[..., Any] = import_string(name)
    return found


def resolve_all(names: Iterable[str]) -> tuple[Callable[..., Any], ...]:
    return tuple(resolve(name) for name in names)

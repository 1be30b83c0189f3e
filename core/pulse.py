"""Pulses: a periodic job leaves the time at which it last ran."""

from __future__ import annotations

from datetime import datetime

from core import clock
from core.models import Pulse


def beat(*, name: str) -> None:
    """Note that `name` ran now."""
    Pulse.objects.update_or_create(name=name, defaults={"at": clock.now()})


def last(*, name: str) -> datetime | None:
    """When `name` last ran, or None."""
    return Pulse.objects.filter(name=name).values_list("at", flat=True).first()

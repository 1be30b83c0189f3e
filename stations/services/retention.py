"""How long meter readings are kept: whole days at a time, and never those that are yet to be billed."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import connection

from core.partitions import drop_days_before
from core.retention import keep_from

TABLE: Final = "stations_meterreading"


def drop_old_readings() -> list[str]:
    """Let go of days that are older than the policy keeps them; returns the partitions that went."""
    first = keep_from(days=settings.READINGS_KEPT_DAYS).date()
    with connection.cursor() as cursor:
        cursor.execute(f"delete from {TABLE}_default where taken_at < %s", [first])  # noqa: S608
    return drop_days_before(TABLE, first)

"""How long the journal is kept, and its partitions made ahead."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection

from core import clock
from core.partitions import drop_days_before, ensure_days
from ocpp_bridge.journal import TABLE
from ocpp_bridge.models import FailedHandshake, FailedLine


def make_partitions() -> None:
    """Partitions of the journal for today and the days ahead."""
    ensure_days(TABLE, clock.now().date())


def drop_old() -> None:
    """Let go of frames and failed handshakes that are older than the policy keeps them."""
    keep_from = clock.now().date() - timedelta(days=getattr(settings, "JOURNAL_DAYS", 30))
    drop_days_before(TABLE, keep_from)
    with connection.cursor() as cursor:
        cursor.execute(f"delete from {TABLE}_default where at < %s", [keep_from])  # noqa: S608
    FailedHandshake.objects.filter(day__lt=keep_from).delete()
    FailedLine.objects.filter(day__lt=keep_from).delete()

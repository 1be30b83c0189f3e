"""Since when records must be kept: billing reads readings and news of sessions that have no record yet."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, Min, OuterRef, Q
from django.db.models.functions import Least

from core import clock
from payments.models import ChargeDetailRecord
from stations.models import ChargingSession

MARGIN: Final = timedelta(days=1)
SWEPT_FOR: Final = timedelta(days=60)
"""So long the sweep tries to bill a completed session (`payments.services.recovery`)."""


def needed_since() -> datetime | None:
    """A day before the oldest session that may still be billed; None when there is none."""
    status = ChargingSession.Status
    recorded = ChargeDetailRecord.objects.filter(session=OuterRef("pk"))
    is_open = Q(status__in=[status.ACTIVE, status.INTERRUPTED])
    waits = Q(status=status.COMPLETED, reviewed_at=None) & ~Q(review_reasons=[])
    is_due = Q(status=status.COMPLETED, created_at__gt=clock.now() - SWEPT_FOR)
    billed = ChargingSession.objects.filter(purpose=ChargingSession.Purpose.CHARGE)
    unbilled = billed.filter(is_open | waits | is_due).filter(~Exists(recorded))
    oldest: datetime | None = unbilled.aggregate(at=Min(Least("created_at", "started_at")))["at"]
    return None if oldest is None else oldest - MARGIN

"""The limits in the answer to a charge's start (2.1 C25.FR.24, E16.FR.02), found where it is made."""

from __future__ import annotations

import logging
from typing import Final

from django.db import connection, transaction

from stations.limits import ChargeLimits
from stations.models import ChargingSession, DeviceVariable

logger = logging.getLogger(__name__)

NONE: Final = (ChargeLimits(), frozenset[str]())
SUPPORTED: Final = {"component": "TxCtrlr", "variable": "SupportedLimits", "attribute": "Actual"}


def of_charge(*, station_id: int, transaction_id: str) -> tuple[ChargeLimits, frozenset[str]]:
    """What the charge may use at most, and the station's words for the limits that it heeds (E16.FR.12).

    A limit must never cost an answer.
    """
    if not connection.in_atomic_block:
        return NONE
    try:
        with transaction.atomic():
            return _of_charge(station_id, transaction_id)
    except Exception:
        logger.exception("no limits for %s of station %d", transaction_id, station_id)
        return NONE


def _of_charge(station_id: int, transaction_id: str) -> tuple[ChargeLimits, frozenset[str]]:
    asked = ChargingSession.objects.filter(station=station_id, transaction_id=transaction_id)
    limits = asked.exclude(limits={}).values_list("limits", flat=True).first()
    if limits is None:
        return NONE
    told = DeviceVariable.objects.filter(station=station_id, **SUPPORTED).values_list("value", flat=True)
    words = frozenset(word.strip() for word in (told.first() or "").split(","))
    return ChargeLimits.from_json(limits), words

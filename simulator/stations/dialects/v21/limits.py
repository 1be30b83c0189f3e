"""Limits of a transaction, as the central system sets them and the station keeps them (OCPP 2.1 E16)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from simulator.stations.evse import Evse, Transaction
from simulator.stations.words import Trigger

SUPPORTED: Final = ("maxCost", "maxEnergy", "maxTime")
"""TxCtrlr.SupportedLimits."""


def reached(evse: Evse, transaction: Transaction, at: datetime) -> Trigger | None:
    """The first limit that is used up, as the trigger that tells it (E16.FR.05)."""
    limits = transaction.limits
    used_wh = evse.register_wh - transaction.meter_start_wh
    used_s = (at - transaction.started_at).total_seconds()
    if used_wh >= limits.get("maxEnergy", used_wh + 1):
        return Trigger.ENERGY_LIMIT_REACHED
    if used_s >= limits.get("maxTime", used_s + 1):
        return Trigger.TIME_LIMIT_REACHED
    if transaction.cost >= limits.get("maxCost", transaction.cost + 1):
        return Trigger.COST_LIMIT_REACHED
    return None

"""Costs on the displays of stations that show them: while a car charges, and at the end (2.0.1 I02, I03)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from payments.services.pricing import live_cost
from stations.command_kinds import ShowCost
from stations.models import ChargingSession, DeviceVariable, StationCommand
from stations.services import commands

SHOWN_WITHIN: Final = timedelta(minutes=1)
DISPLAY: Final = {"component": "TariffCostCtrlr", "variable": "Enabled", "instance": "Cost"}
"""The variable by which a station says that it shows costs (part 2, chapter on referenced components)."""

LIMITS: Final = {"component": "TxCtrlr", "variable": "SupportedLimits"}
"""The variable by which a station says which limits of a charge it heeds (2.1)."""


def show_running_costs() -> int:
    """Tell each station that shows costs, or stops at one (2.1 E16.FR.11), what its running charges cost by
    now. Returns how many."""
    running = ChargingSession.objects.filter(
        Q(_displays("station_id")) | Q(_stops_at_cost("station_id"), limits__has_key="cost"),
        status=ChargingSession.Status.ACTIVE,
        purpose=ChargingSession.Purpose.CHARGE,
        station__is_connected=True,
    )
    chosen = running.exclude(transaction_id="").select_related("station__location", "organization", "evse")
    return sum(_show(session) for session in chosen)


def shows_costs(*, station_id: int) -> bool:
    """Whether the station said that it shows costs."""
    return DeviceVariable.objects.filter(
        **DISPLAY, station_id=station_id, attribute="Actual", value__iexact="true"
    ).exists()


def final_cost(*, station_id: int, transaction_id: str) -> Decimal | None:
    """What an ended charge cost; None: a test, or not certain yet (what is under review)."""
    ended = ChargingSession.objects.filter(
        station_id=station_id,
        transaction_id=transaction_id,
        status=ChargingSession.Status.COMPLETED,
    )
    session = ended.select_related("station__location", "organization", "evse").first()
    if session is None or session.is_test or session.needs_review:
        return None
    return live_cost(session).total_gross


def _displays(station: str) -> Exists:
    told: QuerySet[DeviceVariable] = DeviceVariable.objects.filter(
        **DISPLAY, station_id=OuterRef(station), attribute="Actual", value__iexact="true"
    )
    return Exists(told)


def _stops_at_cost(station: str) -> Exists:
    told: QuerySet[DeviceVariable] = DeviceVariable.objects.filter(
        **LIMITS, station_id=OuterRef(station), attribute="Actual", value__contains="maxCost"
    )
    return Exists(told)


def _show(session: ChargingSession) -> bool:
    total = str(live_cost(session).total_gross)
    last = StationCommand.objects.filter(session=session, kind=ShowCost.name).order_by("-pk").first()
    if last is not None and last.params["total_cost"] == total:
        return False
    commands.request(
        station=session.station,
        kind=ShowCost(transaction_id=session.transaction_id, total_cost=total),
        expires_in=SHOWN_WITHIN,
        session=session,
    )
    return True

"""What payment terminals at stations settled by themselves: kept as it was told, and told on."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from core.events import publish
from stations.events import SettlementReported
from stations.models import ChargingSession, ChargingStation
from stations.services.notices import keep_notice


@transaction.atomic
def record_settlement(
    *,
    station_id: int,
    reference: str,
    status: str,
    amount: Decimal,
    settled_at: datetime,
    transaction_id: str = "",
    body: dict[str, Any],
) -> ChargingSession | None:
    """A terminal's provider settled, or did not; brings the session. Told once, also when it is repeated.

    `status`: settled, canceled, rejected or failed; `amount` in the currency of the station's organization.
    """
    session = _session(station_id, transaction_id)
    before = ChargingStation.objects.get(pk=station_id).notices.filter(kind="settlement", body=body)
    is_known = before.exists()
    keep_notice(station_id=station_id, kind="settlement", body=body)
    if not is_known:
        _tell(station_id, reference, status, amount, settled_at, session)
    return session


def _session(station_id: int, transaction_id: str) -> ChargingSession | None:
    if not transaction_id:
        return None
    return ChargingSession.objects.filter(station=station_id, transaction_id=transaction_id).first()


def _tell(
    station_id: int,
    reference: str,
    status: str,
    amount: Decimal,
    settled_at: datetime,
    session: ChargingSession | None,
) -> None:
    station = ChargingStation.objects.get(pk=station_id)
    publish(
        SettlementReported(
            station_id=station.pk,
            organization_id=station.organization_id,
            at=settled_at,
            reference=reference,
            status=status,
            amount=str(amount),
            session_id=session.pk if session else None,
        )
    )

"""Running costs against their holds: a charge is stopped before it outgrows what is held."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from core import clock
from core.money import to_minor
from payments.models import Payment
from payments.services.pricing import live_cost
from payments.services.starting import stop_session
from stations.models import ChargingSession, StationCommand

STOP_AT_PERCENT: Final = 95
ASK_AGAIN_AFTER: Final = timedelta(minutes=2)


def stop_exhausted() -> int:
    """Ask the stations to stop every running charge whose hold is nearly used up. Returns how many."""
    held = Payment.objects.filter(
        status=Payment.Status.AUTHORIZED, session__status=ChargingSession.Status.ACTIVE
    ).select_related("session__station__location", "session__organization", "session__evse")
    exhausted = [payment.session for payment in held if payment.session and _is_nearly_used(payment)]
    due = [session for session in exhausted if not _is_being_stopped(session)]
    for session in due:
        stop_session(session=session)
    return len(due)


def _is_nearly_used(payment: Payment) -> bool:
    if payment.session is None:
        return False
    cost_minor = to_minor(live_cost(payment.session).total_gross, payment.currency)
    return cost_minor * 100 >= payment.authorized_minor * STOP_AT_PERCENT


def _is_being_stopped(session: ChargingSession) -> bool:
    asked = StationCommand.objects.filter(
        session=session, kind="stop_session", created_at__gt=clock.now() - ASK_AGAIN_AFTER
    )
    return asked.exists()

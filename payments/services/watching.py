"""Running costs against their holds: a warning first, and a stop before the charge outgrows what is held."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction

from core import clock
from core.events import publish
from core.live import nudge
from core.money import to_minor
from payments.events import HoldNearlyUsed
from payments.models import Payment
from payments.services.pricing import live_cost
from payments.services.starting import stop_session
from stations.models import ChargingSession, StationCommand

WARN_AT_PERCENT: Final = 80
STOP_AT_PERCENT: Final = 95
ASK_AGAIN_AFTER: Final = timedelta(minutes=2)


def watch_holds() -> int:
    """Warn whoever's hold is nearly used up, and stop what would outgrow it. Returns how many are stopped."""
    held = Payment.objects.filter(
        status=Payment.Status.AUTHORIZED, session__status=ChargingSession.Status.ACTIVE
    ).select_related("session__station__location", "session__organization", "session__evse")
    used = [(payment, used_percent(payment)) for payment in held]
    for payment, percent in used:
        if percent >= WARN_AT_PERCENT and payment.warned_at is None:
            _warn(payment)
    due = [payment.session for payment, percent in used if payment.session and percent >= STOP_AT_PERCENT]
    stopped = [session for session in due if not is_being_stopped(session)]
    for session in stopped:
        stop_session(session=session)
    return len(stopped)


def used_percent(payment: Payment) -> int:
    """How much of the hold the running charge has cost; 0 without a charge or a hold."""
    if payment.session is None or not payment.authorized_minor:
        return 0
    cost_minor = to_minor(live_cost(payment.session).total_gross, payment.currency)
    return cost_minor * 100 // payment.authorized_minor


@transaction.atomic
def _warn(payment: Payment) -> None:
    """Once, whoever watches."""
    unwarned = Payment.objects.filter(pk=payment.pk, warned_at=None)
    if payment.session is not None and unwarned.update(warned_at=clock.now()):
        publish(
            HoldNearlyUsed(
                payment_id=payment.pk,
                organization_id=payment.organization_id,
                session_id=payment.session.pk,
            )
        )
        nudge(f"session.{payment.session.pk}")


def is_being_stopped(session: ChargingSession) -> bool:
    """Whether its station was asked to stop it a moment ago."""
    asked = StationCommand.objects.filter(
        session=session, kind="stop_session", created_at__gt=clock.now() - ASK_AGAIN_AFTER
    )
    return asked.exists()

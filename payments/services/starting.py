"""When a hold stands: start what it was made for, take what is due, or let it go."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction

from core.money import from_minor
from payments.models import KeptStall, Payment
from payments.selectors import record_of
from payments.services.applying import locked
from payments.services.collecting import collect, collect_for
from payments.services.operations import Busy
from payments.services.payments import capture_payment, release_hold
from stations.limits import ChargeLimits
from stations.models import ChargingSession, Evse
from stations.services import attempts, sessions
from stations.states import OPEN_SESSION

logger = logging.getLogger(__name__)
Status = Payment.Status
LEFT = frozenset({"abandoned", "not_done"})
"""The payer went away; nobody refused."""
REFUSALS = (sessions.StationOffline, sessions.EvseBusy, sessions.NotAuthorized)
CODES = {
    sessions.StationOffline: "station_offline",
    sessions.EvseBusy: "evse_busy",
    sessions.NotAuthorized: "not_authorized",
}


def follow_hold(*, payment_id: int) -> None:
    """Bring session and hold together, or take what is paid in ahead. Safe to repeat; a start that is refused
    releases the hold."""
    payment = Payment.objects.select_related("session", "kept").get(pk=payment_id)
    if payment.status != Status.AUTHORIZED:
        return
    if payment.tops_up_id is not None:
        _take_in(payment)
    elif payment.session is None and payment.kept is not None and not payment.payer_key:
        _follow_kept(payment, payment.kept)
    elif payment.session is None:
        _start(payment_id)
    elif payment.session.status == ChargingSession.Status.ABANDONED:
        _release(payment_id)
    elif record_of(payment.session) is not None:
        collect(session_id=payment.session.pk)


def _take_in(payment: Payment) -> None:
    """What is paid in ahead is taken at once, whole."""
    try:
        capture_payment(payment_id=payment.pk, amount_minor=payment.authorized_minor)
    except Busy:
        logger.info("payment %s is being taken already", payment.pk)


def _follow_kept(payment: Payment, kept: KeptStall) -> None:
    """Held for a booking: it waits for the driver, pays what not coming costs, or is let go."""
    if record_of(kept) is not None:
        collect_for(kept)
    elif not kept.is_open and not kept.is_charged:
        _release(payment.pk)


def _start(payment_id: int) -> None:
    with transaction.atomic():
        payment = locked(payment_id)
        if payment.session_id or payment.evse is None or payment.status != Status.AUTHORIZED:
            return
        refusal = _ask(payment, payment.evse)
    if refusal is not None:
        _note_refusal(payment_id, refusal)
        _release(payment_id)


def _ask(payment: Payment, evse: Evse) -> Exception | None:
    """Ask the station; a refusal is returned and not raised, so that the attempt stays on record."""
    try:
        payment.session = sessions.request_start(
            evse=evse,
            user=payment.account.user if payment.account else None,
            reference=reference_of(payment),
            asked_at=payment.created_at,
            **_scanned(payment),
        )
    except REFUSALS as refusal:
        return refusal
    payment.save(update_fields=["session"])
    return None


def _scanned(payment: Payment) -> dict[str, Any]:
    """Who came by a charger's one-time code starts as the payment itself, within what is held (2.1 C25.FR.23,
    step 9)."""
    if payment.scanned_limits is None:
        return {}
    held = from_minor(payment.authorized_minor, payment.currency)
    limits = ChargeLimits.from_json(payment.scanned_limits).with_cost_at_most(held)
    return {
        "start_token": payment.provider_ref or payment.public_id.hex,
        "token_type": sessions.PAYMENT,
        "limits": limits,
    }


def note_failed_attempt(*, payment_id: int) -> None:
    """A payment that was to start a charge came to nothing: so did the attempt."""
    payment = Payment.objects.select_related("evse", "account__user").get(pk=payment_id)
    if payment.session_id is not None or payment.kept_id is not None or payment.evse is None:
        return
    driver = payment.account.user if payment.account else None
    asked = attempts.Asked(
        evse=payment.evse,
        door=attempts.door_of(user=driver, token=None, requested_by=None),
        driver=driver,
        reference=reference_of(payment),
        asked_at=payment.created_at,
    )
    was_left = payment.failure_code in LEFT
    attempts.note_unpaid(asked=asked, code=payment.failure_code, was_left=was_left)


def reference_of(payment: Payment) -> str:
    return f"payment.{payment.pk}"


def _note_refusal(payment_id: int, refusal: Exception) -> None:
    """The attempt is over, so that the payer may make another while the hold is let go."""
    payment = Payment.objects.select_related("account").get(pk=payment_id)
    is_own = isinstance(refusal, sessions.EvseBusy) and _charges_already(payment)
    Payment.objects.filter(pk=payment_id).update(
        failure_code="already_yours" if is_own else CODES[type(refusal)],
        failure_message=str(refusal)[:300],
        payer_key="",
    )


def _charges_already(payment: Payment) -> bool:
    if payment.account is None:
        return False
    mine = ChargingSession.objects.filter(evse=payment.evse_id, driver=payment.account.user_id)
    return mine.filter(status__in=OPEN_SESSION).exists()


def _release(payment_id: int) -> None:
    try:
        release_hold(payment_id=payment_id)
    except Busy:
        logger.info("payment %s is being released already", payment_id)


def stop_session(*, session: ChargingSession) -> None:
    """Ask the station to stop a charge that nobody can pay for. An offline station cannot be asked."""
    try:
        sessions.request_stop(session=session)
    except sessions.StationOffline:
        logger.warning("session %s cannot be stopped: its station is offline", session.pk)

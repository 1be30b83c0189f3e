"""Collect what a session cost: capture its hold, ask the card for the rest, write off what is lost."""

from __future__ import annotations

from typing import Final

from django.db import IntegrityError
from django.db.models import Sum

from core.money import to_minor
from payments.models import ChargeDetailRecord, Payment
from payments.providers import provider
from payments.selectors import default_method, open_payment_of, record_of
from payments.services import ledger
from payments.services.operations import Busy
from payments.services.payments import capture_payment, create_payment, release_hold, request_hold
from stations.models import ChargingSession

Status = Payment.Status
ATTEMPTS: Final = 2
UNCOLLECTED: Final = "the hold did not cover the bill and nobody is left to ask"

TOO_SMALL: Final = "less than a card can be asked for"


def collect(*, session_id: int) -> Payment | None:
    """Bring in what the session's record says, as far as it goes now. Safe to repeat.

    Takes the hold; a bill of zero releases it. What a hold does not cover is charged to a signed-in
    driver's card, and written off for a guest. What goes on a company's account comes with its invoice.
    """
    session = ChargingSession.objects.select_related("organization", "evse", "driver").get(pk=session_id)
    record = record_of(session)
    if record is None or record.company_id is not None:
        return None
    payment = open_payment_of(session)
    if payment is not None:
        return _take(payment, record)
    missing = outstanding_minor(record)
    return _pursue(session, record, missing) if missing > 0 else None


def outstanding_minor(record: ChargeDetailRecord) -> int:
    """What the record's session still owes: total less what was captured."""
    taken = Payment.objects.filter(session=record.session_id).aggregate(taken=Sum("captured_minor"))["taken"]
    return to_minor(record.total_gross, record.currency) - (taken or 0)


def _take(payment: Payment, record: ChargeDetailRecord) -> Payment | None:
    """Capture what is due; a payment whose hold is still being asked for is taken when it stands."""
    if payment.cdr_id is None:
        Payment.objects.filter(pk=payment.pk).update(cdr=record)
    if payment.status != Status.AUTHORIZED:
        return payment
    try:
        taken = capture_payment(payment_id=payment.pk, amount_minor=outstanding_minor(record))
    except Busy:
        return payment
    if taken.status in (Status.CAPTURED, Status.VOIDED) and outstanding_minor(record) > 0:
        return collect(session_id=record.session_id)
    return taken


def _pursue(session: ChargingSession, record: ChargeDetailRecord, missing_minor: int) -> Payment | None:
    """Ask the driver's card for the rest, a few times; a guest's rest is lost, as is one too small."""
    if missing_minor < provider().smallest_charge_minor(record.currency):
        ledger.post_write_off(cdr=record, amount_minor=missing_minor, reason=TOO_SMALL)
        return None
    account = getattr(session.driver, "billing_account", None) if session.driver else None
    if account is None:
        if session.driver is None:
            ledger.post_write_off(cdr=record, amount_minor=missing_minor, reason=UNCOLLECTED)
        return None
    method = default_method(account)
    tried = Payment.objects.filter(session=session, status=Status.FAILED).count()
    if method is None or tried >= ATTEMPTS:
        return None
    try:
        payment = create_payment(
            organization=session.organization,
            currency=record.currency,
            requested_minor=missing_minor,
            account=account,
            method=method,
            email=account.user.email,
            evse=session.evse,
            session=session,
        )
    except IntegrityError:  # another collector is at it: one open payment per session
        return None
    held = request_hold(payment_id=payment.pk)
    return _take(held, record) if held.status == Status.AUTHORIZED else held


def let_go(*, session_id: int) -> None:
    """The session came to nothing: release whatever was held for it."""
    for payment in Payment.objects.filter(session=session_id, status=Status.AUTHORIZED):
        try:
            release_hold(payment_id=payment.pk)
        except Busy:
            continue

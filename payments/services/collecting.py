"""Collect what a session cost: capture its hold, ask the card for the rest, write off what is lost."""

from __future__ import annotations

from typing import Final

from django.db import IntegrityError
from django.db.models import QuerySet

from payments.models import ChargeDetailRecord, KeptStall, Occasion, Payment
from payments.providers import provider
from payments.selectors import default_method, open_payment_of, record_of
from payments.selectors.occasions import about_record, outstanding_minor
from payments.selectors.paying import asks_cards
from payments.services import ledger
from payments.services.balances import draw
from payments.services.operations import Busy
from payments.services.payments import capture_payment, create_payment, release_hold, request_hold
from stations.models import ChargingSession

Status = Payment.Status
ATTEMPTS: Final = 2
UNCOLLECTED: Final = "the hold did not cover the bill and nobody is left to ask"

TOO_SMALL: Final = "less than a card can be asked for"


def collect(*, session_id: int) -> Payment | None:
    """Bring in what the session's record says, as far as it goes now. Safe to repeat.

    What the driver has paid in ahead pays first, then the hold; a bill of zero releases it. What a hold does
    not cover is charged to a signed-in driver's card, and written off for a guest. What goes on a company's
    account comes with its invoice; where no cards are asked for, the rest stays owed.
    """
    wanted = ("organization", "evse", "driver")
    return collect_for(ChargingSession.objects.select_related(*wanted).get(pk=session_id))


def collect_kept(*, kept_id: int) -> Payment | None:
    """The same for a stall that was kept in vain: its hold first, then the saved card."""
    wanted = ("organization", "evse", "driver")
    return collect_for(KeptStall.objects.select_related(*wanted).get(pk=kept_id))


def collect_for(occasion: Occasion) -> Payment | None:
    record = record_of(occasion)
    if record is None or record.company_id is not None:
        return None
    payment = open_payment_of(occasion)
    if payment is not None:
        return _take(payment, record)
    drawn = draw(record)
    missing = outstanding_minor(record)
    if missing <= 0 or not asks_cards(record.organization_id):
        return drawn
    return _pursue(occasion, record, missing)


def _take(payment: Payment, record: ChargeDetailRecord) -> Payment | None:
    """Capture what is due; a payment whose hold is still being asked for is taken when it stands."""
    if payment.cdr_id is None:
        Payment.objects.filter(pk=payment.pk).update(cdr=record)
    if payment.status != Status.AUTHORIZED:
        return payment
    if payment.paid_from_id is None:
        draw(record)
    try:
        taken = capture_payment(payment_id=payment.pk, amount_minor=outstanding_minor(record))
    except Busy:
        return payment
    if taken.status in (Status.CAPTURED, Status.VOIDED) and outstanding_minor(record) > 0:
        return collect_for(record.occasion)
    return taken


def _pursue(occasion: Occasion, record: ChargeDetailRecord, missing_minor: int) -> Payment | None:
    """Ask the driver's card for the rest, a few times; a guest's rest is lost, as is one too small."""
    if missing_minor < provider().smallest_charge_minor(record.currency):
        ledger.post_write_off(cdr=record, amount_minor=missing_minor, reason=TOO_SMALL)
        return None
    account = getattr(occasion.driver, "billing_account", None) if occasion.driver else None
    if account is None:
        if occasion.driver is None:
            ledger.post_write_off(cdr=record, amount_minor=missing_minor, reason=UNCOLLECTED)
        return None
    method = default_method(account)
    if method is None or _refusals(record) >= ATTEMPTS:
        return None
    try:
        payment = create_payment(
            organization=occasion.organization,
            currency=record.currency,
            requested_minor=missing_minor,
            account=account,
            method=method,
            email=account.user.email,
            evse=occasion.evse,
            session=record.session,
            kept=record.kept,
        )
    except IntegrityError:  # another collector is at it: one open payment per occasion
        return None
    held = request_hold(payment_id=payment.pk)
    return _take(held, record) if held.status == Status.AUTHORIZED else held


def _refusals(record: ChargeDetailRecord) -> int:
    """How often a card said no; a hold that was asked before the booking was missed was another question."""
    refused = Payment.objects.filter(**about_record(record), status=Status.FAILED)
    return refused.filter(created_at__gte=record.issued_at).count() if record.kept_id else refused.count()


def let_go(*, session_id: int) -> None:
    """The session came to nothing: release whatever was held for it."""
    _release_all(Payment.objects.filter(session=session_id, status=Status.AUTHORIZED))


def let_go_kept(*, kept_id: int) -> None:
    """Nobody is to pay for the kept stall: release whatever was held for it."""
    _release_all(Payment.objects.filter(kept=kept_id, session=None, status=Status.AUTHORIZED))


def _release_all(payments: QuerySet[Payment]) -> None:
    for payment in payments:
        try:
            release_hold(payment_id=payment.pk)
        except Busy:
            continue

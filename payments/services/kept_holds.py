"""A booking's hold is placed shortly before its start (MONEY rule 7), off-session on what its driver
has paid in ahead or on the saved card.

It waits for the driver: her charge takes it along (`holding`, `attempts`), not coming is paid from it
(`collecting`), and in every other case it is let go (`reserving.settle`, the sweep).
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from core import clock
from payments.models import KeptStall, Payment
from payments.providers.base import ProviderError
from payments.selectors import open_payment_of
from payments.services.company_charges import account_of_kept
from payments.services.looking import refresh_payment
from payments.services.means import means_for
from payments.services.operations import Busy
from payments.services.payments import create_payment, request_hold
from payments.services.pricing import is_free
from payments.services.reserving import terms_agreed
from payments.services.sizing import hold_for

logger = logging.getLogger(__name__)
HELD_BEFORE: Final = timedelta(minutes=15)


class NothingToHold(ValueError):
    """The booking is over, costs nothing, or nothing is there to hold it on."""


def place_due_holds() -> int:
    """Ask the cards of those who are soon to come, once each; returns how many were asked. A sweep."""
    return sum(_place(kept) for kept in due_for_hold())


def due_for_hold() -> QuerySet[KeptStall]:
    """Open, about to begin, and nobody has been asked for them."""
    now = clock.now()
    asked = Payment.objects.filter(kept=OuterRef("pk"))
    wanted = ("tariff__organization", "evse__station__location__organization", "driver", "organization")
    return (
        KeptStall.objects.filter(
            ~Exists(asked),
            outcome=KeptStall.Outcome.OPEN,
            starts_at__lte=now + HELD_BEFORE,
            kept_until__gt=now,
            waived_at=None,
        )
        .select_related(*wanted)
        .order_by("pk")
    )


def _place(kept: KeptStall) -> bool:
    try:
        hold_for_kept(kept=kept)
    except (NothingToHold, Busy, ProviderError) as reason:
        logger.info("no hold for reservation %s: %s", kept.number, reason)
        return False
    return True


def hold_for_kept(*, kept: KeptStall, return_url: str = "") -> Payment:
    """Hold on the driver's balance or card; with `return_url` she is present and may be asked to confirm.

    A decline gives a FAILED payment and news of it. Raises NothingToHold, Busy, ProviderError.
    """
    if (waiting := open_payment_of(kept)) is not None:
        return waiting
    payment = _payment(kept)
    return request_hold(payment_id=payment.pk, return_url=return_url)


def look_at_hold(*, public_id: UUID) -> None:
    """After the way back from the bank: apply what was confirmed there; the sweep looks again."""
    asked = Payment.objects.filter(kept__public_id=public_id, session=None)
    for payment in asked.filter(status=Payment.Status.REQUIRES_ACTION):
        try:
            refresh_payment(payment_id=payment.pk)
        except ProviderError:
            logger.info("payment %s cannot be looked at now", payment.pk)


def _payment(kept: KeptStall) -> Payment:
    amount_minor = amount_for(kept)
    if not kept.is_open or not amount_minor or account_of_kept(kept) is not None:
        raise NothingToHold(str(kept))
    means = means_for(
        driver=kept.driver,
        organization_id=kept.organization_id,
        currency=kept.tariff.currency,
        hold_minor=amount_minor,
    )
    if means is None:
        raise NothingToHold("neither card nor balance")
    try:
        with transaction.atomic():
            return create_payment(
                organization=kept.organization,
                currency=kept.tariff.currency,
                requested_minor=amount_minor,
                email=kept.driver.email,
                evse=kept.evse,
                kept=kept,
                **means._asdict(),
            )
    except IntegrityError as error:  # one open payment per kept stall
        raise Busy(str(kept)) from error


def amount_for(kept: KeptStall) -> int:
    """Minor units: what the charge may need, and at least what not coming costs."""
    charge = 0 if is_free(kept.tariff) else hold_for(tariff=kept.tariff, evse=kept.evse, driver=kept.driver)
    return max(charge, terms_agreed(kept).missed.minor)

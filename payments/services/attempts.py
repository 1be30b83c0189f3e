"""One attempt to start per payer and place: a second click, or a second tab, goes on with the first.

The database holds it (`one_open_attempt_per_payer`). An attempt is open until its hold has found a
session, or came to nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from core import clock
from payments.models import BillingAccount, Payment, PaymentMethod, PrepaidBalance, Tariff
from payments.providers import provider
from payments.providers.base import ProviderError
from payments.selectors.payments import waiting_for
from payments.services.applying import fail_payment
from payments.services.looking import refresh_payment
from payments.services.operations import Busy
from payments.services.payments import create_payment, release_hold
from payments.services.sizing import hold_for
from payments.states import OPEN_PAYMENT
from stations.limits import ChargeLimits
from stations.models import Evse
from stations.states import OPEN_SESSION

Status = Payment.Status
ONE_ATTEMPT: Final = "one_open_attempt_per_payer"
DEAD_AFTER: Final = timedelta(seconds=60)


def payer_key(driver: User | None, guest_key: str = "") -> str:
    """Who pays, as attempts know them; empty for a guest of whom we know nothing."""
    if driver is not None:
        return f"user-{driver.pk}"
    return f"guest-{guest_key}" if guest_key else ""


def attempt(
    *,
    evse: Evse,
    tariff: Tariff,
    payer_key: str,
    account: BillingAccount | None = None,
    method: PaymentMethod | None = None,
    paid_from: PrepaidBalance | None = None,
    email: str = "",
    scanned: ChargeLimits | None = None,
) -> tuple[Payment, bool]:
    """The payer's open attempt at this place, or a new one; and whether it is new.

    An earlier attempt with another card or address, of which nothing has come yet, is given up for this.
    `scanned`: the payer came by the charger's one-time code, with these limits.
    """
    limits = None if scanned is None else scanned.to_json()
    if account is not None and (method or paid_from):
        _go_on_with_kept(evse, payer_key, account.user)
    earlier = _earlier(evse, payer_key, method, email)
    if earlier is not None:
        return _with_limits(earlier, limits), False
    of_payer = {"account": account, "method": method, "paid_from": paid_from, "email": email}
    wanted: dict[str, Any] = {"evse": evse, "payer_key": payer_key, **of_payer}
    made = _make(tariff, scanned_limits=limits, **wanted)
    return (made, True) if made else attempt(tariff=tariff, scanned=scanned, **wanted)


def _go_on_with_kept(evse: Evse, payer_key: str, driver: User) -> None:
    """What is held for the driver's booking here becomes her attempt, unless she has one already."""
    waiting = waiting_for(driver_id=driver.pk, evse_id=evse.pk)
    if waiting is not None and not _open_attempts(evse, payer_key).exists():
        Payment.objects.filter(pk=waiting.pk, session=None, payer_key="").update(payer_key=payer_key)


def _with_limits(payment: Payment, limits: dict[str, Any] | None) -> Payment:
    """Whoever scans again before the charge is asked for may have chosen other limits."""
    if limits is not None and payment.scanned_limits != limits:
        Payment.objects.filter(pk=payment.pk, session=None).update(scanned_limits=limits)
        payment.refresh_from_db()
    return payment


def _make(tariff: Tariff, *, evse: Evse, payer_key: str, **of_payer: Any) -> Payment | None:
    """None when another click was faster."""
    account: BillingAccount | None = of_payer.get("account")
    driver = account.user if account else None
    try:
        with transaction.atomic():
            return create_payment(
                organization=evse.station.organization,
                currency=tariff.currency,
                requested_minor=hold_for(tariff=tariff, evse=evse, driver=driver),
                evse=evse,
                payer_key=payer_key,
                **of_payer,
            )
    except IntegrityError as error:
        if ONE_ATTEMPT not in str(error):
            raise
        return None


def running_attempt(*, evse: Evse, payer_key: str) -> Payment | None:
    """The payment of this payer whose charge is starting or running at this place."""
    if not payer_key:
        return None
    mine = Payment.objects.filter(evse=evse, payer_key=payer_key, session__status__in=OPEN_SESSION)
    return mine.order_by("-pk").first()


def last_address(*, evse: Evse, payer_key: str) -> str:
    """Where this payer's last receipt from here was to go, so that a second try needs no new typing."""
    if not payer_key:
        return ""
    mine = Payment.objects.filter(evse=evse, payer_key=payer_key).exclude(email="")
    return mine.order_by("-pk").values_list("email", flat=True).first() or ""


def _open_attempts(evse: Evse, payer_key: str) -> QuerySet[Payment]:
    return Payment.objects.filter(
        evse=evse, payer_key=payer_key, status__in=OPEN_PAYMENT, session__isnull=True
    ).exclude(payer_key="")


def _earlier(evse: Evse, payer_key: str, method: PaymentMethod | None, email: str) -> Payment | None:
    payment = _open_attempts(evse, payer_key).first()
    if payment is None:
        return None
    payment = _looked_at(payment)
    if payment.status not in OPEN_PAYMENT or _is_dead(payment):
        return None
    if _is_under_way(payment) or _is_alike(payment, method, email):
        return payment
    return payment if not give_up(payment) else None


def _looked_at(payment: Payment) -> Payment:
    try:
        return refresh_payment(payment_id=payment.pk)
    except ProviderError:
        return payment


def _is_dead(payment: Payment) -> bool:
    """Written down, but never asked for: the process died in between."""
    is_old = payment.created_at < clock.now() - DEAD_AFTER
    if not is_old or payment.status != Status.CREATED or payment.operations.exists():
        return False
    return fail_payment(payment_id=payment.pk, code="not_done", message="").status == Status.FAILED


def _is_under_way(payment: Payment) -> bool:
    """Held, or being asked for this very moment."""
    is_asked = payment.status == Status.CREATED and not (payment.checkout_ref or payment.provider_ref)
    return payment.status == Status.AUTHORIZED or is_asked


def _is_alike(payment: Payment, method: PaymentMethod | None, email: str) -> bool:
    is_same_card = payment.method_id == (method.pk if method else None)
    return is_same_card and (not email or payment.email in ("", email))


def give_up(payment: Payment) -> bool:
    """End a payment of which nothing has come; what is held by it later is let go as stray.

    False when it cannot be given up now.
    """
    if payment.checkout_ref:
        fail_payment(payment_id=payment.pk, code="abandoned", message="")
        _close_page(payment)
        return True
    try:
        return release_hold(payment_id=payment.pk).status not in OPEN_PAYMENT
    except (Busy, ProviderError):
        return False


def _close_page(payment: Payment) -> None:
    """So that nobody pays there any more; a page that cannot be closed now closes by itself."""
    try:
        provider().expire_checkout(payment.checkout_ref, key=f"payment-{payment.public_id}-expire")
    except ProviderError:
        return

"""The payer's way: a hosted page or a saved card, the way back, and what the page shall say.

The hold comes before the remote start: only when it stands is the station asked (see `starting`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from core import clock
from core.links import sign
from payments.models import BillingAccount, Payment, PaymentMethod, ProviderOperation, Tariff
from payments.providers import provider
from payments.providers.base import Checkout, CheckoutRequest, CheckoutStatus, OutcomeUnknown, Refused
from payments.selectors import default_method
from payments.services import operations, pricing
from payments.services.applying import fail_payment, locked
from payments.services.cards import ensure_account, save_card
from payments.services.operations import State, begin, mark, perform
from payments.services.payments import apply_found, create_payment, look_again, request_hold
from stations.models import Evse

Status = Payment.Status
PAGE_OPEN_FOR: Final = timedelta(minutes=31)  # the provider's shortest is 30
LINK: Final = "payment"
LINK_LASTS: Final = timedelta(days=2)


class CheckoutUnavailable(RuntimeError):
    """The provider did not answer; nothing is held. The payer may try again."""


class NothingToPay(ValueError):
    """Charging here is free: no hold is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A payment under way and the address to send the browser to."""

    payment: Payment
    url: str


def begin_checkout(*, evse: Evse, driver: User | None = None, email: str = "") -> Begun:
    """Open the hosted page on which a guest (or a driver without a card) makes the hold.

    A signed-in driver's card is saved with it. Raises NothingToPay, CheckoutUnavailable.
    """
    tariff = _priced(evse)
    account = _account(driver, tariff) if driver else None
    payment = create_payment(
        organization=evse.station.organization,
        currency=tariff.currency,
        requested_minor=tariff.hold_minor,
        account=account,
        email=driver.email if driver else email,
        evse=evse,
    )
    request = CheckoutRequest(
        reference=str(payment.public_id),
        amount_minor=payment.requested_minor,
        currency=payment.currency,
        description=f"{evse.station.location.name}, {evse}",
        success_url=_absolute(return_path(payment)),
        cancel_url=_absolute(f"{return_path(payment)}?left=1"),
        expires_at=clock.now() + PAGE_OPEN_FOR,
        customer_ref=account.provider_customer_id if account else "",
        email=payment.email,
    )
    return _open_page(payment, request)


def _open_page(payment: Payment, request: CheckoutRequest) -> Begun:
    with transaction.atomic(durable=True):
        operation = begin(kind=operations.CHECKOUT, payment=locked(payment.pk))
    try:
        page = perform(operation, lambda key: provider().open_checkout(request, key=key))
    except (OutcomeUnknown, Refused) as error:
        fail_payment(payment_id=payment.pk, code="checkout_unavailable", message=str(error))
        raise CheckoutUnavailable(str(error)) from error
    with transaction.atomic(durable=True):
        Payment.objects.filter(pk=payment.pk).update(checkout_ref=page.ref)
        mark(operation, State.DONE, response={"ref": page.ref, "url": page.url})
    return Begun(payment=Payment.objects.get(pk=payment.pk), url=page.url)


def pay_with_card(*, evse: Evse, driver: User) -> Begun:
    """Hold on the driver's saved card, the driver being present: one click.

    The address is the bank's page when it wants a confirmation, else the way back of ours. A decline
    gives a FAILED payment. Raises NothingToPay, NoCard, CheckoutUnavailable.
    """
    tariff = _priced(evse)
    account = _account(driver, tariff)
    method = default_method(account)
    if method is None:
        raise NoCard(driver.email)
    payment = create_payment(
        organization=evse.station.organization,
        currency=tariff.currency,
        requested_minor=tariff.hold_minor,
        account=account,
        method=method,
        email=driver.email,
        evse=evse,
    )
    held = request_hold(payment_id=payment.pk, return_url=_absolute(return_path(payment)))
    return Begun(payment=held, url=action_url(held) or return_path(held))


class NoCard(ValueError):
    """The driver has no usable card."""


def action_url(payment: Payment) -> str:
    """Where the payer must go to confirm, while that is asked."""
    if payment.status != Status.REQUIRES_ACTION:
        return ""
    done = payment.operations.filter(kind=operations.HOLD, state=State.DONE).order_by("-pk").first()
    return str((done.response or {}).get("action_url", "")) if done else ""


def begin_card_setup(*, driver: User, return_to: str, currency: str = "EUR") -> str:
    """The hosted page on which a driver saves a card; answers its address. Raises CheckoutUnavailable."""
    try:
        account = ensure_account(user=driver, currency=currency)
        with transaction.atomic(durable=True):
            operation = begin(kind=operations.SETUP, account=account)
        request = CheckoutRequest(
            reference=f"account-{account.pk}",
            amount_minor=0,
            currency=account.currency,
            description="",
            success_url=_absolute(return_to),
            cancel_url=_absolute(return_to),
            expires_at=clock.now() + PAGE_OPEN_FOR,
            customer_ref=account.provider_customer_id,
        )
        page = perform(operation, lambda key: provider().open_checkout(request, key=key))
    except (OutcomeUnknown, Refused) as error:
        raise CheckoutUnavailable(str(error)) from error
    mark(operation, State.DONE, response={"ref": page.ref, "url": page.url})
    return page.url


def finish_card_setup(*, driver: User) -> PaymentMethod | None:
    """After the way back: keep the cards that the driver's latest visits have saved."""
    account = BillingAccount.objects.filter(user=driver).first()
    if account is None:
        return None
    visits = account.operations.filter(kind=operations.SETUP, state=State.DONE).order_by("-pk")[:3]
    found = [method for visit in visits if (method := _saved_in(account, visit))]
    return found[0] if found else None


def _saved_in(account: BillingAccount, visit: ProviderOperation) -> PaymentMethod | None:
    page = provider().get_checkout(str((visit.response or {})["ref"]))
    return save_card(account=account, method_ref=page.setup_method_ref) if page.setup_method_ref else None


def refresh_payment(*, payment_id: int) -> Payment:
    """Look at the provider once and apply what is there. Raises OutcomeUnknown."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.status not in (Status.CREATED, Status.REQUIRES_ACTION):
        return payment
    if payment.provider_ref:
        return _with_card(look_again(payment_id=payment_id))
    if payment.checkout_ref:
        return _apply_page(payment, provider().get_checkout(payment.checkout_ref))
    return payment


def _apply_page(payment: Payment, page: Checkout) -> Payment:
    if page.email and not payment.email:
        Payment.objects.filter(pk=payment.pk).update(email=page.email)
    if page.intent_ref:
        found = provider().get_intent(page.intent_ref)
        return _with_card(apply_found(payment_id=payment.pk, intent=found))
    if page.status is CheckoutStatus.EXPIRED:
        return fail_payment(payment_id=payment.pk, code="abandoned", message="")
    return payment


def _with_card(payment: Payment) -> Payment:
    """A signed-in driver's card that has just made a hold is kept for the next time."""
    if payment.account is None or payment.method_id or payment.status != Status.AUTHORIZED:
        return payment
    found = provider().get_intent(payment.provider_ref)
    method = save_card(account=payment.account, method_ref=found.method_ref)
    if method is not None:
        Payment.objects.filter(pk=payment.pk).update(method=method)
    return payment


def return_path(payment: Payment) -> str:
    """Our page that follows this payment; whoever has the link may see it."""
    return reverse("payments:return", args=[sign(LINK, str(payment.public_id))])


def _priced(evse: Evse) -> Tariff:
    tariff = pricing.tariff_for(evse)
    if tariff is None or pricing.is_free(tariff):
        raise NothingToPay(str(evse))
    return tariff


def _account(driver: User, tariff: Tariff) -> BillingAccount:
    try:
        return ensure_account(user=driver, currency=tariff.currency)
    except (OutcomeUnknown, Refused) as error:
        raise CheckoutUnavailable(str(error)) from error


def _absolute(path: str) -> str:
    return path if path.startswith("http") else f"{settings.PUBLIC_URL.rstrip('/')}{path}"

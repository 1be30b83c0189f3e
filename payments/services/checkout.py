"""The payer's way: a hosted page or a saved card, the way back, and what the page shall say.

The hold comes before the remote start: only when it stands is the station asked (see `starting`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction

from accounts.models import User
from core import clock
from payments.models import BillingAccount, Payment, PaymentMethod, ProviderOperation, Tariff
from payments.providers import provider
from payments.providers.base import CheckoutRequest, OutcomeUnknown, ProviderError, Refused
from payments.selectors.paying import asks_cards
from payments.services import operations, pricing
from payments.services.addresses import absolute, address_of, return_path
from payments.services.applying import fail_payment, locked
from payments.services.attempts import attempt, payer_key
from payments.services.cards import ensure_account, save_card
from payments.services.means import Means, means_for
from payments.services.operations import State, begin, mark, perform
from payments.services.payments import request_hold
from payments.services.sizing import hold_for
from payments.services.tariff_rules import is_sold_ad_hoc
from stations.limits import ChargeLimits
from stations.models import Evse

Status = Payment.Status
PAGE_OPEN_FOR: Final = timedelta(minutes=31)  # the provider's shortest is 30


class CheckoutUnavailable(RuntimeError):
    """The provider did not answer; nothing is held. The payer may try again."""


class NotForGuests(ValueError):
    """A rule about ad hoc prices speaks against this one, and no owner has overridden it."""


class NotByCard(ValueError):
    """Here charges go on accounts only."""


class NothingToPay(ValueError):
    """Charging here is free: no hold is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A payment under way and the address to send the browser to."""

    payment: Payment
    url: str


def begin_checkout(
    *,
    evse: Evse,
    driver: User | None = None,
    email: str = "",
    guest_key: str = "",
    scanned: ChargeLimits | None = None,
) -> Begun:
    """Open the hosted page on which a guest (or a driver without a card) makes the hold.

    A signed-in driver's card is saved with it. `scanned`: what was asked at the charger whose one-time code
    led here. Who has an attempt open here already (of this driver, or
    of the guest with this key) goes on with that one. Raises NothingToPay, NotByCard, NotForGuests,
    CheckoutUnavailable.
    """
    tariff = _priced(evse, driver)
    _require_cards(evse)
    if driver is None and not is_sold_ad_hoc(evse):
        raise NotForGuests(str(evse))
    account = _account(driver, tariff) if driver else None
    payment, is_new = attempt(
        evse=evse,
        tariff=tariff,
        payer_key=payer_key(driver, guest_key),
        account=account,
        email=driver.email if driver else email,
        scanned=scanned,
    )
    if not is_new:
        return Begun(payment=payment, url=address_of(payment))
    request = CheckoutRequest(
        reference=str(payment.public_id),
        amount_minor=payment.requested_minor,
        currency=payment.currency,
        description=f"{evse.station.location.name}, {evse}",
        success_url=absolute(return_path(payment)),
        cancel_url=absolute(f"{return_path(payment)}?left=1"),
        expires_at=clock.now() + PAGE_OPEN_FOR,
        customer_ref=account.provider_customer_id if account else "",
        email=payment.email,
    )
    return open_page(payment, request)


def open_page(payment: Payment, request: CheckoutRequest) -> Begun:
    """The hosted page for a payment of its own. Raises CheckoutUnavailable; the payment is FAILED then."""
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


def pay_at_once(*, evse: Evse, driver: User, scanned: ChargeLimits | None = None) -> Begun:
    """Hold on what the driver has paid in ahead, or on her saved card, she being present: one click.

    The address is the bank's page when it wants a confirmation, else the way back of ours. A decline
    gives a FAILED payment. A second click goes on with the first one's payment. Raises NothingToPay,
    NotByCard, NoCard, CheckoutUnavailable.
    """
    tariff = _priced(evse, driver)
    means = _means(evse, driver, tariff)
    payment, is_new = attempt(
        evse=evse,
        tariff=tariff,
        payer_key=payer_key(driver),
        email=driver.email,
        scanned=scanned,
        **means._asdict(),
    )
    if not is_new:
        return Begun(payment=payment, url=address_of(payment))
    held = request_hold(payment_id=payment.pk, return_url=absolute(return_path(payment)))
    return Begun(payment=held, url=address_of(held))


def _means(evse: Evse, driver: User, tariff: Tariff) -> Means:
    try:
        found = means_for(
            driver=driver,
            organization_id=evse.organization_id,
            currency=tariff.currency,
            hold_minor=hold_for(tariff=tariff, evse=evse, driver=driver),
        )
    except ProviderError as error:
        raise CheckoutUnavailable(str(error)) from error
    if found is not None:
        return found
    _require_cards(evse)
    raise NoCard(driver.email)


class NoCard(ValueError):
    """The driver has neither a usable card nor enough paid in ahead."""


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
            success_url=absolute(return_to),
            cancel_url=absolute(return_to),
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


def _priced(evse: Evse, driver: User | None) -> Tariff:
    tariff = pricing.tariff_for(evse, payer=pricing.driver_as_payer(driver))
    if tariff is None or pricing.is_free(tariff):
        raise NothingToPay(str(evse))
    return tariff


def _require_cards(evse: Evse) -> None:
    if not asks_cards(evse.organization_id):
        raise NotByCard(str(evse))


def _account(driver: User, tariff: Tariff) -> BillingAccount:
    try:
        return ensure_account(user=driver, currency=tariff.currency)
    except (OutcomeUnknown, Refused) as error:
        raise CheckoutUnavailable(str(error)) from error

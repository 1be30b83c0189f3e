"""Drivers as the provider knows them, and the cards that pay for them."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from core.events import publish
from payments.events import CardSaved
from payments.models import BillingAccount, Payment, PaymentMethod
from payments.providers import provider
from payments.providers.base import Card, ProviderError, Refused
from payments.services import operations
from payments.services.operations import State, begin, mark, perform
from payments.states import OPEN_PAYMENT


def ensure_account(*, user: User, currency: str = "EUR") -> BillingAccount:
    """The person's billing account, known to the provider. Raises ProviderError."""
    account, _made = BillingAccount.objects.get_or_create(user=user, defaults={"currency": currency})
    return account if account.provider_customer_id else _introduce(account)


def _introduce(account: BillingAccount) -> BillingAccount:
    """Make the person a customer; after a lost answer the next call looks before it makes another."""
    email, reference = account.user.email, f"{account.user_id}"
    with transaction.atomic(durable=True):
        account = BillingAccount.objects.select_for_update().get(pk=account.pk)
        if account.provider_customer_id:
            return account
        tried_before = account.operations.filter(kind=operations.CUSTOMER).exists()
        operation = begin(kind=operations.CUSTOMER, account=account)
    known = provider().find_customer(email=email, reference=reference) if tried_before else None
    ref = known or perform(
        operation, lambda key: provider().create_customer(key=key, email=email, reference=reference)
    )
    with transaction.atomic(durable=True):
        BillingAccount.objects.filter(pk=account.pk, provider_customer_id="").update(provider_customer_id=ref)
        mark(operation, State.DONE, response={"ref": ref})
    return BillingAccount.objects.get(pk=account.pk)


def save_card(*, account: BillingAccount, method_ref: str) -> PaymentMethod | None:
    """Keep a card that the provider has attached to the account; the newest is the default.

    None when the provider cannot be asked or the card is not the customer's.
    """
    known = PaymentMethod.objects.filter(provider_ref=method_ref).first()
    if known is not None and known.is_usable:
        return known
    try:
        card = provider().get_card(method_ref)
    except ProviderError:
        return None
    return _keep(account, card) if card.customer_ref == account.provider_customer_id else None


@transaction.atomic
def _keep(account: BillingAccount, card: Card) -> PaymentMethod:
    BillingAccount.objects.select_for_update().get(pk=account.pk)
    account.methods.filter(is_default=True).update(is_default=False)
    method, is_new = PaymentMethod.objects.update_or_create(
        provider_ref=card.ref,
        defaults={
            "account": account,
            "brand": card.brand,
            "last4": card.last4,
            "expires_month": card.expires_month,
            "expires_year": card.expires_year,
            "is_default": True,
            "is_usable": True,
        },
    )
    if is_new:
        publish(CardSaved(user_id=account.user_id, method_id=method.pk))
    return method


@transaction.atomic
def make_default(*, method: PaymentMethod) -> None:
    """This card pays from now on."""
    BillingAccount.objects.select_for_update().get(pk=method.account_id)
    PaymentMethod.objects.filter(account=method.account_id, is_default=True).update(is_default=False)
    PaymentMethod.objects.filter(pk=method.pk, is_usable=True).update(is_default=True)


class CardInUse(ValueError):
    """An open payment stands on this card."""


@transaction.atomic
def remove_card(*, method: PaymentMethod) -> None:
    """The driver takes a card away. Raises CardInUse while a charge holds or awaits money on it."""
    BillingAccount.objects.select_for_update().get(pk=method.account_id)
    if Payment.objects.filter(method=method, status__in=OPEN_PAYMENT).exists():
        raise CardInUse(f"{method}")
    forget_card(method=method)


def forget_if_gone(*, method: PaymentMethod) -> None:
    """After a refusal: a card that the provider no longer has, or has for nobody, pays no more."""
    try:
        card = provider().get_card(method.provider_ref)
    except Refused:
        forget_card(method=method)
        return
    except ProviderError:
        return
    if card.customer_ref != method.account.provider_customer_id:
        forget_card(method=method)


@transaction.atomic
def forget_card(*, method: PaymentMethod) -> None:
    """The card pays no more; another one becomes the default if there is one."""
    BillingAccount.objects.select_for_update().get(pk=method.account_id)
    PaymentMethod.objects.filter(pk=method.pk).update(is_usable=False, is_default=False)
    others = PaymentMethod.objects.filter(account=method.account_id, is_usable=True)
    if not others.filter(is_default=True).exists() and (other := others.order_by("-pk").first()):
        PaymentMethod.objects.filter(pk=other.pk).update(is_default=True)

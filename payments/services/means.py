"""What a driver's charge is held on: what she has paid in ahead, or her card."""

from __future__ import annotations

from typing import NamedTuple

from accounts.models import User
from payments.models import BillingAccount, PaymentMethod, PrepaidBalance
from payments.selectors import default_method, users_with_card
from payments.selectors.balances import available_minor, balance_of, holds_first
from payments.selectors.paying import asks_cards
from payments.services.cards import ensure_account


class Means(NamedTuple):
    """As a payment names them: one of `method` and `paid_from` is there."""

    account: BillingAccount
    method: PaymentMethod | None = None
    paid_from: PrepaidBalance | None = None


def means_for(*, driver: User, organization_id: int, currency: str, hold_minor: int) -> Means | None:
    """Her balance here where it covers the hold; else her card, whose hold the balance lessens at the end
    (`collecting`); without a card what is left of the balance, until it is used up. None: she cannot pay.

    Raises ProviderError where the provider must be told who she is and does not answer.
    """
    balance, available = _balance(driver, organization_id, currency)
    has_card = asks_cards(organization_id) and bool(users_with_card({driver.pk}))
    if balance is not None and holds_first(
        balance, available=available, hold_minor=hold_minor, has_card=has_card
    ):
        return Means(driver.billing_account, paid_from=balance)
    return _card(driver, currency) if has_card else None


def _balance(driver: User, organization_id: int, currency: str) -> tuple[PrepaidBalance | None, int]:
    balance = balance_of(user_id=driver.pk, organization_id=organization_id)
    if balance is None or balance.currency != currency:
        return None, 0
    return balance, available_minor(balance)


def _card(driver: User, currency: str) -> Means | None:
    account = ensure_account(user=driver, currency=currency)
    method = default_method(account)
    return Means(account, method=method) if method else None

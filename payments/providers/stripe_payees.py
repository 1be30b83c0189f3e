"""Whom we pay: Stripe's connected accounts and transfers (Connect, separate charges and transfers).

The account is the platform's: it collects by Express pages of Stripe what the law wants to know of a
payee, and can do nothing but receive.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import stripe

from payments.providers import reading
from payments.providers.base import Payee, Transfer, TransferRequest
from payments.providers.stripe_words import in_our_words, options

HOST: Final = "site_host"
RECEIVES_ONLY: Final = {
    "capabilities": {"transfers": {"requested": True}},
    "controller": {
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
        "requirement_collection": "stripe",
        "stripe_dashboard": {"type": "express"},
    },
}


class Payees:
    """The part of the provider that pays out."""

    client: stripe.StripeClient

    def create_payee(self, *, key: str, email: str, country: str, reference: str) -> Payee:
        wanted: Any = {"email": email, "country": country, "metadata": {HOST: reference}, **RECEIVES_ONLY}
        with in_our_words():
            return reading.payee(self.client.v1.accounts.create(wanted, options("", key)))

    def find_payee(self, *, reference: str, since: datetime) -> Payee | None:
        """One that we made before, among those made since then."""
        wanted: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        with in_our_words():
            found = self.client.v1.accounts.list(wanted)
            mine = (one for one in found.auto_paging_iter() if reading.metadata(one).get(HOST) == reference)
            account = next(mine, None)
        return None if account is None else reading.payee(account)

    def get_payee(self, ref: str) -> Payee:
        with in_our_words():
            return reading.payee(self.client.v1.accounts.retrieve(ref))

    def setup_url(self, ref: str, *, return_url: str, again_url: str) -> str:
        """Where the payee says who they are; good for minutes."""
        wanted: Any = {
            "account": ref,
            "type": "account_onboarding",
            "return_url": return_url,
            "refresh_url": again_url,
        }
        with in_our_words():
            return str(self.client.v1.account_links.create(wanted).url)

    def transfer(self, request: TransferRequest, *, key: str) -> Transfer:
        wanted: Any = {
            "amount": reading.to_stripe(request.amount_minor, request.currency),
            "currency": request.currency.lower(),
            "destination": request.payee_ref,
            "description": request.description,
            "transfer_group": request.reference,
        }
        with in_our_words():
            return reading.transfer(self.client.v1.transfers.create(wanted, options("", key)))

    def find_transfers(self, *, reference: str) -> list[Transfer]:
        wanted: Any = {"transfer_group": reference, "limit": 100}
        with in_our_words():
            found = self.client.v1.transfers.list(wanted)
            return [reading.transfer(one) for one in found.auto_paging_iter()]

    def take_back(self, ref: str, *, amount_minor: int, currency: str, key: str) -> Transfer:
        """Reverse so much of a transfer; answers how it stands then."""
        wanted: Any = {"amount": reading.to_stripe(amount_minor, currency)}
        with in_our_words():
            self.client.v1.transfers.reversals.create(ref, wanted, options("", key))
        return self.get_transfer(ref)

    def get_transfer(self, ref: str) -> Transfer:
        with in_our_words():
            return reading.transfer(self.client.v1.transfers.retrieve(ref))

    def transfers_since(self, since: datetime) -> Iterator[Transfer]:
        wanted: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        with in_our_words():
            yield from map(reading.transfer, self.client.v1.transfers.list(wanted).auto_paging_iter())

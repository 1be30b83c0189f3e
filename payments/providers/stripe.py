"""Stripe behind the promise of `base`. With its parts the only place that imports `stripe` (SDK 16, API v1).

No automatic retries: a repeated key replays the first stored answer, a 500 included, so a retry
by the SDK could only repeat a failure (MONEY rule 5).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, TypeVar

import stripe
from django.conf import settings

from payments.providers import reading
from payments.providers.base import (
    BadSignature,
    Card,
    Checkout,
    CheckoutRequest,
    DisputeSeen,
    HoldRequest,
    Intent,
    Movement,
    Notice,
    RefundSeen,
)
from payments.providers.stripe_payees import Payees
from payments.providers.stripe_words import in_our_words, options

logging.getLogger("stripe").setLevel(logging.WARNING)  # two lines a call otherwise

T = TypeVar("T")

TIMEOUT_S: Final = 20
CHARGE: Final = ["latest_charge"]
_CARDS_ONLY: Final = {"enabled": True, "allow_redirects": "never"}


class StripeProvider(Payees):
    name = "stripe"

    def __init__(self, *, secret_key: str, api_base: str, webhook_secret: str) -> None:
        self.webhook_secret = webhook_secret
        self.client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base} if api_base else {},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=TIMEOUT_S),
        )

    @classmethod
    def from_settings(cls) -> StripeProvider:
        return cls(
            secret_key=settings.STRIPE_SECRET_KEY,
            api_base=settings.STRIPE_API_BASE,
            webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
        )

    # --- customers and cards

    def create_customer(self, *, key: str, email: str, reference: str, account: str = "") -> str:
        with in_our_words():
            customer = self.client.v1.customers.create(
                {"email": email, "metadata": {"user": reference}}, options(account, key)
            )
        return customer.id

    def find_customer(self, *, email: str, reference: str, account: str = "") -> str | None:
        """A customer that we made before, found by its address (a list, not the lagging search)."""
        with in_our_words():
            found = self.client.v1.customers.list({"email": email, "limit": 100}, options(account))
        mine = (one.id for one in found.data if reading.metadata(one).get("user") == reference)
        return next(mine, None)

    def get_card(self, ref: str, *, account: str = "") -> Card:
        with in_our_words():
            return reading.card(self.client.v1.payment_methods.retrieve(ref, {}, options(account)))

    def detach_card(self, ref: str, *, key: str, account: str = "") -> None:
        """The customer has this card no more. Raises Refused where nobody has it."""
        with in_our_words():
            self.client.v1.payment_methods.detach(ref, {}, options(account, key))

    # --- hosted checkout

    def open_checkout(self, request: CheckoutRequest, *, key: str, account: str = "") -> Checkout:
        params = _setup_page(request) if not request.amount_minor else _payment_page(request)
        with in_our_words():
            return reading.checkout(self.client.v1.checkout.sessions.create(params, options(account, key)))

    def get_checkout(self, ref: str, *, account: str = "") -> Checkout:
        wanted: Any = {"expand": ["setup_intent"]}
        with in_our_words():
            return reading.checkout(self.client.v1.checkout.sessions.retrieve(ref, wanted, options(account)))

    def expire_checkout(self, ref: str, *, key: str, account: str = "") -> Checkout:
        with in_our_words():
            return reading.checkout(self.client.v1.checkout.sessions.expire(ref, {}, options(account, key)))

    # --- holds

    def smallest_charge_minor(self, currency: str) -> int:
        """Less than this no card is charged."""
        return reading.SMALLEST.get(currency.upper(), 1)

    def hold(self, request: HoldRequest, *, key: str, account: str = "") -> Intent:
        with in_our_words():
            found = self.client.v1.payment_intents.create(_hold_params(request), options(account, key))
        return reading.intent(found)

    def get_intent(self, ref: str, *, account: str = "") -> Intent:
        with in_our_words():
            found = self.client.v1.payment_intents.retrieve(ref, {"expand": CHARGE}, options(account))
        return reading.intent(found)

    def find_intents(
        self, *, reference: str, customer_ref: str, since: datetime, account: str = ""
    ) -> list[Intent]:
        """Our payment's intents among the customer's since then (listing is read-after-write)."""
        wanted: Any = {"customer": customer_ref, "created": {"gte": int(since.timestamp())}, "limit": 100}
        with in_our_words():
            found = self.client.v1.payment_intents.list(wanted, options(account))
            intents = [reading.intent(one) for one in found.auto_paging_iter()]
        return [intent for intent in intents if intent.payment_id == reference]

    def capture(self, ref: str, *, amount_minor: int, currency: str, key: str, account: str = "") -> Intent:
        params: Any = {"amount_to_capture": reading.to_stripe(amount_minor, currency), "expand": CHARGE}
        with in_our_words():
            return reading.intent(self.client.v1.payment_intents.capture(ref, params, options(account, key)))

    def release(self, ref: str, *, key: str, account: str = "") -> Intent:
        with in_our_words():
            return reading.intent(self.client.v1.payment_intents.cancel(ref, {}, options(account, key)))

    # --- what goes back

    def give_back(
        self,
        intent_ref: str,
        *,
        refund_id: str,
        amount_minor: int,
        currency: str,
        key: str,
        account: str = "",
    ) -> RefundSeen:
        """Refund so much of a captured intent. `refund_id` comes back with it, also in lists."""
        params: Any = {
            "payment_intent": intent_ref,
            "amount": reading.to_stripe(amount_minor, currency),
            "metadata": {reading.REFUND: refund_id},
        }
        with in_our_words():
            return reading.refund(self.client.v1.refunds.create(params, options(account, key)))

    def get_refund(self, ref: str, *, account: str = "") -> RefundSeen:
        with in_our_words():
            return reading.refund(self.client.v1.refunds.retrieve(ref, {}, options(account)))

    def refunds_of(self, intent_ref: str, *, account: str = "") -> list[RefundSeen]:
        """Every refund of an intent, whoever made it (listing is read-after-write)."""
        with in_our_words():
            found = self.client.v1.refunds.list(_all(payment_intent=intent_ref), options(account))
            return [reading.refund(one) for one in found.auto_paging_iter()]

    def get_dispute(self, ref: str, *, account: str = "") -> DisputeSeen:
        with in_our_words():
            return reading.dispute(self.client.v1.disputes.retrieve(ref, {}, options(account)))

    def disputes_of(self, intent_ref: str, *, account: str = "") -> list[DisputeSeen]:
        with in_our_words():
            found = self.client.v1.disputes.list(_all(payment_intent=intent_ref), options(account))
            return [reading.dispute(one) for one in found.auto_paging_iter()]

    # --- everything since a moment, newest first

    def intents_since(self, since: datetime, *, account: str = "") -> Iterator[Intent]:
        return self._since(self.client.v1.payment_intents, since, reading.intent, account)

    def refunds_since(self, since: datetime, *, account: str = "") -> Iterator[RefundSeen]:
        return self._since(self.client.v1.refunds, since, reading.refund, account)

    def disputes_since(self, since: datetime, *, account: str = "") -> Iterator[DisputeSeen]:
        return self._since(self.client.v1.disputes, since, reading.dispute, account)

    def movements_since(self, since: datetime, *, account: str = "") -> Iterator[Movement]:
        wanted = self.client.v1.balance_transactions
        return self._since(wanted, since, reading.movement, account, expand=["data.source"])

    def _since(
        self, service: Any, since: datetime, read: Callable[[Any], T], account: str, **more: Any
    ) -> Iterator[T]:
        wanted = _all(created={"gte": int(since.timestamp())}, **more)
        with in_our_words():
            yield from (read(one) for one in service.list(wanted, options(account)).auto_paging_iter())

    # --- webhooks

    def read_webhook(self, payload: bytes, signature: str) -> Notice:
        """A webhook whose signature and age (5 minutes) are right. Raises BadSignature."""
        try:
            event = stripe.Webhook.construct_event(payload, signature, self.webhook_secret)
            return reading.notice(event)
        except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadSignature(str(error)) from error


def _all(**wanted: Any) -> Any:
    return {"limit": 100, **wanted}


def _hold_params(request: HoldRequest) -> Any:
    """A manual capture, confirmed at once: off-session, or with the payer there to be asked."""
    presence: dict[str, Any] = (
        {"return_url": request.return_url, "setup_future_usage": "off_session"}
        if request.return_url
        else {"off_session": True, "automatic_payment_methods": _CARDS_ONLY}
    )
    return {
        "amount": reading.to_stripe(request.amount_minor, request.currency),
        "currency": request.currency.lower(),
        "customer": request.customer_ref,
        "payment_method": request.method_ref,
        "capture_method": "manual",
        "confirm": True,
        "description": request.description,
        "metadata": {reading.REFERENCE: request.reference},
        "expand": CHARGE,
        **presence,
    }


def _page(request: CheckoutRequest) -> dict[str, Any]:
    who = {"customer": request.customer_ref} if request.customer_ref else {}
    guest = {"customer_email": request.email} if request.email and not request.customer_ref else {}
    return {
        "client_reference_id": request.reference,
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "locale": request.locale,
        "expires_at": int(request.expires_at.timestamp()),
        "metadata": {reading.REFERENCE: request.reference},
        **who,
        **guest,
    }


def _payment_page(request: CheckoutRequest) -> Any:
    line = {
        "quantity": 1,
        "price_data": {
            "currency": request.currency.lower(),
            "unit_amount": reading.to_stripe(request.amount_minor, request.currency),
            "product_data": {"name": request.description},
        },
    }
    intent: dict[str, Any] = {
        "capture_method": "manual",
        "description": request.description,
        "metadata": {reading.REFERENCE: request.reference},
    }
    if request.customer_ref and request.keeps_card:
        intent["setup_future_usage"] = "off_session"
    return _page(request) | {"mode": "payment", "line_items": [line], "payment_intent_data": intent}


def _setup_page(request: CheckoutRequest) -> Any:
    return _page(request) | {
        "mode": "setup",
        "currency": request.currency.lower(),
        "setup_intent_data": {"metadata": {reading.REFERENCE: request.reference}},
    }

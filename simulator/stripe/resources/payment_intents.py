"""Payment intents: one wish to be paid, from the first card to the capture."""

from __future__ import annotations

from typing import Any, Final

from simulator.stripe import charging
from simulator.stripe.errors import Document, InvalidRequest, unexpected_state
from simulator.stripe.resources import customers, payment_methods
from simulator.stripe.resources.reading import listing, retrieve
from simulator.stripe.shapes import intents as shapes
from simulator.stripe.shapes import lists
from simulator.stripe.world import Call, Endpoint, World, copy_given, merge_metadata, public

MINIMUM: Final = {"usd": 50, "eur": 50, "chf": 50, "jpy": 50, "gbp": 30, "sek": 300, "nok": 300, "dkk": 250}
MAXIMUM: Final = 99_999_999
CONFIRMABLE: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
CHANGEABLE: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
GIVEN: Final = (
    "description",
    "receipt_email",
    "setup_future_usage",
    "statement_descriptor",
    "statement_descriptor_suffix",
)


def check_amount(amount: int, currency: str) -> None:
    """Raises InvalidRequest outside Stripe's limits, and for a word that is no currency."""
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise InvalidRequest(f"Invalid currency: {currency}", param="currency")
    if amount < MINIMUM.get(currency, 1):
        message = f"Amount must be at least {MINIMUM.get(currency, 1)} {currency} in minor units."
        raise InvalidRequest(message, code="amount_too_small", param="amount")
    if amount > MAXIMUM:
        message = f"Amount must be no more than {MAXIMUM}."
        raise InvalidRequest(message, code="amount_too_large", param="amount")


def new_intent(world: World, amount: int, currency: str, **fields: Any) -> Document:
    """An intent, not yet kept or announced. Raises InvalidRequest for an impossible amount."""
    currency = currency.lower()
    check_amount(amount, currency)
    intent = world.new("payment_intent")
    defaults = {
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True},
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent['id']}_secret_{world.token()}",
        "confirmation_method": "automatic",
        "currency": currency,
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "metadata": {},
        "next_action": None,
        "payment_method": None,
        "payment_method_options": {"card": {}},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "setup_future_usage": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "_return_url": None,
        "_session": None,
    }
    return intent | defaults | fields


def create(world: World, call: Call) -> Document:
    params = call.params
    if not params.get("confirm") and (params.get("off_session") is not None or params.get("return_url")):
        name = "off_session" if params.get("off_session") is not None else "return_url"
        raise InvalidRequest(f"Only pass {name} when confirm is true.", param=name)
    intent = new_intent(world, params["amount"], params["currency"])
    _apply(world, intent, params)
    if given := params.get("automatic_payment_methods"):
        intent["automatic_payment_methods"] = {"allow_redirects": "always", "enabled": True} | given
    world.emit("payment_intent.created", world.store.put(intent))
    return confirm_now(world, intent, params) if params.get("confirm") else world.store.put(intent)


def _apply(world: World, intent: Document, params: Document) -> None:
    """What create, update and confirm may set."""
    if params.get("customer"):
        intent["customer"] = customers.known(world, params["customer"])["id"]
    copy_given(intent, params, *GIVEN)
    if params.get("capture_method"):
        intent["capture_method"] = params["capture_method"]
    options = (params.get("payment_method_options") or {}).get("card") or {}
    intent["payment_method_options"]["card"] |= options
    if options.get("capture_method") == "manual":
        intent["capture_method"] = "manual"
    merge_metadata(intent, params.get("metadata"))
    if params.get("payment_method"):
        method = payment_methods.find(world, params["payment_method"])
        payment_methods.usable(world, method, intent["customer"])
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}


def update(world: World, call: Call) -> Document:
    intent = world.store.get("payment_intent", call.path["id"])
    money = call.params.get("amount"), call.params.get("currency"), call.params.get("payment_method")
    if any(money) and intent["status"] not in CHANGEABLE:
        raise unexpected_state(public(intent), "updated", CHANGEABLE)
    intent["amount"] = call.params.get("amount") or intent["amount"]
    intent["currency"] = (call.params.get("currency") or intent["currency"]).lower()
    check_amount(intent["amount"], intent["currency"])
    _apply(world, intent, call.params)
    return world.store.put(intent)


def confirm(world: World, call: Call) -> Document:
    intent = world.store.get("payment_intent", call.path["id"])
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(public(intent), "confirmed", CONFIRMABLE)
    _apply(world, intent, call.params)
    return confirm_now(world, intent, call.params)


def confirm_now(world: World, intent: Document, params: Document) -> Document:
    """Ask the card. Raises CardDeclined (402), or InvalidRequest when there is no card to ask."""
    if intent["payment_method"] is None:
        message = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. Update the"
            " PaymentIntent with a payment method, or provide one while confirming."
        )
        raise InvalidRequest(message, code="payment_intent_unexpected_state", payment_intent=public(intent))
    _check_return(intent, params)
    intent["_return_url"] = params.get("return_url")
    strict = bool(params.get("off_session") or params.get("error_on_requires_action"))
    return charging.ask_card(world, intent, off_session=strict, authenticated=False)


def _check_return(intent: Document, params: Document) -> None:
    """Stripe's rule since 2023: with automatic payment methods a payer may have to come back somewhere."""
    redirects = intent["automatic_payment_methods"].get("allow_redirects") == "always"
    if redirects and not params.get("return_url"):
        message = (
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because"
            " some of these might redirect your customer off of your page, you must provide a `return_url`."
            " If you don't want that, set `automatic_payment_methods[allow_redirects]` to `never`."
        )
        raise InvalidRequest(message, param="return_url")


def capture(world: World, call: Call) -> Document:
    intent = world.store.get("payment_intent", call.path["id"])
    if intent["status"] != "requires_capture":
        raise unexpected_state(public(intent), "captured", ("requires_capture",))
    if call.params.get("final_capture") is False:
        raise InvalidRequest("This PaymentIntent does not allow several captures.", param="final_capture")
    merge_metadata(intent, call.params.get("metadata"))
    copy_given(intent, call.params, "statement_descriptor", "statement_descriptor_suffix")
    amount = call.params.get("amount_to_capture") or intent["amount_capturable"]
    return charging.take(world, intent, amount)


def cancel(world: World, call: Call) -> Document:
    intent = world.store.get("payment_intent", call.path["id"])
    return charging.release(world, intent, call.params.get("cancellation_reason"))


PATH = "/v1/payment_intents"
ENDPOINTS = (
    Endpoint("POST", PATH, shapes.PAYMENT_CREATE, create, "PaymentIntentCreateParams"),
    Endpoint(
        "GET", PATH, lists.PAYMENT_INTENTS, listing("payment_intent", "customer"), "PaymentIntentListParams"
    ),
    Endpoint(
        "GET", PATH + "/{id}", lists.CLIENT_READ, retrieve("payment_intent"), "PaymentIntentRetrieveParams"
    ),
    Endpoint("POST", PATH + "/{id}", shapes.PAYMENT_UPDATE, update, "PaymentIntentUpdateParams"),
    Endpoint("POST", PATH + "/{id}/confirm", shapes.PAYMENT_CONFIRM, confirm, "PaymentIntentConfirmParams"),
    Endpoint("POST", PATH + "/{id}/capture", shapes.PAYMENT_CAPTURE, capture, "PaymentIntentCaptureParams"),
    Endpoint("POST", PATH + "/{id}/cancel", shapes.PAYMENT_CANCEL, cancel, "PaymentIntentCancelParams"),
)

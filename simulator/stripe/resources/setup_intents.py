"""Setup intents: save a card for later without taking money."""

from __future__ import annotations

from typing import Any, Final

from simulator.stripe import cards, charging
from simulator.stripe.errors import CardDeclined, Document, InvalidRequest, unexpected_state
from simulator.stripe.resources import customers, payment_methods
from simulator.stripe.resources.reading import listing, retrieve
from simulator.stripe.shapes import intents as shapes
from simulator.stripe.shapes import lists
from simulator.stripe.world import Call, Endpoint, World, copy_given, merge_metadata, public

OPEN: Final = ("requires_payment_method", "requires_confirmation", "requires_action")


def new_intent(world: World, **fields: Any) -> Document:
    """An intent, not yet kept or announced."""
    intent = world.new("setup_intent")
    defaults: Document = {
        "cancellation_reason": None,
        "client_secret": f"{intent['id']}_secret_{world.token()}",
        "customer": None,
        "description": None,
        "last_setup_error": None,
        "metadata": {},
        "next_action": None,
        "payment_method": None,
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": "off_session",
        "_return_url": None,
        "_session": None,
    }
    return intent | defaults | fields


def create(world: World, call: Call) -> Document:
    intent = new_intent(world, usage=call.params.get("usage") or "off_session")
    _apply(world, intent, call.params)
    world.emit("setup_intent.created", world.store.put(intent))
    return confirm_now(world, intent) if call.params.get("confirm") else intent


def _apply(world: World, intent: Document, params: Document) -> None:
    if params.get("customer"):
        intent["customer"] = customers.known(world, params["customer"])["id"]
    copy_given(intent, params, "description")
    merge_metadata(intent, params.get("metadata"))
    intent["_return_url"] = params.get("return_url") or intent["_return_url"]
    if params.get("payment_method"):
        method = payment_methods.find(world, params["payment_method"])
        payment_methods.usable(world, method, intent["customer"])
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}


def update(world: World, call: Call) -> Document:
    intent = _open(world, call, "updated")
    _apply(world, intent, call.params)
    return world.store.put(intent)


def confirm(world: World, call: Call) -> Document:
    intent = _open(world, call, "confirmed")
    _apply(world, intent, call.params)
    return confirm_now(world, intent)


def _open(world: World, call: Call, verb: str) -> Document:
    intent = world.store.get("setup_intent", call.path["id"])
    if intent["status"] not in OPEN:
        raise unexpected_state(public(intent), verb, OPEN)
    return intent


def confirm_now(world: World, intent: Document, *, authenticated: bool = False) -> Document:
    """Ask whether the card can be saved. Raises CardDeclined (402) or InvalidRequest without a card."""
    if intent["payment_method"] is None:
        message = "You cannot confirm this SetupIntent because it's missing a payment method."
        raise InvalidRequest(message, code="setup_intent_unexpected_state", setup_intent=public(intent))
    method = world.store.get("payment_method", intent["payment_method"])
    card = cards.behaviour(method["_number"])
    if not authenticated and charging.wants_authentication(card, method):
        intent |= {"status": "requires_action", "next_action": charging.next_action(world, intent)}
        world.emit("setup_intent.requires_action", world.store.put(intent))
        return intent
    if card.decline and not card.declines_charges_only:
        raise refuse(world, intent, method, card.decline)
    return _succeed(world, intent, method)


def _succeed(world: World, intent: Document, method: Document) -> Document:
    method["_set_up"] = True
    world.store.put(method)
    if intent["customer"]:
        customers.attach(world, method, intent["customer"])
    intent |= {"status": "succeeded", "next_action": None, "last_setup_error": None}
    world.emit("setup_intent.succeeded", world.store.put(intent))
    return intent


def refuse(world: World, intent: Document, method: Document, reason: str) -> CardDeclined:
    """Write down that the card may not be saved. Returns the error to raise."""
    error = cards.declined(reason, payment_method=public(method))
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_setup_error": error.body()["error"],
    }
    world.emit("setup_intent.setup_failed", world.store.put(intent))
    error.more["setup_intent"] = public(intent)
    return error


def cancel(world: World, call: Call) -> Document:
    intent = _open(world, call, "canceled")
    intent |= {"status": "canceled", "cancellation_reason": call.params.get("cancellation_reason")}
    world.emit("setup_intent.canceled", world.store.put(intent))
    return intent


PATH = "/v1/setup_intents"
ENDPOINTS = (
    Endpoint("POST", PATH, shapes.SETUP_CREATE, create, "SetupIntentCreateParams"),
    Endpoint(
        "GET",
        PATH,
        lists.SETUP_INTENTS,
        listing("setup_intent", "customer", "payment_method"),
        "SetupIntentListParams",
    ),
    Endpoint("GET", PATH + "/{id}", lists.CLIENT_READ, retrieve("setup_intent"), "SetupIntentRetrieveParams"),
    Endpoint("POST", PATH + "/{id}", shapes.SETUP_UPDATE, update, "SetupIntentUpdateParams"),
    Endpoint("POST", PATH + "/{id}/confirm", shapes.SETUP_CONFIRM, confirm, "SetupIntentConfirmParams"),
    Endpoint("POST", PATH + "/{id}/cancel", shapes.SETUP_CANCEL, cancel, "SetupIntentCancelParams"),
)

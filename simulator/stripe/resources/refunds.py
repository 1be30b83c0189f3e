"""Refunds: money given back, never more than was taken."""

from __future__ import annotations

from simulator.stripe import charging
from simulator.stripe.errors import Document, InvalidRequest
from simulator.stripe.resources.reading import listing, retrieve
from simulator.stripe.shapes import intents as shapes
from simulator.stripe.shapes import lists
from simulator.stripe.world import Call, Endpoint, World, merge_metadata


def create(world: World, call: Call) -> Document:
    return charging.give_back(world, _charge(world, call), call.params.get("amount"), call.params)


def _charge(world: World, call: Call) -> Document:
    charge_id, intent_id = call.params.get("charge"), call.params.get("payment_intent")
    if (charge_id is None) == (intent_id is None):
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise InvalidRequest(message, code="parameter_missing")
    if charge_id is None:
        intent = world.store.get("payment_intent", str(intent_id), "payment_intent")
        charge_id = intent["latest_charge"]
    if charge_id is None:
        raise InvalidRequest("This PaymentIntent does not have a successful charge to refund.")
    return world.store.get("charge", charge_id, "charge")


def update(world: World, call: Call) -> Document:
    refund = world.store.get("refund", call.path["id"])
    merge_metadata(refund, call.params.get("metadata"))
    world.emit("refund.updated", world.store.put(refund))
    return refund


def cancel(world: World, call: Call) -> Document:
    """Only refunds that wait for the payer could be canceled; a card's refund never waits."""
    refund = world.store.get("refund", call.path["id"])
    message = f"Refund {refund['id']} has a status of {refund['status']} and cannot be canceled."
    raise InvalidRequest(message)


PATH = "/v1/refunds"
ENDPOINTS = (
    Endpoint("POST", PATH, shapes.REFUND_CREATE, create, "RefundCreateParams"),
    Endpoint("GET", PATH, lists.REFUNDS, listing("refund", "charge", "payment_intent"), "RefundListParams"),
    Endpoint("GET", PATH + "/{id}", lists.NOTHING, retrieve("refund"), "RefundRetrieveParams"),
    Endpoint("POST", PATH + "/{id}", shapes.REFUND_UPDATE, update, "RefundUpdateParams"),
    Endpoint("POST", PATH + "/{id}/cancel", lists.NOTHING, cancel, "RefundCancelParams"),
)

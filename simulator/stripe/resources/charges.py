"""Charges: what was asked of a card. Made by payment intents, read here."""

from __future__ import annotations

from simulator.stripe.errors import Document
from simulator.stripe.resources.reading import listing, retrieve
from simulator.stripe.shapes import intents as shapes
from simulator.stripe.shapes import lists
from simulator.stripe.world import Call, Endpoint, World, copy_given, merge_metadata


def update(world: World, call: Call) -> Document:
    charge = world.store.get("charge", call.path["id"])
    copy_given(charge, call.params, "description")
    merge_metadata(charge, call.params.get("metadata"))
    world.emit("charge.updated", world.store.put(charge))
    return charge


ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/charges",
        lists.CHARGES,
        listing("charge", "customer", "payment_intent"),
        "ChargeListParams",
    ),
    Endpoint("GET", "/v1/charges/{id}", lists.NOTHING, retrieve("charge"), "ChargeRetrieveParams"),
    Endpoint("POST", "/v1/charges/{id}", shapes.CHARGE_UPDATE, update, "ChargeUpdateParams"),
)

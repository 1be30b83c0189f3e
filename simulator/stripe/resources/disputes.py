"""Disputes: read, answered and given up. Test cards open them, test words in the evidence close them."""

from __future__ import annotations

from simulator.stripe import disputing
from simulator.stripe.errors import Document
from simulator.stripe.resources.reading import listing, retrieve
from simulator.stripe.shapes import disputes as shapes
from simulator.stripe.shapes import lists
from simulator.stripe.world import Call, Endpoint, World, merge_metadata


def update(world: World, call: Call) -> Document:
    """`submit` false keeps the evidence as a draft."""
    dispute = world.store.get("dispute", call.path["id"])
    dispute["evidence"] = dispute["evidence"] | (call.params.get("evidence") or {})
    merge_metadata(dispute, call.params.get("metadata"))
    if call.params.get("submit") is not False:
        return disputing.review(world, dispute)
    world.emit("charge.dispute.updated", world.store.put(dispute))
    return dispute


def close(world: World, call: Call) -> Document:
    """The merchant gives it up: lost."""
    return disputing.close(world, world.store.get("dispute", call.path["id"]), is_won=False)


PATH = "/v1/disputes"
ENDPOINTS = (
    Endpoint(
        "GET", PATH, lists.DISPUTES, listing("dispute", "charge", "payment_intent"), "DisputeListParams"
    ),
    Endpoint("GET", PATH + "/{id}", lists.NOTHING, retrieve("dispute"), "DisputeRetrieveParams"),
    Endpoint("POST", PATH + "/{id}", shapes.UPDATE, update, "DisputeUpdateParams"),
    Endpoint("POST", PATH + "/{id}/close", lists.NOTHING, close, "DisputeCloseParams"),
)

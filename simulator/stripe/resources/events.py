"""Events: what happened, to be fetched when a webhook was lost."""

from __future__ import annotations

from simulator.stripe.errors import Document
from simulator.stripe.resources.reading import as_list, listing, retrieve
from simulator.stripe.shapes import lists
from simulator.stripe.world import Call, Endpoint, World


def find(world: World, call: Call) -> Document:
    """`types` filters one page, so a page may be short while there is more."""
    found = listing("event", "type")(world, call)
    wanted = call.params.get("types")
    kept = [event for event in found["data"] if not wanted or event["type"] in wanted]
    return as_list(kept, found["has_more"], "/v1/events")


ENDPOINTS = (
    Endpoint("GET", "/v1/events", lists.EVENTS, find, "EventListParams"),
    Endpoint("GET", "/v1/events/{id}", lists.NOTHING, retrieve("event"), "EventRetrieveParams"),
)

"""What happens by itself: holds that run out, Checkout pages that close, refunds that take their time."""

from __future__ import annotations

from simulator.stripe import charging
from simulator.stripe.resources import checkout_sessions
from simulator.stripe.world import World


def sweep(world: World) -> None:
    """End every hold, page and refund whose time is over. Call inside a transaction."""
    for document in world.store.due(world.now()):
        if document["object"] == "payment_intent":
            charging.release(world, document, "automatic")
        elif document["object"] == "refund":
            charging.end_refund(world, document)
        elif document["status"] == "open":
            checkout_sessions.close(world, document)

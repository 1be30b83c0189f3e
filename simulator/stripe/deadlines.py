"""What happens by itself: holds that run out, Checkout pages that close."""

from __future__ import annotations

from simulator.stripe import charging
from simulator.stripe.resources import checkout_sessions
from simulator.stripe.world import World


def sweep(world: World) -> None:
    """Let go every hold and page whose time is over. Call inside a transaction."""
    for document in world.store.due(world.now()):
        if document["object"] == "payment_intent":
            charging.release(world, document, "automatic")
        elif document["status"] == "open":
            checkout_sessions.close(world, document)

"""A real stand-in for Stripe on loopback, and a small world in which a charge costs something."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import uvicorn

from payments.providers import provider
from simulator.stripe import app
from simulator.stripe.store import Store
from simulator.stripe.wire import HangUpProtocol
from simulator.stripe.world import World
from tests.payments.stories import Story
from tests.simulator.stripe.running import KEY, SECRET, StandIn, free_port, wait_until


@pytest.fixture(scope="session")
def running_stand_in() -> Iterator[StandIn]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    started: list[uvicorn.Server] = []

    def serve() -> None:  # all of it in one thread: the store belongs to the thread that made it
        application = app.build(World(Store(), origin=base))
        config = uvicorn.Config(
            application, host="127.0.0.1", port=port, http=HangUpProtocol, ws="none", log_level="error"
        )
        started.append(uvicorn.Server(config))
        started[0].run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    wait_until(lambda: bool(started) and started[0].started)
    yield StandIn(base)
    started[0].should_exit = True
    thread.join(5)


@pytest.fixture
def stand_in(running_stand_in: StandIn, settings) -> Iterator[StandIn]:
    """An empty stand-in that the product talks to."""
    running_stand_in.pull("reset")
    settings.STRIPE_API_BASE = running_stand_in.base
    settings.STRIPE_SECRET_KEY = KEY
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    provider.cache_clear()
    yield running_stand_in
    provider.cache_clear()


@pytest.fixture
def story(db) -> Story:
    """A place with a tariff: 0.50 a kWh, tax 20 % included, a hold of 50.00."""
    return Story()


@pytest.fixture
def paid_story(story: Story, stand_in: StandIn) -> Story:
    """The same with a driver who has a card that works."""
    story.give_card("pm_card_visa")
    return story

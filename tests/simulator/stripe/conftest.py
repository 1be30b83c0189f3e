"""The stand-in on a real loopback socket, in a thread of the test process."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import stripe
import uvicorn

from simulator.stripe import app
from simulator.stripe.store import Store
from simulator.stripe.wire import HangUpProtocol
from simulator.stripe.world import World
from tests.simulator.stripe.running import SECRET, Mailbox, StandIn, free_port, wait_until


@pytest.fixture(scope="session")
def mailbox_server() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    yield mailbox
    mailbox.server.shutdown()


@pytest.fixture
def mailbox(mailbox_server: Mailbox, stand_in: StandIn) -> Mailbox:
    mailbox_server.received.clear()
    mailbox_server.answers = [200]
    return mailbox_server


@pytest.fixture(scope="session")
def running(mailbox_server: Mailbox) -> Iterator[StandIn]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    server = {}
    ready = threading.Event()

    def serve() -> None:
        world = World(Store(), origin=base)
        application = app.build(world, webhook_url=mailbox_server.url, webhook_secret=SECRET)
        config = uvicorn.Config(
            application, host="127.0.0.1", port=port, http=HangUpProtocol, ws="none", log_level="error"
        )
        server["it"] = uvicorn.Server(config)
        ready.set()
        server["it"].run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    ready.wait(5)
    wait_until(lambda: server["it"].started)
    yield StandIn(base)
    server["it"].should_exit = True
    thread.join(5)


@pytest.fixture
def stand_in(running: StandIn) -> StandIn:
    running.pull("reset")
    return running


@pytest.fixture
def api(stand_in: StandIn) -> stripe.StripeClient:
    return stand_in.client()


@pytest.fixture
def hold(api):
    """A hold of 50.00 on a test card."""

    def make(card: str = "pm_card_visa", amount: int = 5000, **params):
        return api.v1.payment_intents.create(
            {
                "amount": amount,
                "currency": "eur",
                "capture_method": "manual",
                "payment_method": card,
                "confirm": True,
                "return_url": "https://example.test/back",
                **params,
            }
        )

    return make

"""The whole house in one process: real sockets, real database, the stand-in; only time is impatient."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from core import outbox
from demo.sweeps import SWEEPS
from stations.services import bulk_giving, local_lists
from tests.journeys.walking import Charger, Place, charger_at
from tests.ocpp.doors import uvicorn_door
from tests.pages.conftest import site_url, visit
from tests.payments.conftest import running_stand_in, stand_in

__all__ = ["running_stand_in", "site_url", "stand_in", "visit"]

EVERY_S = 0.2
UPKEEP = (bulk_giving.give_out_due, local_lists.look_at_due)


@pytest.fixture
def bridge_url(transactional_db) -> Iterator[str]:
    with uvicorn_door() as port:
        yield f"ws://127.0.0.1:{port}/ocpp"


@pytest.fixture
def worker(transactional_db, stand_in) -> Iterator[None]:
    """What worker and beat do, from a thread: deliver the outbox, sweep."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(EVERY_S):
            outbox.deliver_pending()
            for sweep in (*SWEEPS[:-1], *UPKEEP):
                sweep()
        connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    done.set()
    thread.join(10)


@pytest.fixture
def place(transactional_db) -> Place:
    return Place()


@pytest.fixture
def charger(place: Place, bridge_url: str) -> Iterator[Charger]:
    with charger_at(bridge_url, place.spec()) as charger:
        yield charger


@pytest.fixture
def paying(site_url, stand_in, settings) -> None:
    """Our pages may send their forms to the hosted page, and it sends the payer back to us."""
    settings.PUBLIC_URL = site_url
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    form_action = ["'self'", stand_in.base]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {**directives, "form-action": form_action}}

"""The outbox: at least once, each handler on its own, nothing before commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

import pytest
from django.db import transaction

from core import clock, outbox
from core.events import _BY_NAME, Event, publish
from core.models import Delivery, DomainEvent

HEARD: list[object] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class KettleBoiled(Event):
    name: ClassVar[str] = "tests.KettleBoiled"
    liters: Decimal
    at: datetime
    by: str | None = None


def hear(event: KettleBoiled) -> None:
    HEARD.append(event)


def stumble(event: KettleBoiled) -> None:
    raise ValueError("no cup")


ROUTES = {"tests.KettleBoiled": (f"{__name__}.hear", f"{__name__}.stumble")}


@pytest.fixture(autouse=True)
def wired(settings):
    HEARD.clear()
    settings.EVENT_HANDLERS = f"{__name__}.ROUTES"
    _BY_NAME["tests.KettleBoiled"] = KettleBoiled
    yield
    del _BY_NAME["tests.KettleBoiled"]


BOILED = KettleBoiled(liters=Decimal("1.20"), at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))


@pytest.mark.django_db(transaction=True)
def test_an_event_arrives_as_it_was_published():
    publish(BOILED)
    outbox.deliver_pending()
    assert HEARD == [BOILED]


@pytest.mark.django_db(transaction=True)
def test_a_broken_handler_delays_only_itself():
    publish(BOILED)
    outbox.deliver_pending()
    states = dict(Delivery.objects.values_list("handler", "state"))
    assert states == {f"{__name__}.hear": "done", f"{__name__}.stumble": "pending"}
    assert "no cup" in Delivery.objects.get(state="pending").error


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_keeps_failing_is_buried_and_can_be_revived():
    publish(BOILED)
    for hour in range(outbox.MAX_ATTEMPTS):
        with clock.at(datetime.now(UTC) + timedelta(hours=hour)):
            outbox.deliver_pending()
    buried = Delivery.objects.get(handler=f"{__name__}.stumble")
    assert (buried.state, buried.attempts) == ("buried", outbox.MAX_ATTEMPTS)
    assert outbox.revive(delivery_id=buried.pk)
    assert Delivery.objects.get(pk=buried.pk).state == "pending"


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_event_was_never_published():
    with transaction.atomic():
        publish(BOILED)
        transaction.set_rollback(True)
    outbox.deliver_pending()
    assert HEARD == []
    assert DomainEvent.objects.count() == 0

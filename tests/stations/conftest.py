"""A station to tell stories about, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from core import clock
from tests.factories import NOON, StationFactory, TokenFactory
from tests.stations.telling import Storyteller


@pytest.fixture(autouse=True)
def _only_our_checks(settings) -> None:
    settings.AUTHORIZATION_CHECKS = ["stations.services.authorization.token_is_valid"]


@pytest.fixture
def at_noon() -> Iterator[None]:
    with clock.at(NOON + timedelta(hours=2)):
        yield


@pytest.fixture
def station(db, at_noon):
    return StationFactory()


@pytest.fixture
def card(db):
    return TokenFactory(uid="CARD1")


@pytest.fixture
def told(station) -> Storyteller:
    return Storyteller(station)

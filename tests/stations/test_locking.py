"""The station lock is the whole locking protocol: many writers, no deadlock, nothing lost."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import IdToken
from core import clock
from stations.facts import Report
from stations.models import ChargingSession, Connector, MeterReading
from stations.services import connectivity
from stations.services.recording import record
from tests.factories import LocationFactory, StationFactory
from tests.stations.telling import after, begin, reading, status, token

WRITERS = 4
ROUNDS = 12


@pytest.mark.django_db(transaction=True)
def test_four_writers_over_the_same_stations_meet_no_deadlock():
    location = LocationFactory()
    stations = [StationFactory(location=location) for _ in range(12)]
    ids = [station.pk for station in stations]

    def write(writer: int) -> None:
        chance = random.Random(writer)
        try:
            with clock.at(after(120)):
                for turn in range(ROUNDS):
                    chance.shuffle(ids_here := list(ids))
                    record([Report(pk, 0, said(writer, turn)) for pk in ids_here])
                    connectivity.touch({pk: after(turn) for pk in ids_here})
        finally:
            connection.close()

    def said(writer: int, turn: int):
        moment = after(turn) + timedelta(milliseconds=writer)
        return (
            status(("available", "occupied")[turn % 2], detail=f"{writer}"),
            token(f"unknown-{turn}"),
            begin(started_at=after(0), token_uid="CARD"),
            reading(evse_number=1, taken_at=moment, energy_wh=1000 + turn),
        )

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write, range(WRITERS)))

    assert ChargingSession.objects.count() == len(stations)
    assert MeterReading.objects.count() == len(stations) * WRITERS * ROUNDS
    assert IdToken.objects.filter(uid__startswith="unknown-").count() == ROUNDS
    assert Connector.objects.count() == len(stations)

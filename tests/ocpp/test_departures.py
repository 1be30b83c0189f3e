"""Who goes while others are written down is written with the next ones."""

from __future__ import annotations

import asyncio

import pytest

from ocpp_bridge import departures
from ocpp_bridge.departures import Departures


@pytest.fixture
def written(monkeypatch):
    """The crowds that were written, each in one call."""
    crowds = []

    async def write(work, crowd):
        await asyncio.sleep(0.01)
        if crowd == [(0, 0)]:
            raise ConnectionError
        crowds.append(crowd)

    monkeypatch.setattr(departures, "in_db_thread", write)
    return crowds


async def test_a_thousand_that_go_at_once_are_a_few_writes(written):
    board = Departures()
    await asyncio.gather(*(board.note(station_id=pk, connection_no=1) for pk in range(1, 1001)))
    assert [len(crowd) for crowd in written] == [1, 500, 499]
    assert {pk for crowd in written for pk, _ in crowd} == set(range(1, 1001))


async def test_a_write_that_fails_keeps_nobody_from_going_later(written):
    board = Departures()
    with pytest.raises(ConnectionError):
        await board.note(station_id=0, connection_no=0)
    await board.note(station_id=7, connection_no=3)
    assert written == [[(7, 3)]]

"""Laws of recording: however the same messages are cut into batches, the same rows come out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import IdToken
from core import clock
from core.models import DomainEvent
from stations.facts import Fact, Report
from stations.models import ChargingSession, MeterReading, StrayReport
from stations.services.recording import record
from tests.factories import StationFactory, TokenFactory
from tests.stations.telling import (
    after,
    begin,
    begin2,
    everything,
    finish,
    finish2,
    reading,
    status,
    token,
    update2,
)

STATIONS = 3
Message = tuple[Fact, ...]


def numbered(index: int) -> st.SearchStrategy[Message]:
    """What a 1.6 station may say; numbers are resolved when they are told."""
    minute, card = st.integers(0, 110), f"CARD{index}"
    return st.one_of(
        st.builds(
            lambda m: (begin(started_at=after(m), meter_start_wh=1000 + m, token_uid=card),),
            st.integers(0, 3)),
        st.builds(lambda m: (reading(m, evse_number=1, energy_wh=1000 + 10 * m, power_w=m),), minute),
        st.builds(lambda m, n: (finish(n, ended_at=after(m), meter_end_wh=1000 + 10 * m),), minute,
                  st.sampled_from([-1, 0, 10**9])),
        st.builds(lambda w: (status(w),), st.sampled_from(["available", "occupied", "faulted"])),
        st.just((token(card),)),
        st.just((token("stranger"),)),
    )  # fmt: skip


def named(index: int) -> st.SearchStrategy[Message]:
    """What a 2.x station may say of two transactions, in any order and more than once."""
    transaction_id = st.sampled_from(["a", "b"])
    seq_no = st.integers(0, 6)
    minute, card = st.integers(0, 110), f"CARD{index}"
    return st.one_of(
        st.builds(
            lambda t: (begin2(t, started_at=after(0 if t == "a" else 55), token_uid=card),), transaction_id),
        st.builds(
            lambda t, s, m, p: (
                update2(t, seq_no=s, at=after(m), phase=p),
                reading(m, transaction_id=t, energy_wh=1000 + m),
            ),
            transaction_id, seq_no, minute, st.sampled_from(["", "charging", "suspended_by_vehicle"])),
        st.builds(lambda t, s, m: (finish2(t, seq_no=s, ended_at=after(m)),), transaction_id, seq_no, minute),
    )  # fmt: skip


stories = st.tuples(
    st.lists(numbered(0), max_size=6), st.lists(named(1), max_size=6), st.lists(numbered(2), max_size=6)
)


def _cards() -> None:
    """A card per station: one that charges at two places would depend on who spoke first."""
    for index in range(STATIONS):
        TokenFactory(uid=f"CARD{index}")


class Told(Exception):
    """Ends a telling, so that the database forgets it."""


@pytest.mark.usefixtures("_only_our_checks")
class TestLaws(TestCase):
    """The same stories, told one message at a time and in batches of any cut."""

    @settings(max_examples=20)
    @given(stories=stories, data=st.data())
    def test_any_cut_into_batches_gives_the_same_rows(self, stories, data) -> None:
        with clock.at(after(120)):
            stations = [StationFactory() for _ in range(STATIONS)]
            _cards()
            one_by_one = [[(index, message)] for index, story in enumerate(stories) for message in story]
            first = _tell(stations, one_by_one)
            assert _tell(stations, list(_cut(stories, data))) == first

    @settings(max_examples=20)
    @given(stories=stories)
    def test_telling_every_message_twice_changes_nothing(self, stories) -> None:
        with clock.at(after(120)):
            stations = [StationFactory() for _ in range(STATIONS)]
            _cards()
            once = [[(index, message)] for index, story in enumerate(stories) for message in story]
            twice = [batch for batch in once for _ in range(2)]
            assert _tell(stations, twice) == _tell(stations, once)


def _cut(stories, data) -> Iterator[list[tuple[int, Message]]]:
    """Batches with at most one message per station, in each station's order."""
    rest = [list(story) for story in stories]
    while any(rest):
        speaking = [index for index, story in enumerate(rest) if story]
        chosen = data.draw(st.lists(st.sampled_from(speaking), min_size=1, unique=True))
        yield [(index, rest[index].pop(0)) for index in chosen]


def _tell(stations, batches) -> dict[str, list]:
    """Tell, look, and let the database forget."""
    try:
        with transaction.atomic():
            for batch in batches:
                record([Report(stations[index].pk, 0, message) for index, message in batch])
            seen = everything()
            raise Told
    except Told:
        return seen


def test_the_laws_look_at_something(db) -> None:
    """A guard: if nothing were recorded, every law would hold."""
    with clock.at(after(120)):
        station = StationFactory()
        TokenFactory(uid="CARD1")
        record([Report(station.pk, 0, (begin(), reading(1, evse_number=1), finish(-1)))])
    assert ChargingSession.objects.count() == MeterReading.objects.count() == 1
    assert DomainEvent.objects.exists()
    assert IdToken.objects.exists()
    assert StrayReport.objects.count() == 0

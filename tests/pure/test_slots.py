"""What a promise of a connector means, in examples and in laws."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.allocation import slots
from scheduling.allocation.slots import Board, Connector, ConnectorClass, OfferGone, Request, Window

ORIGIN = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
AC = ConnectorClass(id="ac", standards=frozenset({"T2"}), current_type="ac", power_w=22_000)
DC = ConnectorClass(
    id="dc", standards=frozenset({"CCS"}), current_type="dc", power_w=150_000, price_minor_per_kwh=60
)


def board_of(ac=1, dc=0, horizon=96, **more):
    connectors = [Connector(id=f"ac{n}", class_id="ac") for n in range(ac)]
    connectors += [Connector(id=f"dc{n}", class_id="dc") for n in range(dc)]
    return Board(origin_at=ORIGIN, horizon=horizon, classes=(AC, DC), connectors=tuple(connectors), **more)


def wish(name, start, steps, latest=None, **more):
    return Request(id=name, arrival=Window(start, (latest or start) + 1), steps=steps, **more)


def served(board, *wishes):
    for each in wishes:
        board = slots.accept(board, slots.quote(board, each)[0])
    return board


def fixed(board, *names):
    promises = tuple(dataclasses.replace(p, is_fixed=p.id in names or p.is_fixed) for p in board.promises)
    return dataclasses.replace(board, promises=promises)


def test_a_free_time_is_offered_as_asked():
    (offer,) = slots.quote(board_of(), wish("a", 32, 4))
    assert (offer.class_id, offer.slot, offer.is_alternative) == ("ac", Window(32, 36), False)
    assert offer.sentence == "Free when you asked for it: 60 minutes from 08:00 UTC."


def test_a_taken_time_is_answered_with_the_next_free_ones():
    board = served(board_of(), wish("a", 32, 4), wish("b", 38, 2))
    offers = slots.quote(board, wish("c", 33, 2))
    assert [offer.start for offer in offers] == [36, 40, 42]
    assert all(offer.is_alternative for offer in offers)


def test_a_later_start_inside_what_was_asked_is_not_an_alternative():
    (offer,) = slots.quote(served(board_of(), wish("a", 32, 4)), wish("b", 33, 2, latest=40))
    assert (offer.start, offer.is_alternative) == (36, False)


def test_the_deadline_holds():
    board = served(board_of(), wish("a", 32, 4))
    assert all(o.is_alternative for o in slots.quote(board, wish("b", 33, 4, latest=40, deadline=39)))
    assert slots.quote(board, wish("b", 33, 4, latest=40, deadline=40))[0].start == 36


def test_how_long_follows_from_energy_and_the_slowest_of_connector_car_and_site():
    request = Request(id="a", arrival=Window(0, 1), energy_wh=22_000, max_ac_w=11_000, max_dc_w=100_000)
    assert slots.duration_steps(request, AC) == 8
    assert slots.duration_steps(request, DC) == 1
    assert slots.duration_steps(dataclasses.replace(request, site_share_w=5_500), AC) == 16
    assert slots.duration_steps(dataclasses.replace(request, max_dc_w=0), DC) is None


def test_only_plugs_that_fit_are_offered():
    assert slots.quote(board_of(1, 0), wish("a", 0, 2, standards=frozenset({"CCS"}))) == []
    (offer,) = slots.quote(board_of(1, 1), wish("a", 0, 2, standards=frozenset({"CCS"})))
    assert offer.class_id == "dc"


@pytest.mark.parametrize(("preference", "first"), [("cheapest", "ac"), ("fastest", "dc")])
def test_offers_come_in_the_order_of_the_drivers_taste(preference, first):
    request = Request(
        id="a",
        arrival=Window(0, 1),
        energy_wh=22_000,
        max_ac_w=11_000,
        max_dc_w=100_000,
        preference=preference,
    )
    assert slots.quote(board_of(1, 1), request)[0].class_id == first


def test_two_connectors_serve_two_cars_at_a_time_and_a_third_waits():
    board = served(board_of(2), wish("a", 0, 4), wish("b", 0, 4))
    assert {promise.connector_id for promise in board.promises} == {"ac0", "ac1"}
    assert slots.quote(board, wish("c", 0, 4))[0].is_alternative


def test_promises_move_to_another_connector_to_let_one_more_in():
    board = served(board_of(2), wish("a", 0, 4), wish("b", 6, 4))
    a, b = board.promises
    scattered = dataclasses.replace(board, promises=(a, dataclasses.replace(b, connector_id="ac1")))
    full = served(scattered, wish("c", 4, 2), wish("d", 2, 8))
    assert Counter(p.connector_id for p in full.promises) == {"ac0": 3, "ac1": 1}
    assert [promise.slot for promise in full.promises[:2]] == [a.slot, b.slot]


def test_a_fixed_promise_does_not_move():
    board = served(board_of(2), wish("a", 0, 4), wish("b", 6, 4))
    a, b = board.promises
    b = dataclasses.replace(b, connector_id="ac1", is_fixed=True)
    scattered = fixed(dataclasses.replace(board, promises=(a, b)), "a", "b")
    (offer, *_) = slots.quote(scattered, wish("d", 2, 8))
    assert offer.is_alternative


def test_an_offer_that_was_taken_meanwhile_is_refused():
    board = board_of()
    mine, theirs = slots.quote(board, wish("a", 0, 4))[0], slots.quote(board, wish("b", 2, 4))[0]
    with pytest.raises(OfferGone):
        slots.accept(slots.accept(board, theirs), mine)


def test_a_closed_connector_is_not_offered():
    closed = Connector(id="ac0", class_id="ac", closed=(Window(0, 8),))
    board = dataclasses.replace(board_of(), connectors=(closed,))
    assert slots.quote(board, wish("a", 0, 4))[0].start == 8


def test_reoptimising_serves_those_who_wait():
    waiting = (wish("c", 0, 4), wish("d", 0, 4, latest=8))
    board = slots.reoptimise(served(board_of(1, waiting=waiting), wish("a", 6, 2)))
    assert {promise.id for promise in board.promises} == {"a", "c", "d"}
    assert board.waiting == ()


def test_steps_and_instants_agree():
    board = board_of()
    assert board.step_of(ORIGIN + timedelta(hours=2, minutes=14)) == 8
    assert board.at(8) == ORIGIN + timedelta(hours=2)


@st.composite
def wishes(draw):
    start, steps = draw(st.integers(0, 90)), draw(st.integers(1, 12))
    return {"start": start, "steps": steps, "latest": start + draw(st.integers(0, 12))}


def assert_kept(before, after):
    """Same windows, classes and lengths; nobody twice on a connector; nobody outside of a window."""
    kept = {promise.id: promise for promise in after.promises}
    for old in before.promises:
        new = kept[old.id]
        assert (new.window, new.class_id, new.steps) == (old.window, old.class_id, old.steps)
        assert not old.is_fixed or new == old
    used = Counter()
    for promise in after.promises:
        assert promise.window.contains(promise.slot)
        used.update((promise.connector_id, step) for step in range(promise.slot.start, promise.slot.end))
    assert all(count == 1 for count in used.values())


@settings(max_examples=200, deadline=None)
@given(st.lists(wishes(), max_size=30), st.integers(1, 3), st.data())
def test_promises_are_kept_and_no_connector_is_booked_twice(story, connectors, data):
    board = board_of(connectors)
    for number, each in enumerate(story):
        offers = slots.quote(board, wish(f"r{number}", **each))
        if offers:
            after = slots.accept(board, data.draw(st.sampled_from(offers)))
            assert len(after.promises) == len(board.promises) + 1
            assert_kept(board, after)
            board = after
        if board.promises and data.draw(st.booleans()):
            board = fixed(board, data.draw(st.sampled_from(board.promises)).id)
        tidied = slots.reoptimise(board)
        assert_kept(board, tidied)
        board = tidied


@settings(max_examples=100, deadline=None)
@given(st.lists(wishes(), max_size=20), st.integers(1, 3))
def test_every_offer_can_be_accepted(story, connectors):
    board = board_of(connectors)
    for number, each in enumerate(story):
        offers = slots.quote(board, wish(f"r{number}", **each))
        for offer in offers:
            slots.accept(board, offer)
        if offers and not offers[0].is_alternative:
            board = slots.accept(board, offers[0])

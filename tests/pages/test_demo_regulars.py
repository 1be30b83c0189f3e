"""The demo's own driver finds receipts and a booking of hers; others of the town book before they come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from demo.regulars import APART, VISITS, lend_visits
from demo.town import VISITOR
from simulator.stations.demand import plan_day
from simulator.stations.town import load_town

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def day():
    town = load_town()
    return plan_day(town, date(2026, 3, 3), 7) + plan_day(town, date(2026, 3, 4), 7)


def test_the_visitor_is_lent_a_few_visits_that_are_over():
    hers = [one for one in lend_visits(day(), until=NOON) if one.driver == VISITOR]
    assert len(hers) == VISITS
    assert all(one.by == "app" and one.departs_at < NOON - timedelta(minutes=30) for one in hers)


def test_the_visitor_is_never_at_two_places_at_once():
    hers = sorted(
        (one for one in lend_visits(day(), until=NOON) if one.driver == VISITOR), key=lambda a: a.at
    )
    assert all(
        later.at - before.departs_at > APART - timedelta(minutes=1) for before, later in pairwise(hers)
    )


def test_nobody_else_comes_more_or_less_often_than_before():
    arrivals = day()
    lent = lend_visits(arrivals, until=NOON)
    assert [(one.at, one.identity, one.evse) for one in lent] == [
        (one.at, one.identity, one.evse) for one in arrivals
    ]


def test_the_visitors_card_is_nobody_elses():
    assert VISITOR.tag not in {driver.tag for driver in load_town().drivers}

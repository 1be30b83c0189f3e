"""Lower first, raise later: what may be sent now on the way to a plan."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.allocation import power
from scheduling.allocation.power import Branch, Evse, Session, Site
from scheduling.allocation.transition import InForce, release

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)


def site_of(limit_a, count):
    evses = tuple(Evse(id=f"e{n}", branch="grid") for n in range(count))
    return Site(id="site", branches=(Branch(id="grid", limit_a=(limit_a,) * 3),), evses=evses)


def cars(count, **known):
    return [Session(id=f"s{n}", evse_id=f"e{n}", connected_at=LONG_AGO, **known) for n in range(count)]


def in_force(number, limit, **known):
    known.setdefault("held", limit)
    known.setdefault("sent_at", LONG_AGO)
    return InForce(session_id=f"s{number}", limit=limit, **known)


def steps(site, sessions, entries, now=NOW):
    plan = power.plan(now=now, site=site, sessions=sessions)
    return {step.session_id: step.limit for step in release(now=now, plan=plan, site=site, in_force=entries)}


def test_the_newcomer_waits_until_the_others_are_lowered():
    site, sessions = site_of(32, 2), cars(2)
    assert steps(site, sessions, [in_force(0, 32), in_force(1, 0)]) == {"s0": 16.0}
    assert steps(site, sessions, [in_force(0, 32, ordered=16, sent_at=NOW), in_force(1, 0)]) == {}
    assert steps(site, sessions, [in_force(0, 16, held=31, sent_at=NOW), in_force(1, 0)]) == {}
    assert steps(site, sessions, [in_force(0, 16, sent_at=NOW), in_force(1, 0)]) == {"s1": 16.0}


def test_a_connector_hears_from_us_once_a_minute_unless_a_limit_is_exceeded():
    sessions = cars(2)
    just_now = NOW - timedelta(seconds=30)
    patient = [in_force(0, 24, sent_at=just_now), in_force(1, 6, sent_at=just_now)]
    assert steps(site_of(32, 2), sessions, patient) == {}
    assert steps(site_of(28, 2), sessions, patient) == {"s0": 14.0}


def test_one_amp_more_waits_five_minutes():
    recent = in_force(0, 15, sent_at=NOW - timedelta(minutes=2))
    assert steps(site_of(16, 1), cars(1), [recent]) == {}
    assert steps(site_of(16, 1), cars(1), [in_force(0, 15)]) == {"s0": 16.0}


@settings(max_examples=200, deadline=None)
@given(st.data(), st.integers(1, 6), st.integers(6, 80))
def test_whatever_chargers_answer_the_limit_holds_at_every_moment(data, count, limit_a):
    """Each order may be accepted, refused or never answered; until answered the higher figure counts."""
    site, now = site_of(limit_a, count), NOW
    entries = {f"s{n}": in_force(n, 0) for n in range(count)}
    for _ in range(6):
        now += timedelta(minutes=data.draw(st.integers(0, 6)))
        sessions = [
            dataclasses.replace(car, finished=data.draw(st.sampled_from([False, False, True])))
            for car in cars(count)
        ]
        plan = power.plan(now=now, site=site, sessions=sessions)
        for step in release(now=now, plan=plan, site=site, in_force=list(entries.values())):
            entries[step.session_id] = ordered(entries[step.session_id], step.limit, now)
        assert sum(entry.held for entry in entries.values()) <= limit_a
        for key, entry in entries.items():
            entries[key] = answered(entry, data.draw(st.sampled_from(["accepted", "rejected", "silent"])))


def ordered(entry, limit, now):
    return dataclasses.replace(entry, ordered=limit, held=max(entry.limit, limit), sent_at=now)


def answered(entry, answer):
    if entry.ordered is None or answer == "silent":
        return entry
    limit = entry.ordered if answer == "accepted" else entry.limit
    return dataclasses.replace(entry, limit=limit, held=limit, ordered=None)

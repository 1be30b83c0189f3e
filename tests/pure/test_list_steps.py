"""Laws of the steps that bring a station's local list in line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stations.list_steps import next_step

uids = st.sampled_from([f"CARD{n}" for n in range(12)])
lists = st.dictionaries(
    uids, st.sampled_from(["A", "B"]).map(lambda g: {"status": "accepted", "group_uid": g})
)


class Station:
    """Believes messages as 1.6 section 5.15 says."""

    def __init__(self, entries):
        self.entries = dict(entries)

    def hear(self, step):
        if step.is_full:
            self.entries = {}
        for entry in step.entries:
            told = {key: value for key, value in entry.items() if key != "uid"}
            if "status" in told:
                self.entries[entry["uid"]] = told
            else:
                self.entries.pop(entry["uid"], None)


def bring_in_step(station, have, wanted, is_certain, at_once):
    """How many messages it took, and the longest list on the way."""
    count, longest = 0, len(have)
    while step := next_step(have, wanted, is_certain=is_certain, at_once=at_once):
        station.hear(step)
        have, is_certain, count = step.after, True, count + 1
        assert len(step.entries) <= at_once
        assert station.entries == dict(have)
        longest = max(longest, len(have))
    return count, longest


@given(known=lists, wanted=lists, at_once=st.integers(1, 5))
def test_a_known_list_becomes_the_wanted_one_by_changes_alone(known, wanted, at_once):
    station = Station(known)
    changed = {uid for uid in {*known, *wanted} if known.get(uid) != wanted.get(uid)}
    count, longest = bring_in_step(station, known, wanted, True, at_once)
    assert station.entries == wanted
    assert count == -(-len(changed) // at_once)
    assert longest <= max(len(known), len(wanted))


@given(unknown=lists, wanted=lists, at_once=st.integers(1, 5))
def test_an_unknown_list_is_replaced(unknown, wanted, at_once):
    station = Station(unknown)
    count, _ = bring_in_step(station, {}, wanted, False, at_once)
    assert station.entries == wanted
    assert count == max(-(-len(wanted) // at_once), 1)

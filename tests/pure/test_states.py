"""The transition tables, as laws."""

from __future__ import annotations

import pytest

from stations.states import ANSWERED_COMMAND, COMMAND, OPEN_SESSION, SESSION, sources


@pytest.mark.parametrize("table", [SESSION, COMMAND])
def test_every_state_that_can_be_reached_is_in_the_table(table):
    assert set().union(*table.values()) <= set(table)


def test_what_is_over_stays_over():
    assert not SESSION["completed"]
    assert not SESSION["abandoned"]
    assert all(not COMMAND[state] for state in (*ANSWERED_COMMAND, "expired"))


def test_an_interrupted_session_can_only_be_completed():
    assert SESSION["interrupted"] == {"completed"}


def test_sources_name_where_one_may_come_from():
    assert set(sources(SESSION, "completed")) == {"active", "interrupted"}
    assert set(sources(COMMAND, "accepted")) == {"sent", "timed_out"}
    assert set(OPEN_SESSION) == {"pending", "active"}

"""The matrix of what is handled: complete against the specification, and the page that shows it."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from ocpp_bridge import matrix
from ocpp_bridge.dialects import BY_VERSION
from stations.command_kinds import KINDS
from tests.ocpp.spec_messages import FROM_STATION, TO_STATION
from tests.ocpp.talk import VERSIONS

PAGE = Path(__file__).parents[2] / "docs" / "ocpp-matrix.md"


def printed(*options: str) -> str:
    out = StringIO()
    call_command("ocpp_matrix", *options, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("sender", "listed"), [("station", FROM_STATION), ("system", TO_STATION)])
def test_the_matrix_has_exactly_the_specifications_messages(version, sender, listed):
    rows = [row.action for row in matrix.actions() if (row.version, row.sender) == (version, sender)]
    assert len(rows) == len(set(rows))
    assert set(rows) == listed[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_everything_that_we_may_ask_has_a_command_or_a_reason_to_be_sent_by_hand(version):
    mine = [row for row in matrix.actions() if (row.version, row.sender) == (version, "system")]
    without = {row.action for row in mine if not row.is_handled}
    assert without == set(BY_VERSION[version].by_hand)
    assert all(reason.strip() for reason in BY_VERSION[version].by_hand.values())


def test_all_of_16_is_handled():
    assert all(row.is_handled for row in matrix.actions() if row.version == "1.6")


def test_every_kind_of_command_is_said_or_has_a_reason_in_every_version():
    rows = matrix.commands()
    assert len(rows) == len(KINDS) * len(VERSIONS)
    assert all(bool(row.actions) != bool(row.why_not) for row in rows)


def test_the_page_is_what_the_command_prints():
    """When this fails: ./forecourt manage ocpp_matrix --markdown > docs/ocpp-matrix.md"""
    assert PAGE.read_text() == printed("--markdown")


def test_the_json_tells_the_same_as_the_text():
    told = json.loads(printed("--json"))
    lines = printed().splitlines()
    assert len(lines) == len(told["actions"]) + len(told["commands"])
    heartbeat = next(
        row for row in told["actions"] if (row["version"], row["action"]) == ("1.6", "Heartbeat")
    )
    assert heartbeat == {
        "version": "1.6",
        "sender": "station",
        "action": "Heartbeat",
        "is_handled": True,
        "how": "answered at once",
        "since": "0.1.0",
    }

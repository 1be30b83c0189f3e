"""Groups, concurrency, master passes and tokens that were used offline."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from stations.facts import Decision, Question
from stations.services.authorization import decide
from tests.factories import SessionFactory, TokenFactory
from tests.stations.telling import begin


def ask(station, token, **more) -> Decision:
    question = Question(
        station_id=station.pk, organization_id=station.organization_id, evse_id=None,
        id_token_id=token.pk, user_id=None, uid=token.uid, type="rfid", at=clock.now(),
    )  # fmt: skip
    return decide([question])[0]


def test_a_token_of_a_group_tells_its_group_in_capitals(station):
    """The station lets any card of the group end the charge (1.6 section 4.1, 2.0.1 C09)."""
    decision = ask(station, TokenFactory(group_uid="fleet-7"))
    assert (decision.status, decision.group_uid) == ("accepted", "FLEET-7")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "blocked"}, "blocked"),
        ({"valid_until": clock.now() - timedelta(days=400)}, "expired"),
        ({"status": "invalid"}, "invalid"),
    ],
)
def test_a_group_does_not_save_a_token_that_may_not_charge(station, fields, status):
    TokenFactory(group_uid="FLEET")
    assert ask(station, TokenFactory(group_uid="FLEET", **fields)).status == status


def test_one_of_a_group_may_charge_while_another_does(station):
    SessionFactory(id_token=TokenFactory(group_uid="FLEET"))
    assert ask(station, TokenFactory(group_uid="FLEET")).status == "accepted"


@pytest.mark.parametrize(("allows_concurrent", "status"), [(False, "concurrent"), (True, "accepted")])
def test_a_token_charges_in_one_place_unless_it_may_in_several(station, allows_concurrent, status):
    token = TokenFactory(allows_concurrent=allows_concurrent)
    SessionFactory(id_token=token)
    assert ask(station, token).status == status


def test_a_token_may_be_shown_again_where_it_is_charging(station):
    token = TokenFactory()
    SessionFactory(id_token=token, evse=station.evses.get())
    assert ask(station, token).status == "accepted"


def test_a_master_pass_is_accepted_with_its_group_also_where_others_charge(station):
    """The station ends any charge for a card of MasterPassGroupId (2.0.1 C16); ours is to name the group."""
    SessionFactory(id_token=TokenFactory(), evse=station.evses.get())
    decision = ask(station, TokenFactory(group_uid="MASTER", allows_concurrent=True))
    assert (decision.status, decision.group_uid) == ("accepted", "MASTER")


def test_a_charge_that_an_unknown_token_began_offline_is_kept_with_its_refusal(station, told):
    """The energy has flowed: it is on record, the answer tells the station to stop (1.6 section 4.8)."""
    [answer] = told(begin(token_uid="NOBODY", started_at=clock.now() - timedelta(hours=9)))
    assert answer.decision.status == "invalid"
    session = told.session()
    assert (session.token_uid, session.decision, session.status) == ("NOBODY", "invalid", "active")

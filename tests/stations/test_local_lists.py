"""A station's local list follows its organization's cards, message by message."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import AuditEntry
from accounts.services import block_token, issue_token, unblock_token
from core import clock
from core.outbox import deliver_pending
from stations.models import ChargingStation, DeviceVariable, LocalList, StationCommand
from stations.services import commands, local_lists
from tests.factories import MembershipFactory, StationFactory

State = LocalList.State


@pytest.fixture
def charger(station) -> ChargingStation:
    ChargingStation.objects.filter(pk=station.pk).update(is_connected=True, ocpp_version="1.6")
    station.refresh_from_db()
    return station


def issue(charger, uid, **fields):
    return issue_token(uid=uid, organization=charger.organization, **fields)


def limits(charger, length, at_once) -> None:
    for name, value in (("LocalAuthListMaxLength", length), ("SendLocalListMaxLength", at_once)):
        DeviceVariable.objects.create(
            organization=charger.organization, station=charger, variable=name, value=str(value),
            reported_at=clock.now(),
        )  # fmt: skip


def pass_(seconds=60):
    return clock.at(clock.now() + timedelta(seconds=seconds))


def sweep(seconds=60) -> None:
    with pass_(seconds):
        deliver_pending()
        local_lists.look_at_due()


def waiting(charger) -> StationCommand | None:
    """The list message that waits for the station; other commands are answered in passing."""
    while command := commands.claim_next(station_id=charger.pk, connection_no=charger.connection_no):
        if command.kind in ("send_local_list", "read_local_list_version"):
            return command
        commands.record_answer(command_id=command.pk, outcome="accepted")
    return None


def answer(command, word="Accepted", outcome=None) -> None:
    """Let the station answer, and the news of it be heard."""
    outcome = outcome or ("accepted" if word == "Accepted" or word.lstrip("-").isdigit() else "rejected")
    commands.record_answer(command_id=command.pk, outcome=outcome, word=word)
    deliver_pending()


def told(command) -> tuple[int, bool, list[str]]:
    return (
        command.params["version"],
        command.params["is_full"],
        [("" if "status" in entry else "-") + entry["uid"] for entry in command.params["entries"]],
    )


def be_in_step(charger) -> LocalList:
    local_lists.turn_on(station=charger)
    sweep()
    while command := waiting(charger):
        answer(command)
    held = LocalList.objects.get()
    assert held.state == State.IN_STEP
    return held


def test_nothing_is_sent_before_an_operator_turns_it_on(charger):
    issue(charger, "CARD1")
    sweep()
    assert waiting(charger) is None


def test_the_accepted_cards_of_the_organization_travel_as_a_full_list(charger):
    issue(charger, "card1", group_uid="fleet", valid_until=clock.now() + timedelta(days=9))
    block_token(token=issue(charger, "CARD2"))
    issue(charger, "CARD3", valid_until=clock.now() - timedelta(days=1))
    issue_token(uid="CARD4", organization=StationFactory().organization)
    issue(charger, "LONGER-THAN-TWENTY-CHARACTERS")
    local_lists.turn_on(station=charger)
    sweep()
    command = waiting(charger)
    assert told(command) == (1, True, ["CARD1"])
    assert command.params["entries"][0] == {
        "uid": "CARD1", "type": "rfid", "status": "accepted", "group_uid": "FLEET",
        "valid_until": "2026-11-29T14:00:00+00:00",
    }  # fmt: skip
    answer(command)
    held = LocalList.objects.get()
    assert (held.state, held.version, list(held.entries)) == (State.IN_STEP, 1, ["CARD1"])


def test_a_change_travels_alone(charger):
    card = issue(charger, "CARD1")
    be_in_step(charger)
    issue(charger, "CARD2")
    block_token(token=card)
    sweep()
    command = waiting(charger)
    assert told(command) == (2, False, ["-CARD1", "CARD2"])
    answer(command)
    unblock_token(token=card)
    sweep()
    assert told(waiting(charger)) == (3, False, ["CARD1"])


def test_a_long_list_travels_in_parts_as_large_as_the_station_takes(charger):
    limits(charger, length=5, at_once=2)
    for n in range(7):
        issue(charger, f"CARD{n}")
    local_lists.turn_on(station=charger)
    sweep()
    parts = []
    while command := waiting(charger):
        parts.append(told(command))
        answer(command)
    assert parts == [
        (1, True, ["CARD0", "CARD1"]),
        (2, False, ["CARD2", "CARD3"]),
        (3, False, ["CARD4"]),
    ]
    held = LocalList.objects.get()
    assert (held.state, held.size, held.left_out) == (State.IN_STEP, 5, 2)


def test_the_room_of_a_2x_station_is_the_limit_of_its_entries(charger):
    for variable, value, more in (("Entries", "3", {"maxLimit": 1}), ("ItemsPerMessage", "9", {})):
        DeviceVariable.objects.create(
            organization=charger.organization, station=charger, component="LocalAuthListCtrlr",
            variable=variable, value=value, characteristics=more, reported_at=clock.now(),
        )  # fmt: skip
    for uid in ("CARD1", "CARD2"):
        issue(charger, uid)
    assert be_in_step(charger).left_out == 1


def test_a_version_conflict_is_mended_by_a_full_list(charger):
    card = issue(charger, "CARD1")
    be_in_step(charger)
    issue(charger, "CARD2")
    sweep()
    answer(waiting(charger), "VersionMismatch")
    command = waiting(charger)
    assert told(command) == (2, True, ["CARD1", "CARD2"])
    answer(command)
    assert LocalList.objects.get().state == State.IN_STEP
    assert card.uid in LocalList.objects.get().entries


def test_a_full_list_that_conflicts_asks_for_the_number_and_goes_beyond_it(charger):
    issue(charger, "CARD1")
    local_lists.turn_on(station=charger)
    sweep()
    answer(waiting(charger), "VersionMismatch")
    asked = waiting(charger)
    assert asked.kind == "read_local_list_version"
    answer(asked, "41")
    assert told(waiting(charger)) == (42, True, ["CARD1"])


@pytest.mark.parametrize(("word", "is_sent_again"), [("1", False), ("0", True), ("7", True)])
def test_a_station_that_booted_is_asked_which_list_it_has(charger, word, is_sent_again):
    issue(charger, "CARD1")
    be_in_step(charger)
    ChargingStation.objects.update(booted_at=clock.now() + timedelta(minutes=5))
    sweep(360)
    with pass_(360):
        asked = waiting(charger)
        assert asked.kind == "read_local_list_version"
        answer(asked, word)
        command = waiting(charger)
    assert (command is not None) is is_sent_again
    if command is not None:
        assert told(command) == (int(word) + 1, True, ["CARD1"])


@pytest.mark.parametrize(("kind_of", "word"), [("send", "NotSupported"), ("boot", "-1")])
def test_a_station_without_lists_is_let_alone(charger, kind_of, word):
    issue(charger, "CARD1")
    local_lists.turn_on(station=charger)
    sweep()
    if kind_of == "boot":
        answer(waiting(charger))
        ChargingStation.objects.update(booted_at=clock.now() + timedelta(seconds=9))
        sweep()
    answer(waiting(charger), word)
    issue(charger, "CARD2")
    sweep(86400)
    assert waiting(charger) is None
    assert LocalList.objects.get().state == State.UNSUPPORTED


def test_a_station_that_fails_is_tried_again_in_growing_pauses(charger):
    issue(charger, "CARD1")
    local_lists.turn_on(station=charger)
    sweep()
    pauses = []
    for _ in range(3):
        answer(waiting(charger), "Failed")
        held = LocalList.objects.get()
        assert (held.state, held.is_certain) == (State.FAILED, False)
        pauses.append(held.due_at - clock.now())
        sweep(pauses[-1].total_seconds() + 1)
    assert pauses == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]


def test_an_answer_that_never_comes_leaves_a_doubt_which_a_full_list_ends(charger):
    issue(charger, "CARD1")
    be_in_step(charger)
    issue(charger, "CARD2")
    sweep()
    commands.record_timeout(command_id=waiting(charger).pk)
    deliver_pending()
    sweep(3600)
    assert told(waiting(charger))[1:] == (True, ["CARD1", "CARD2"])


def test_a_station_that_is_away_gets_its_list_when_it_is_back(charger):
    issue(charger, "CARD1")
    ChargingStation.objects.update(is_connected=False)
    local_lists.turn_on(station=charger)
    sweep()
    assert waiting(charger) is None
    ChargingStation.objects.update(is_connected=True)
    sweep()
    assert told(waiting(charger)) == (1, True, ["CARD1"])


def test_turning_it_off_empties_the_list_and_stops(charger):
    issue(charger, "CARD1")
    be_in_step(charger)
    assert local_lists.turn_off(station=charger)
    command = waiting(charger)
    assert told(command) == (2, True, [])
    answer(command)
    issue(charger, "CARD2")
    sweep(86400)
    assert waiting(charger) is None
    actions = AuditEntry.objects.filter(action__startswith="local_list").order_by("pk")
    assert [entry.action for entry in actions] == ["local_list.turn_on", "local_list.turn_off"]


def test_an_operator_turns_it_on_and_off_and_a_viewer_does_not(client, charger):
    address = f"/operate/chargers/{charger.identity}/local-list/"
    client.force_login(MembershipFactory(organization=charger.organization, role="viewer").user)
    assert client.post(address, {"act": "on"}).status_code == 403
    client.force_login(MembershipFactory(organization=charger.organization).user)
    assert client.post(address, {"act": "on"}).status_code == 302
    assert b"Waiting to be sent" in client.get(address).content
    client.post(address, {"act": "off"})
    assert LocalList.objects.get().is_on is False
    assert client.post(address, {"act": "dance"}).status_code == 404

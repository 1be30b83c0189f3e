"""Commands through the tables: queued, said, answered, timed out, kept without secrets."""

from __future__ import annotations

import json

import pytest

from ocpp_bridge.replay import Conversation
from stations import command_kinds as kinds
from stations.models import DeviceVariable, StationCommand
from stations.services import commands
from tests.ocpp.talk import call

# --- through the tables ------------------------------------------------------------------------


def ask(conversation: Conversation, station, kind: kinds.CommandKind):
    """Queue a command and have it sent: the row, its message id and what was said."""
    command = commands.request(station=station, kind=kind)
    text = conversation.next_command()
    if text is None:
        command.refresh_from_db()
        return command, "", None
    _, message_id, action, payload = json.loads(text)
    return command, message_id, (action, payload)


def answer(conversation: Conversation, message_id: str, payload: object) -> None:
    assert conversation.exchange(json.dumps([3, message_id, payload])) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("payload", "status", "word"),
    [
        ({"status": "Accepted"}, "accepted", "Accepted"),
        ({"status": "Rejected"}, "rejected", "Rejected"),
        ({"status": "NotSupported"}, "rejected", "NotSupported"),
    ],
)
def test_the_stations_word_decides_and_is_kept(station, payload, status, word):
    conversation = Conversation(station, version="1.6")
    command, message_id, _ = ask(conversation, station, kinds.Reset())
    answer(conversation, message_id, payload)
    command.refresh_from_db()
    assert (command.status, command.answer_word, command.answer) == (status, word, payload)


@pytest.mark.django_db
def test_an_error_of_the_station_is_a_failure_with_its_code(station):
    conversation = Conversation(station, version="2.0.1")
    command, message_id, _ = ask(conversation, station, kinds.Unlock(evse_number=1))
    assert conversation.exchange(json.dumps([4, message_id, "NotSupported", "no lock", {}])) == []
    command.refresh_from_db()
    assert (command.status, command.answer_word) == ("failed", "NotSupported")


@pytest.mark.django_db
@pytest.mark.parametrize("garbage", [[], "yes", None, {"getVariableResult": "?"}, {"status": 5}])
def test_a_garbage_answer_ends_the_command_and_breaks_nothing(station, garbage):
    conversation = Conversation(station, version="2.0.1")
    names = kinds.ReadVariables(names=("A.B",))
    _, message_id, _ = ask(conversation, station, names)
    assert conversation.exchange(json.dumps([3, message_id, garbage])) == []
    assert conversation.exchange(call("Heartbeat", {})) != []


@pytest.mark.django_db
def test_a_second_command_waits_for_the_first_ones_answer_and_a_late_one_counts(station):
    conversation = Conversation(station, version="1.6")
    command, message_id, _ = ask(conversation, station, kinds.Reset())
    conversation.give_up()
    command.refresh_from_db()
    assert command.status == "timed_out"
    second, second_id, said = ask(conversation, station, kinds.Trigger(message="boot"))
    assert said == ("TriggerMessage", {"requestedMessage": "BootNotification"})
    answer(conversation, message_id, {"status": "Accepted"})
    answer(conversation, second_id, {"status": "Accepted"})
    for row in (command, second):
        row.refresh_from_db()
        assert row.status == "accepted"


@pytest.mark.django_db
def test_settings_that_a_16_station_tells_are_kept_without_secrets(station):
    conversation = Conversation(station, version="1.6")
    _, message_id, said = ask(conversation, station, kinds.ReadVariables())
    assert said == ("GetConfiguration", {})
    keys = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "AuthorizationKey", "readonly": False, "value": "0123456789abcdef"},
    ]
    answer(conversation, message_id, {"configurationKey": keys, "unknownKey": []})
    kept = dict(DeviceVariable.objects.values_list("variable", "value"))
    assert kept == {"HeartbeatInterval": "300", "AuthorizationKey": ""}


@pytest.mark.django_db
def test_a_report_of_a_201_station_is_kept_as_device_variables(station):
    conversation = Conversation(station, version="2.0.1")
    _, message_id, said = ask(conversation, station, kinds.ReadVariables())
    assert said[0] == "GetBaseReport"
    answer(conversation, message_id, {"status": "Accepted"})
    entry = {
        "component": {"name": "EVSE", "evse": {"id": 2}},
        "variable": {"name": "Power"},
        "variableAttribute": [{"value": "22000", "mutability": "ReadOnly"}],
    }
    report = {"requestId": 1, "generatedAt": "2026-03-01T12:00:00Z", "seqNo": 0, "reportData": [entry]}
    (reply,) = conversation.exchange(call("NotifyReport", report))
    assert json.loads(reply)[2] == {}
    kept = DeviceVariable.objects.get()
    assert (kept.component, kept.evse_number, kept.variable, kept.value) == ("EVSE", 2, "Power", "22000")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("1.6", kinds.WriteVariable(variable="AuthorizationKey", value="very-secret")),
        ("2.0.1", kinds.WriteVariable(variable="SecurityCtrlr.BasicAuthPassword", value="very-secret")),
    ],
)
def test_a_password_goes_to_the_station_and_neither_to_journal_nor_row(station, version, kind):
    from ocpp_bridge.models import Frame

    conversation = Conversation(station, version=version)
    command, _, said = ask(conversation, station, kind)
    assert "very-secret" in str(said)
    command.refresh_from_db()
    assert "very-secret" not in str(command.sent)
    assert "very-secret" not in " ".join(Frame.objects.values_list("body", flat=True))


@pytest.mark.django_db
def test_a_pending_station_is_configured_and_not_started(network):
    station = network.add("NEW-1", registration="pending")
    conversation = Conversation(station, version="1.6")
    refused, _, said = ask(conversation, station, kinds.StartSession(evse_number=1, token_uid="X"))
    assert said is None
    assert (refused.status, refused.answer_word) == ("failed", "The station is not accepted yet.")
    _, _, said = ask(conversation, station, kinds.ReadVariables())
    assert said == ("GetConfiguration", {})


@pytest.mark.django_db
def test_a_connection_that_was_replaced_gets_no_command(station):
    older, newer = Conversation(station, version="1.6"), Conversation(station, version="1.6")
    commands.request(station=station, kind=kinds.Reset())
    assert older.next_command() is None
    assert newer.next_command() is not None
    assert newer.next_command() is None
    assert StationCommand.objects.get().status == "sent"

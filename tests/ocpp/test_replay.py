"""A recorded conversation is held again: the same code says the same, other code is caught."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import IdToken
from accounts.services import block_token
from core import clock
from ocpp_bridge import recordings
from ocpp_bridge.comparing import mismatches
from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.dialects.base import Request
from ocpp_bridge.exporting import record_conversation
from ocpp_bridge.models import Frame
from ocpp_bridge.replay import Conversation
from ocpp_bridge.replaying import replay
from stations.command_kinds import Reset, StopSession
from stations.facts import Decision
from stations.models import ChargingSession, ChargingStation, StationCommand
from stations.services import authorization, commands, sessions
from tests.ocpp.talk import call

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Day:
    """A station's day; every frame two seconds after the one before."""

    def __init__(self, station: ChargingStation, version: str) -> None:
        self.station, self.now = station, NOON
        with clock.at(NOON):
            self.talk = Conversation(station, version=version)

    def tick(self):
        self.now += timedelta(seconds=2)
        return clock.at(self.now)

    def say(self, action, payload, message_id=None):
        with self.tick():
            (reply,) = self.talk.exchange(call(action, payload, message_id))
        return json.loads(reply)

    def hear(self, answer):
        """The station gets our next call and answers it."""
        with self.tick():
            _, message_id, action, payload = json.loads(self.talk.next_command())
        with self.tick():
            assert self.talk.exchange(json.dumps([3, message_id, answer])) == []
        return action, payload

    def recording(self) -> recordings.Recording:
        """As it comes out of a file."""
        found = record_conversation(
            station=self.station, since=NOON - timedelta(days=1), until=NOON + timedelta(days=1)
        )
        return recordings.read(list(recordings.write(found)))


@pytest.fixture
def day_16(station, card, settings) -> Day:
    """Boot, a remote start, a charge with a repeated stop, a refused card, garbage, a command at the end."""
    settings.AUTHORIZATION_CHECKS = ["stations.services.authorization.token_is_valid"]
    day = Day(station, "1.6")
    day.say("BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"})
    with day.tick():
        sessions.request_start(evse=station.evses.get(number=1))
    action, payload = day.hear({"status": "Accepted"})
    assert action == "RemoteStartTransaction"
    start = {
        "connectorId": 1,
        "idTag": payload["idTag"],
        "meterStart": 1000,
        "timestamp": "2026-03-01T12:00:09Z",
    }
    number = day.say("StartTransaction", start)[2]["transactionId"]
    sample = [{"value": "3500", "measurand": "Energy.Active.Import.Register", "unit": "Wh"}]
    values = [{"timestamp": "2026-03-01T12:00:10Z", "sampledValue": sample}]
    day.say("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": values})
    stop = {"transactionId": number, "meterStop": 6000, "timestamp": "2026-03-01T12:00:16Z"}
    for message_id in ("stop", "stop", "stop again"):
        day.say("StopTransaction", stop, message_id)
    with day.tick():
        block_token(token=card)
    assert day.say("Authorize", {"idTag": card.uid})[2]["idTagInfo"]["status"] == "Blocked"
    with day.tick():
        day.talk.exchange("[2, garbage")
    day.say("StatusNotification", {"connectorId": 1})
    with day.tick():
        commands.request(station=station, kind=Reset())
    assert day.hear({"status": "Accepted"})[0] == "Reset"
    return day


@pytest.fixture
def day_201(network, card) -> Day:
    """A charge that begins with a card, and an operator who ends it."""
    station = network.add("CS-201")
    day = Day(station, "2.0.1")
    day.say("BootNotification", {"reason": "PowerUp", "chargingStation": {"model": "T", "vendorName": "A"}})
    event = {
        "eventType": "Started", "timestamp": "2026-03-01T12:00:04Z", "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "tx-1"}, "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": card.uid, "type": "ISO14443"},
    }  # fmt: skip
    assert day.say("TransactionEvent", event)[2]["idTokenInfo"]["status"] == "Accepted"
    with day.tick():
        sessions.request_stop(session=ChargingSession.objects.get())
    assert day.hear({"status": "Accepted"})[0] == "RequestStopTransaction"
    ended = {**event, "eventType": "Ended", "seqNo": 1, "triggerReason": "RemoteStop"}
    ended["transactionInfo"] = {"transactionId": "tx-1", "stoppedReason": "Remote"}
    day.say("TransactionEvent", ended)
    return day


@pytest.mark.parametrize("version", ["16", "201"])
def test_the_same_code_says_the_same_again(request, version):
    recording = request.getfixturevalue(f"day_{version}").recording()
    result = replay(recording)
    assert result.differences == []
    assert result.outcomes == []
    assert result.frames == len(recording.lines)
    assert len(recording.outcomes) == 1
    assert result.compared == sum(line.body.startswith("[2") for line in recording.lines)


def test_the_numbers_of_the_replay_are_its_own(day_16):
    recording = day_16.recording()
    before = set(ChargingSession.objects.values_list("number", flat=True))
    replay(recording)
    (number,) = set(ChargingSession.objects.values_list("number", flat=True)) - before
    again = ChargingSession.objects.get(number=number)
    then = ChargingSession.objects.get(number__in=before)
    assert (again.energy_wh, again.status, again.started_at) == (5000, "completed", then.started_at)
    assert again.start_token != then.start_token
    assert again.station != then.station


def test_code_that_answers_otherwise_is_caught(day_16, monkeypatch):
    recording = day_16.recording()
    monkeypatch.setattr(
        authorization, "_status", lambda question, token, places: ("expired", "everything has expired")
    )
    (difference,) = replay(recording).differences
    assert (difference.action, difference.what) == ("Authorize", "answer")
    assert difference.members == [("2.idTagInfo.status", "Blocked", "Expired")]


def test_code_that_asks_otherwise_is_caught(day_201, monkeypatch):
    recording = day_201.recording()
    encoders = BY_VERSION["2.0.1"].encoders
    monkeypatch.setitem(encoders, StopSession, lambda kind: Request("RequestStopTransaction", {}))
    (difference,) = replay(recording).differences
    assert (difference.action, difference.what) == ("RequestStopTransaction", "request")
    assert difference.members == [("3.transactionId", "tx-1", "(nothing)")]


def test_a_session_that_ends_otherwise_is_told(day_16):
    recording = day_16.recording()
    changed = [{**recording.outcomes[0], "energy_wh": 4999}]
    told = {name: getattr(recording, name) for name in ("station", "tokens", "sessions", "commands", "lines")}
    (difference,) = replay(recordings.Recording(outcomes=changed, **told)).outcomes
    assert difference.members == [("energy_wh", 4999, 5000)]


def test_a_recording_may_begin_in_the_middle_of_a_charge(day_16):
    frames = Frame.objects.order_by("at", "id")
    started = frames.get(action="StartTransaction")
    later = record_conversation(
        station=day_16.station, since=started.at + timedelta(seconds=1), until=NOON + timedelta(days=1)
    )
    assert later.sessions[0]["was_active"] is True
    assert replay(recordings.read(list(recordings.write(later)))).differences == []


def refuse(questions):
    """An authorization check for the test below."""
    return [Decision(status="blocked", reason="no money")] * len(questions)


def test_a_refusal_for_reasons_outside_the_file_stands(station, card, settings):
    settings.AUTHORIZATION_CHECKS = ["tests.ocpp.test_replay.refuse"]
    day = Day(station, "1.6")
    assert day.say("Authorize", {"idTag": card.uid})[2]["idTagInfo"]["status"] == "Blocked"
    assert replay(day.recording()).is_same


def test_the_command_keeps_nothing_and_tells_by_its_status(day_16, tmp_path, monkeypatch):
    file = tmp_path / "day.jsonl"
    found = record_conversation(
        station=day_16.station, since=NOON - timedelta(days=1), until=NOON + timedelta(days=1)
    )
    file.write_text("".join(recordings.write(found)))
    models = (Frame, ChargingSession, ChargingStation, StationCommand, IdToken)
    before = [model.objects.count() for model in models]
    said = StringIO()
    call_command("replay", file, stdout=said)
    assert "0 differ" in said.getvalue()
    assert [model.objects.count() for model in models] == before
    monkeypatch.setattr(authorization, "_status", lambda question, token, places: ("expired", ""))
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("replay", file, json=True, stdout=said)
    assert ended.value.code == 1
    assert json.loads(said.getvalue())["differences"][0]["action"] == "Authorize"


@pytest.mark.parametrize(
    "text", ["", "{}", "not json", '{"kind": "forecourt-conversation", "format": 99}', "[]\n[]"]
)
def test_a_file_of_another_kind_is_refused(text, tmp_path):
    file = tmp_path / "odd.jsonl"
    file.write_text(text)
    with pytest.raises(CommandError):
        call_command("replay", file)


def test_a_password_never_gets_into_a_recording(day_16):
    told = {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": "s3cret"}]}
    Frame.objects.create(station=day_16.station, at=NOON, direction="in", body=json.dumps([3, "x", told]))
    text = "".join(recordings.write(day_16.recording()))
    assert "s3cret" not in text
    assert "AuthorizationKey" in text


@pytest.mark.parametrize(
    ("recorded", "now", "paths"),
    [
        ('[3,"a",{"x":1}]', '[3,"a",{"x":1.0}]', []),
        ('[3,"a",{"x":1}]', '[3,"a",{"x":true}]', ["2.x"]),
        ('[3,"a",{"t":"2026-03-01T12:00:00Z"}]', '[3,"a",{"t":"2026-03-01T12:00:03.5+00:00"}]', []),
        ('[3,"a",{"t":"2026-03-01T12:00:00Z"}]', '[3,"a",{"t":"2026-03-01T12:01:00Z"}]', ["2.t"]),
        ('[3,"a",{}]', '[3,"a",{"y":[]}]', ["2.y"]),
        ('[3,"a",{"y":[1]}]', '[3,"a",{"y":[1,2]}]', ["2.y"]),
        (None, '[3,"a",{}]', [""]),
        ("garbage", "garbage", []),
    ],
)
def test_where_two_messages_differ(recorded, now, paths):
    assert [member.path for member in mismatches(recorded, now)] == paths


@pytest.mark.parametrize("version", ["16", "201"])
def test_no_token_number_is_in_the_file_and_it_replays_all_the_same(request, version, card):
    recording = request.getfixturevalue(f"day_{version}").recording()
    text = "".join(recordings.write(recording)).upper()
    assert card.uid.upper() not in text
    assert recording.tokens
    assert replay(recording).is_same

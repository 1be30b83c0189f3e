"""The bridge over a real socket: who gets in, who is turned away, and what is said."""

from __future__ import annotations

import os
import threading
import urllib.request

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from ocpp_bridge.models import FailedHandshake, Frame
from stations.command_kinds import Reset, StartSession
from stations.models import ChargingSession, ChargingStation, StationCommand
from stations.services import commands
from tests.ocpp.doors import (
    Plug,
    basic,
    daphne_door,
    database_name,
    uvicorn_door,
    uvicorn_process,
    wait_until,
)

pytestmark = pytest.mark.django_db(transaction=True)
START = {"connectorId": 1, "idTag": "04A1B2C3", "meterStart": 0, "timestamp": "2026-03-01T12:00:00Z"}


@pytest.fixture
def port(station, card):
    with uvicorn_door() as port:
        yield port


def refused(port: int, path: str, headers: dict[str, str] | None = None, offered=("ocpp1.6",)):
    with pytest.raises(InvalidStatus) as refusal:
        connect(f"ws://127.0.0.1:{port}{path}", subprotocols=list(offered), additional_headers=headers)
    return refusal.value.response


def test_who_may_not_come_in_hears_why_and_the_operator_sees_it(port, network):
    password = network.passwords["CP-1"]
    assert refused(port, "/ocpp/NOBODY", basic("NOBODY", "x")).status_code == 404
    assert refused(port, "/elsewhere/CP-1").status_code == 404
    nameless = refused(port, "/ocpp/CP-1")
    assert nameless.status_code == 401
    assert nameless.headers["WWW-Authenticate"].startswith("Basic ")
    assert refused(port, "/ocpp/CP-1", basic("CP-1", "wrong")).status_code == 401
    assert refused(port, "/ocpp/CP-1", basic("CP-1", "wrong")).status_code == 401
    assert refused(port, "/ocpp/CP-1", basic("CP-2", password)).status_code == 401
    counted = {(f.identity, f.reason): f.count for f in FailedHandshake.objects.all()}
    assert counted == {
        ("NOBODY", "unknown_identity"): 1,
        ("CP-1", "unknown_path"): 1,
        ("CP-1", "no_password"): 1,
        ("CP-1", "wrong_password"): 2,
        ("CP-1", "other_username"): 1,
    }


def test_without_a_common_version_the_door_opens_and_closes_with_1002(port, network):
    line = connect(
        f"ws://127.0.0.1:{port}/ocpp/CP-1",
        subprotocols=["ocpp1.5"],
        additional_headers=basic("CP-1", network.passwords["CP-1"]),
    )
    assert line.subprotocol is None
    with pytest.raises(ConnectionClosed):
        line.recv(5)
    assert line.close_code == 1002
    assert FailedHandshake.objects.get().offered == "ocpp1.5"


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(["ocpp1.6", "ocpp2.0.1"], "ocpp2.0.1"), (["ocpp1.5", "ocpp1.6"], "ocpp1.6")],
)
def test_the_newest_common_version_is_spoken(port, network, offered, chosen):
    headers = basic("CP-1", network.passwords["CP-1"])
    with connect(
        f"ws://127.0.0.1:{port}/ocpp/CP-1", subprotocols=offered, additional_headers=headers
    ) as line:
        assert line.subprotocol == chosen


def test_a_key_may_be_sent_in_hex_or_as_raw_bytes_and_the_identity_percent_encoded(port, network):
    network.add("RDAM 123")
    raw = bytes.fromhex(network.passwords["RDAM 123"])
    for password in (network.passwords["RDAM 123"], network.passwords["RDAM 123"].upper(), raw):
        with connect(
            f"ws://127.0.0.1:{port}/ocpp/RDAM%20123",
            subprotocols=["ocpp1.6"],
            additional_headers=basic("RDAM 123", password),
        ) as line:
            line.send('[2,"1","Heartbeat",{}]')
            assert line.recv(5).startswith('[3,"1"')


def test_the_newest_connection_wins_and_the_older_is_closed(port, network, station):
    older = Plug(port, "CP-1", network.passwords["CP-1"])
    assert older.ask("Heartbeat", {})[0] == 3
    newer = Plug(port, "CP-1", network.passwords["CP-1"])
    with pytest.raises(ConnectionClosed):
        older.hear(5)
    assert newer.ask("StartTransaction", START)[0] == 3
    station.refresh_from_db()
    assert (station.connection_no, station.is_connected) == (2, True)
    newer.close()
    wait_until(lambda: not ChargingStation.objects.get(pk=station.pk).is_connected)


def test_a_command_goes_out_and_its_answer_comes_back_while_a_call_crosses(port, network, station):
    plug = Plug(port, "CP-1", network.passwords["CP-1"])
    assert plug.ask("Heartbeat", {})[0] == 3
    command = commands.request(station=station, kind=Reset(is_hard=False))
    kind, message_id, action, payload = plug.hear()
    assert (kind, action, payload) == (2, "Reset", {"type": "Soft"})
    assert plug.ask("StartTransaction", START)[0] == 3
    plug.answer(message_id, {"status": "Accepted"})
    wait_until(lambda: StationCommand.objects.get(pk=command.pk).status == "accepted")
    command.refresh_from_db()
    assert command.sent == {"action": "Reset", "payload": {"type": "Soft"}}
    assert (command.message_id, command.answer_word) == (message_id, "Accepted")
    plug.close()


def test_one_command_is_in_flight_at_a_time_and_the_next_follows_the_answer(port, network, station):
    first = commands.request(station=station, kind=Reset(is_hard=False))
    commands.request(station=station, kind=StartSession(evse_number=1, token_uid="04A1B2C3"))
    plug = Plug(port, "CP-1", network.passwords["CP-1"])
    _, message_id, action, _ = plug.hear()
    assert action == "Reset"
    with pytest.raises(TimeoutError):
        plug.hear(0.6)
    plug.answer(message_id, {"status": "Rejected"})
    assert plug.hear()[2] == "RemoteStartTransaction"
    wait_until(lambda: StationCommand.objects.get(pk=first.pk).status == "rejected")
    plug.close()


def test_an_unanswered_command_times_out_and_a_late_answer_still_counts(port, network, station, monkeypatch):
    monkeypatch.setattr("ocpp_bridge.link.TIME_OUT_S", 0.3)
    command = commands.request(station=station, kind=Reset(is_hard=True))
    plug = Plug(port, "CP-1", network.passwords["CP-1"])
    _, message_id, _, _ = plug.hear()
    wait_until(lambda: StationCommand.objects.get(pk=command.pk).status == "timed_out")
    plug.answer(message_id, {"status": "Accepted"})
    wait_until(lambda: StationCommand.objects.get(pk=command.pk).status == "accepted")
    plug.close()


def test_messages_of_many_stations_at_once_are_each_answered(port, network):
    identities = [f"M-{n}" for n in range(12)]
    for identity in identities:
        network.add(identity, evses=1)
    numbers: dict[str, int] = {}

    def charge(identity: str) -> None:
        plug = Plug(port, identity, network.passwords[identity])
        for _ in range(5):
            assert plug.ask("Heartbeat", {})[0] == 3
        numbers[identity] = plug.ask("StartTransaction", START)[2]["transactionId"]
        plug.close()

    threads = [threading.Thread(target=charge, args=[identity]) for identity in identities]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(set(numbers.values())) == 12
    assert ChargingSession.objects.filter(number__in=numbers.values(), status="active").count() == 12


def test_idle_frames_reach_the_journal_and_the_last_seen_time_by_themselves(
    port, network, station, monkeypatch
):
    plug = Plug(port, "CP-1", network.passwords["CP-1"])
    assert plug.ask("Heartbeat", {}, "idle")[0] == 3
    wait_until(
        lambda: Frame.objects.filter(station=station, message_id="idle").exclude(answer="").count() == 1
    )
    plug.close()


def test_the_bridge_says_whether_it_is_well(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
        assert (answer.status, answer.read()) == (200, b"ok")


def test_a_frame_that_is_far_too_long_is_refused_and_the_line_stays_open(port, network):
    plug = Plug(port, "CP-1", network.passwords["CP-1"])
    answer = plug.ask("DataTransfer", {"vendorId": "x", "data": "y" * 600_000}, "big")
    assert answer[:3] == [4, "big", "GenericError"]
    assert plug.ask("Heartbeat", {})[0] == 3
    plug.close()


def test_while_the_database_is_away_nothing_is_answered_and_the_line_closes(port, network, monkeypatch):
    from ocpp_bridge import batches

    plug = Plug(port, "CP-1", network.passwords["CP-1"])
    assert plug.ask("Heartbeat", {})[0] == 3

    def gone(jobs, notes=()):
        raise batches.DatabaseGone

    monkeypatch.setattr(batches, "commit", gone)
    plug.line.send('[2,"s","StartTransaction",' + str(START).replace("'", '"') + "]")
    with pytest.raises(ConnectionClosed):
        plug.hear(5)
    assert plug.line.close_code == 1013


def process_environment() -> dict[str, str]:
    base, _, query = os.environ["DATABASE_URL"].partition("?")
    address = f"{base.rpartition('/')[0]}/{database_name()}?{query}"
    return {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", "DATABASE_URL": address}


def test_the_same_application_runs_under_daphne(network, station, card):
    with daphne_door(process_environment()) as port:
        plug = Plug(port, "CP-1", network.passwords["CP-1"])
        assert plug.ask("StartTransaction", START)[0] == 3
        assert plug.ask("Heartbeat", {})[0] == 3
        plug.close()
        assert refused(port, "/ocpp/NOBODY").status_code == 403


def test_a_bridge_that_is_told_to_stop_says_goodbye_and_writes_what_it_has(network, station, card):
    network.add("CP-2")
    with uvicorn_process(process_environment()) as (port, process):
        plugs = [Plug(port, identity, network.passwords[identity]) for identity in ("CP-1", "CP-2")]
        for plug in plugs:
            assert plug.ask("Heartbeat", {}, "last")[0] == 3
        process.terminate()
        for plug in plugs:
            with pytest.raises(ConnectionClosed):
                plug.hear(10)
            assert plug.line.close_code == 1001
        process.wait(20)
    assert Frame.objects.filter(message_id="last").exclude(answer="").count() == 2
    assert not ChargingStation.objects.filter(is_connected=True).exists()

"""How a conversation is held, over real sockets: frames, pings, slow readers, repetitions, the boot gate."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from ocpp_bridge.frames import MAX_FRAME_CHARS
from ocpp_bridge.models import Frame
from stations.command_kinds import ReadVariables, Reset, StartSession, Trigger
from stations.models import ChargingSession, ChargingStation, StationCommand
from stations.services import commands
from tests.ocpp.doors import Plug, basic, uvicorn_door, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
START = {"connectorId": 1, "idTag": "04A1B2C3", "meterStart": 0, "timestamp": "2026-03-01T12:00:00Z"}
BOOT = {"chargePointModel": "M", "chargePointVendor": "V"}
READ_2 = {
    "getVariableResult": [
        {
            "attributeStatus": "Accepted",
            "attributeValue": "300",
            "component": {"name": "OCPPCommCtrlr"},
            "variable": {"name": "HeartbeatInterval"},
        }
    ]
}
BOOT_2 = {"chargingStation": {"model": "M", "vendorName": "V"}, "reason": "PowerUp"}


@pytest.fixture
def port(station, card):
    with uvicorn_door() as port:
        yield port


@pytest.fixture
def plug(port, network):
    plug = Plug(port, "CP-1", network.passwords["CP-1"])
    yield plug
    plug.close()


# --- frames ------------------------------------------------------------------------------------


def test_a_message_in_many_fragments_is_one_message(plug):
    plug.line.send(iter(['[2,"a",', '"Heart', 'beat"', ",{}]"]))
    assert plug.hear()[:2] == [3, "a"]


def test_letters_cut_in_two_by_fragments_are_whole_again(plug):
    raw = json.dumps([2, "a", "DataTransfer", {"vendorId": "Straße 😀"}], ensure_ascii=False).encode()
    pieces = [raw[at : at + 1] for at in range(len(raw))]
    frames = b"".join(
        client_frame(piece, opcode=1 if not at else 0, is_last=at == len(pieces) - 1)
        for at, piece in enumerate(pieces)
    )
    plug.line.socket.sendall(frames)
    assert plug.hear()[:2] == [3, "a"]
    wait_until(lambda: Frame.objects.filter(message_id="a", body__contains="Straße 😀").exists())


def test_a_binary_frame_is_read_as_text(plug):
    plug.line.send(b'[2,"a","Heartbeat",{}]')
    assert plug.hear()[:2] == [3, "a"]


def test_an_oversize_message_is_answered_and_the_next_one_too(plug):
    filler = "x" * MAX_FRAME_CHARS
    plug.line.send(f'[2,"big","DataTransfer",{{"vendorId":"V","data":"{filler}"}}]')
    assert plug.hear()[1:3] == ["big", "GenericError"]
    assert plug.ask("Heartbeat", {})[0] == 3


def test_what_is_no_utf_8_ends_the_connection_as_rfc_6455_demands(plug):
    plug.line.socket.sendall(client_frame(b'[2,"a","\xff\xfe"', opcode=1, is_last=True))
    with pytest.raises(ConnectionClosed):
        plug.hear(5)
    assert plug.line.close_code == 1007


def test_messages_are_answered_in_the_order_in_which_they_came(plug):
    wanted = []
    for number in range(40):
        action, payload = ("Authorize", {"idTag": "04A1B2C3"}) if number % 3 else ("Heartbeat", {})
        plug.line.send(json.dumps([2, f"m{number}", action, payload]))
        wanted.append(f"m{number}")
    assert [plug.hear()[1] for _ in wanted] == wanted


def client_frame(data: bytes, *, opcode: int, is_last: bool) -> bytes:
    """One masked websocket frame of less than 126 bytes."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
    return struct.pack("!BB", (0x80 if is_last else 0) | opcode, 0x80 | len(data)) + mask + masked


# --- the line ----------------------------------------------------------------------------------


def test_a_ping_is_answered_at_once_and_changes_nothing(plug):
    assert plug.line.ping().wait(5)
    assert plug.ask("Heartbeat", {})[0] == 3


def bare_socket(port: int, password: str) -> socket.socket:
    """A station that has shaken hands and answers no ping, nor reads what it does not want to."""
    line = socket.create_connection(("127.0.0.1", port))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    key = base64.b64encode(os.urandom(16)).decode()
    head = [
        "GET /ocpp/CP-1 HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Protocol: ocpp1.6",
        f"Authorization: {basic('CP-1', password)['Authorization']}",
    ]
    line.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
    assert b"101" in line.recv(4096)
    return line


def test_who_reads_slowly_is_not_read_either_and_holds_up_nobody(port, network):
    """Backpressure: its answers wait in the network, not in our memory, and others are served."""
    network.add("CP-2")
    slow = bare_socket(port, network.passwords["CP-1"])
    slow.setblocking(False)
    sent, frame = 0, client_frame(b'[2,"a","Heartbeat",{}]', opcode=1, is_last=True) * 500
    end = time.monotonic() + 3
    while time.monotonic() < end:
        try:
            sent += slow.send(frame)
        except BlockingIOError:
            time.sleep(0.05)
    other = Plug(port, "CP-2", network.passwords["CP-2"])
    began = time.monotonic()
    assert other.ask("Heartbeat", {})[0] == 3
    assert time.monotonic() - began < 2
    assert sent < 64 * 1024 * 1024
    newer = Plug(port, "CP-1", network.passwords["CP-1"])
    assert newer.ask("Heartbeat", {})[0] == 3
    for line in (other, newer, slow):
        line.close()


def test_a_line_that_answers_no_ping_is_given_up(network, station, card, monkeypatch):
    import uvicorn

    real = uvicorn.Config.__init__

    def hurried(self, *arguments, **options):
        real(self, *arguments, **{**options, "ws_ping_interval": 0.3, "ws_ping_timeout": 0.3})

    monkeypatch.setattr(uvicorn.Config, "__init__", hurried)
    with uvicorn_door() as port:
        dead = bare_socket(port, network.passwords["CP-1"])
        wait_until(lambda: not ChargingStation.objects.get().is_connected, 10)
        dead.close()


def test_a_line_that_breaks_without_goodbye_is_noticed(port, network):
    gone = bare_socket(port, network.passwords["CP-1"])
    wait_until(lambda: ChargingStation.objects.get().is_connected)
    gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    gone.close()
    wait_until(lambda: not ChargingStation.objects.get().is_connected)


def test_of_many_connections_at_once_the_newest_wins_and_all_others_are_closed(port, network):
    plugs = [Plug(port, "CP-1", network.passwords["CP-1"]) for _ in range(5)]
    for older in plugs[:-1]:
        with pytest.raises(ConnectionClosed):
            older.hear(10)
        assert older.line.close_code == 1000
    assert plugs[-1].ask("Heartbeat", {})[0] == 3
    plugs[-1].close()


# --- repetitions -------------------------------------------------------------------------------


def test_a_repetition_after_a_reconnect_gets_the_same_answer_and_has_no_second_effect(port, network):
    first = Plug(port, "CP-1", network.passwords["CP-1"])
    answer = first.ask("StartTransaction", START, "again")
    first.close()
    second = Plug(port, "CP-1", network.passwords["CP-1"])
    assert second.ask("StartTransaction", START, "again") == answer
    assert ChargingSession.objects.count() == 1
    second.close()


def test_another_message_under_a_used_id_is_a_message_of_its_own(plug):
    assert plug.ask("Authorize", {"idTag": "04A1B2C3"}, "same")[2]["idTagInfo"]["status"] == "Accepted"
    assert plug.ask("Authorize", {"idTag": "NOBODYS"}, "same")[2]["idTagInfo"]["status"] != "Accepted"


def test_an_answer_to_nothing_is_passed_over(plug):
    plug.line.send('[3,"nobody-asked",{}]')
    plug.line.send('[4,"nobody-asked","GenericError","",{}]')
    assert plug.ask("Heartbeat", {}, "after")[:2] == [3, "after"]


def test_both_sides_may_use_the_same_id_at_once(plug, station):
    commands.request(station=station, kind=Reset())
    _, message_id, action, _ = plug.hear()
    assert action == "Reset"
    assert plug.ask("Heartbeat", {}, message_id)[:2] == [3, message_id]
    plug.answer(message_id, {"status": "Accepted"})
    wait_until(lambda: StationCommand.objects.get().status == "accepted")


# --- the boot gate -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subprotocol", "boot"), [("ocpp1.6", BOOT), ("ocpp2.0.1", BOOT_2), ("ocpp2.1", BOOT_2)]
)
def test_a_pending_station_is_configured_and_triggered_but_starts_nothing(
    port, network, station, subprotocol, boot
):
    ChargingStation.objects.update(registration="pending")
    plug = Plug(port, "CP-1", network.passwords["CP-1"], subprotocol=subprotocol)
    answered = plug.ask("BootNotification", boot)[2]
    assert answered["status"] == "Pending"
    assert answered["interval"] > 0
    assert plug.ask("Heartbeat", {})[2] == "SecurityError"
    started = commands.request(station=station, kind=StartSession(evse_number=1, token_uid="04A1B2C3"))
    wait_until(lambda: StationCommand.objects.get(pk=started.pk).status == "failed")
    read = commands.request(station=station, kind=ReadVariables(names=("OCPPCommCtrlr.HeartbeatInterval",)))
    asked = plug.hear()
    assert asked[2] in ("GetConfiguration", "GetVariables")
    plug.answer(asked[1], {} if asked[2] == "GetConfiguration" else READ_2)
    wait_until(lambda: StationCommand.objects.get(pk=read.pk).status not in ("queued", "sent"))
    commands.request(station=station, kind=Trigger(message="heartbeat"))
    asked = plug.hear()
    plug.answer(asked[1], {"status": "Accepted"})
    assert plug.ask("Heartbeat", {})[0] == 3
    ChargingStation.objects.update(registration="accepted")
    assert plug.ask("BootNotification", boot)[2]["status"] == "Accepted"
    plug.close()


def test_a_rejected_station_is_asked_nothing_and_may_only_boot(port, network, station):
    ChargingStation.objects.update(registration="rejected")
    plug = Plug(port, "CP-1", network.passwords["CP-1"])
    assert plug.ask("BootNotification", BOOT)[2]["status"] == "Rejected"
    assert plug.ask("StartTransaction", START)[2] == "SecurityError"
    asked = commands.request(station=station, kind=Trigger(message="boot"))
    wait_until(lambda: StationCommand.objects.get(pk=asked.pk).status == "failed")
    with pytest.raises(TimeoutError):
        plug.hear(0.5)
    plug.close()


def test_a_reconnect_needs_no_boot(port, network):
    with connect(
        f"ws://127.0.0.1:{port}/ocpp/CP-1",
        subprotocols=["ocpp1.6"],
        additional_headers=basic("CP-1", network.passwords["CP-1"]),
    ) as line:
        line.send('[2,"a","Heartbeat",{}]')
        assert json.loads(line.recv(5))[:2] == [3, "a"]

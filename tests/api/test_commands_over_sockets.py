"""A program asks through the API, the station answers over its socket: the whole way, with real servers."""

from __future__ import annotations

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from accounts.scopes import SCOPES
from accounts.services_api import create_api_token
from stations import waiting
from stations.models import StationCommand
from tests.factories import MembershipFactory
from tests.ocpp.conftest import network, station  # noqa: F401 - fixtures
from tests.ocpp.doors import Plug, uvicorn_door, wait_until
from tests.pages.server import WebServer

pytestmark = pytest.mark.django_db(transaction=True)


class Program:
    """An integrator's end of the line."""

    def __init__(self, url: str, text: str) -> None:
        self.host, self.text = url.removeprefix("http://"), text

    def call(self, method: str, path: str, body: object = None, timeout: float = 30):
        """Status, headers and body of the answer, and how many seconds it took."""
        headers = {"Authorization": f"Bearer {self.text}", "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection(self.host, timeout=timeout)) as line:
            began = time.monotonic()
            line.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = line.getresponse()
            content = json.loads(response.read() or "null")
            return response.status, response.headers, content, time.monotonic() - began

    def ask(self, identity: str, body: object, query: str = ""):
        return self.call("POST", f"/api/v1/stations/{identity}/commands/{query}", body)


@pytest.fixture
def program(network):  # noqa: F811
    owner = MembershipFactory(organization=network.organization).user
    _, text = create_api_token(
        organization=network.organization, user=owner, name="Tester", scopes=list(SCOPES)
    )
    with WebServer() as url:
        yield Program(url, text)


@pytest.fixture
def plug(program, station, network):  # noqa: F811
    """The station, connected; it says nothing by itself."""
    with uvicorn_door() as port:
        plug = Plug(port, "CP-1", network.passwords["CP-1"])
        boot = {"chargePointVendor": "Wallwerk", "chargePointModel": "Duo"}
        assert plug.ask("BootNotification", boot)[2]["status"] == "Accepted"
        yield plug
        plug.close()


class Answering(threading.Thread):
    """Hears one call in the background, and answers it."""

    def __init__(self, plug: Plug, payload: object) -> None:
        super().__init__()
        self.plug, self.payload = plug, payload
        self.heard: list = []
        self.heard_at = 0.0

    def run(self) -> None:
        self.heard = self.plug.hear()
        self.heard_at = time.monotonic()
        self.plug.answer(self.heard[1], self.payload)


def answer_next(plug: Plug, payload: object) -> Answering:
    """Answer the next call with this; the call is in `heard`."""
    answering = Answering(plug, payload)
    answering.start()
    return answering


def test_a_command_is_on_the_wire_within_a_second_and_its_story_is_told(program, plug):
    program.call("GET", "/api/v1/me/")  # the first request of a process loads it
    delays = []
    for _ in range(5):
        asked_at = time.monotonic()
        station_side = answer_next(plug, {"status": "Accepted"})
        status, headers, body, took_s = program.ask("CP-1", {"kind": "reset", "params": {"is_hard": False}})
        assert (status, headers["Location"]) == (202, body["url"])
        assert body["status"] in ("queued", "sent")
        assert took_s < 2  # of a busy machine
        station_side.join(5)
        delays.append(station_side.heard_at - asked_at)
        assert station_side.heard[2:] == ["Reset", {"type": "Soft"}]
    assert sorted(delays)[2] < 1
    wait_until(lambda: not StationCommand.objects.exclude(status="accepted").exists())
    told = program.call("GET", body["url"])[2]
    assert (told["status"], told["is_settled"], told["answer_word"]) == ("accepted", True, "Accepted")
    assert told["sent"] == {"action": "Reset", "payload": {"type": "Soft"}}
    assert told["answer"] == {"status": "Accepted"}
    assert told["requested_with"] == "Tester"
    assert 0 <= told["took_ms"] < 5000


def test_waiting_holds_the_request_until_the_answer(program, plug):
    station_side = answer_next(plug, {"status": "Accepted"})
    status, headers, body, took_s = program.ask("CP-1", {"kind": "reset"}, "?wait=20")
    station_side.join(5)
    assert (status, body["status"]) == (200, "accepted")
    assert took_s < 2
    assert waiting.WAIT_FOR not in headers


def test_a_refusal_by_the_station_is_a_result_and_no_http_error(program, plug):
    answer_next(plug, {"status": "NotSupported"})
    status, _, body, _ = program.ask("CP-1", {"kind": "unlock", "params": {"evse_number": 99}}, "?wait=20")
    assert (status, body["status"], body["answer_word"]) == (200, "rejected", "NotSupported")
    assert body["sent"]["payload"] == {"connectorId": 99}


def test_the_time_being_up_gives_what_is_known_and_the_address_goes_on(program, plug):
    status, _, body, took_s = program.ask("CP-1", {"kind": "reset"}, "?wait=1")
    assert status == 202
    assert body["status"] in ("queued", "sent")
    assert 0.9 < took_s < 3
    call = plug.hear()
    later = ThreadPoolExecutor(1).submit(program.call, "GET", f"{body['url']}?wait=20")
    time.sleep(0.3)
    plug.answer(call[1], {"status": "Rejected"})
    status, _, body, took_s = later.result(10)
    assert (status, body["status"]) == (200, "rejected")


def test_what_is_asked_word_by_word_is_sent_word_by_word(program, plug):
    station_side = answer_next(plug, {"configurationKey": []})
    payload = {"key": ["HeartbeatInterval", "NoSuchKey"]}
    status, _, body, _ = program.ask("CP-1", {"action": "GetConfiguration", "payload": payload}, "?wait=20")
    station_side.join(5)
    assert station_side.heard[2:] == ["GetConfiguration", payload]
    assert (status, body["kind"], body["status"]) == (200, "verbatim", "accepted")


def test_what_no_schema_accepts_is_refused_and_sent_when_forced(program, plug):
    wrong = {"action": "Reset", "payload": {"type": "Gentle"}}
    status, _, body, _ = program.ask("CP-1", wrong)
    assert status == 400
    assert body["params"] == ["Reset: type: not one of the allowed values"]
    assert "force" in body
    station_side = answer_next(plug, {"status": "Rejected"})
    status, _, body, _ = program.ask("CP-1", {**wrong, "force": True}, "?wait=20")
    station_side.join(5)
    assert station_side.heard[2:] == ["Reset", {"type": "Gentle"}]
    assert (status, body["status"], body["is_forced"]) == (200, "rejected", True)


def test_a_password_is_sent_and_shown_nowhere(program, plug):
    station_side = answer_next(plug, {"status": "Accepted"})
    params = {"variable": "AuthorizationKey", "value": "0123456789abcdef0123"}
    status, _, body, _ = program.ask("CP-1", {"kind": "write_variables", "params": params}, "?wait=20")
    station_side.join(5)
    assert station_side.heard[3]["value"] == params["value"]
    assert (status, body["status"]) == (200, "accepted")
    row = StationCommand.objects.get()
    assert params["value"] not in json.dumps([body, row.params, row.sent, row.answer])


def test_many_wait_and_nobody_else_has_to(program, network):  # noqa: F811
    """200 requests held at once: few threads, no database connection, and another answers at once."""
    for number in range(3):
        network.add(f"OFF-{number}")
    before = threading.active_count()
    with ThreadPoolExecutor(200) as people:
        held = [
            people.submit(program.ask, f"OFF-{number % 3}", {"kind": "reset"}, "?wait=8")
            for number in range(200)
        ]
        wait_until(lambda: sum(found.count for found in waiting._by_loop.values()) == 200, 30)
        threads = threading.active_count() - before - 200
        took_s = program.call("GET", "/api/v1/me/")[3]
        results = [each.result(60) for each in held]
    assert {status for status, *_ in results} == {202}
    assert threads < 40
    assert took_s < 2
    assert sum(found.count for found in waiting._by_loop.values()) == 0

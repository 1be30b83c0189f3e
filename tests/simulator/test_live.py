"""A station on a real socket, against a tiny server on loopback."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from simulator.stations.backoff import Backoff
from simulator.stations.clock import FastClock
from simulator.stations.live import HandshakeRefused, LiveStation
from simulator.stations.obliging import Obliging
from tests.simulator.fakes import Central, ac_spec, car, dc_spec

pytestmark = pytest.mark.asyncio


class TinyServer:
    """One Central behind a socket; remembers how it was called."""

    def __init__(self, version):
        self.central = Central(version)
        self.password = "s3cret-s3cret-16"
        self.connections = []
        self.paths = []
        self.url = ""

    def check(self, connection, request):
        login = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        self.paths.append((request.path, login))
        return None if login.endswith(":" + self.password) else connection.respond(401, "no\n")

    async def talk(self, connection):
        self.connections.append(connection)
        with suppress(ConnectionClosed):
            async for text in connection:
                for reply in self.central.exchange(text, datetime.now(UTC)):
                    await connection.send(reply)

    async def call(self, action, **payload):
        message_id = f"live-{len(self.central.replies)}"
        await self.connections[-1].send(json.dumps([2, message_id, action, payload]))
        for _ in range(400):
            if message_id in self.central.replies:
                return self.central.replies[message_id][2]
            await asyncio.sleep(0.01)
        raise TimeoutError(action)


@asynccontextmanager
async def tiny_server(version="1.6"):
    tiny = TinyServer(version)
    protocol = Subprotocol(f"ocpp{version}")
    async with serve(
        tiny.talk, "127.0.0.1", 0, subprotocols=[protocol], process_request=tiny.check, compression=None
    ) as server:
        port = server.sockets[0].getsockname()[1]
        tiny.url = f"ws://127.0.0.1:{port}/ocpp"
        yield tiny


def quick():
    return Backoff(0.05, 0.2)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_charge_runs_over_a_real_socket(version):
    async with tiny_server(version) as tiny:
        spec = ac_spec(version, identity="Station é 1")
        async with LiveStation(tiny.url, spec, tiny.password, speed=1200) as station:
            await station.plug_in(1, car(soc=20))
            await station.tap("TAG1", 1)
            await station.until(lambda it: it.energy_wh(1) > 1_000)
            await station.unplug(1)
            await station.until_settled()
    assert tiny.paths[0] == ("/ocpp/Station%20%C3%A9%201", f"Station é 1:{tiny.password}")
    assert tiny.central.faults == []
    last = "StopTransaction" if version == "1.6" else "TransactionEvent"
    assert tiny.central.of(last)


async def test_a_wrong_password_is_told_by_its_status():
    async with tiny_server() as tiny:
        with pytest.raises(HandshakeRefused) as caught:
            async with LiveStation(tiny.url, ac_spec(), "wrong", backoff=quick()):
                raise AssertionError("must not get in")
    assert caught.value.status == 401


async def test_a_lost_line_comes_back_and_the_queue_is_delivered():
    async with (
        tiny_server() as tiny,
        LiveStation(tiny.url, ac_spec(), tiny.password, backoff=quick()) as station,
    ):
        await station.plug_in(1, car())
        await station.tap("TAG1", 1)
        await station.until_said("StartTransaction")
        await station.until_settled()
        tiny.connections[-1].transport.abort()
        await station.until(lambda it: not it.is_connected)
        await station.unplug(1)
        await station.until(lambda it: it.is_connected and it.core.link.is_silent)
    assert len(tiny.central.of("StopTransaction")) == 1
    assert tiny.central.actions().count("BootNotification") == 1


async def test_an_obliging_station_lets_a_car_arrive_for_a_remote_start():
    async with (
        tiny_server("2.0.1") as tiny,
        LiveStation(tiny.url, dc_spec(), tiny.password) as station,
    ):
        Obliging(station.core, arrives_s=(0.1, 0.2))
        token = {"idToken": "APP1", "type": "Central"}
        answer = await tiny.call("RequestStartTransaction", idToken=token, remoteStartId=7, evseId=1)
        assert answer["status"] == "Accepted"
        await station.until(lambda it: it.transaction(1) is not None, 15)
    started = tiny.central.of("TransactionEvent")[0]
    assert started["eventType"] == "Started"
    assert started["transactionInfo"]["remoteStartId"] == 7


async def test_in_fast_time_a_whole_charge_ends_about_now():
    async with tiny_server() as tiny:
        clock = FastClock(datetime.now(UTC) - timedelta(hours=1), 3600)
        async with LiveStation(tiny.url, ac_spec(), tiny.password, clock=clock) as station:
            await station.plug_in(1, car(soc=20))
            await station.tap("TAG1", 1)
            await station.until(lambda it: it.energy_wh(1) > 5_000)
            await station.unplug(1)
            await station.until_settled()
    start, stop = tiny.central.of("StartTransaction")[0], tiny.central.of("StopTransaction")[0]
    hours = (
        datetime.fromisoformat(stop["timestamp"]) - datetime.fromisoformat(start["timestamp"])
    ).total_seconds() / 3600
    assert 5_000 < stop["meterStop"] - start["meterStart"] < 11_000 * hours + 50


async def test_a_vanishing_station_returns_after_a_moment():
    async with (
        tiny_server() as tiny,
        LiveStation(tiny.url, ac_spec(), tiny.password, backoff=quick()) as station,
    ):
        await station.act(lambda core, now: core.mischief.vanish_after("StartTransaction"))
        await station.plug_in(1, car())
        await station.tap("TAG1", 1)
        await station.until(lambda it: len(tiny.connections) == 2 and it.core.link.is_silent)
    assert len(tiny.central.of("StartTransaction")) == 2
    assert tiny.central.of("StartTransaction")[0] == tiny.central.of("StartTransaction")[1]

"""Frames as bytes: however the network cuts them, the same texts arrive; the library sees whole frames."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from ocpp_bridge import wire
from ocpp_bridge.protocol import EXTENSION, StationProtocol

SIZES = st.sampled_from([0, 1, 125, 126, 300, 65_535, 65_536])
TEXTS = st.one_of(st.text(max_size=40), SIZES.map(lambda size: "x" * size))
HEAD = (
    b"GET /ocpp/CP-1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def masked(data: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    """A client's frame, written by the library."""
    return Frame(opcode, data, fin).serialize(mask=True)


@given(TEXTS)
def test_a_frame_of_ours_is_what_the_library_reads(text):
    client = Protocol(CLIENT, max_size=None)
    client.receive_data(wire.text_frame(text))
    [frame] = client.events_received()
    assert (frame.opcode, frame.fin, bytes(frame.data).decode()) == (Opcode.TEXT, True, text)


@given(TEXTS)
def test_a_frame_of_the_library_is_what_we_read(text):
    frame = masked(text.encode())
    assert wire.is_plain_text(frame)
    assert wire.frame_end(frame) == len(frame)
    assert wire.read_text(frame) == text


@given(st.binary(max_size=300), st.integers(0, 20))
def test_a_head_that_is_not_whole_says_nothing_and_a_whole_one_where_its_frame_ends(body, cut):
    frame = masked(body, Opcode.BINARY)
    end = wire.frame_end(frame[:cut])
    assert end in (0, len(frame))
    assert wire.frame_end(frame + b"more") == len(frame)


class Transport(asyncio.Transport):
    """Remembers what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False
        self.is_paused = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


class Line:
    """A protocol with a handshake behind it, whose texts are handed over."""

    def __init__(self, *, early: bytes = b"") -> None:
        self.heard: list[str] = []
        self.events: list[Any] = []

        async def application(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            self.is_short = scope["extensions"][EXTENSION].hand_over(self.heard.append)
            while not self.events or self.events[-1]["type"] != "websocket.disconnect":
                self.events.append(await receive())

        config = Config(application, ws_max_size=100_000, log_level="critical", ws_ping_interval=None)
        config.load()
        self.protocol = StationProtocol(config, ServerState(), {})
        self.transport = Transport()
        self.protocol.connection_made(self.transport)
        self.protocol.data_received(HEAD + early)

    async def feed(self, *chunks: bytes) -> None:
        for chunk in chunks:
            self.protocol.data_received(chunk)
        for _ in range(5):
            await asyncio.sleep(0)

    async def end(self) -> None:
        self.protocol.connection_lost(None)
        await asyncio.gather(*self.protocol.tasks)


def conversation(scenario: Any, **options: Any) -> Line:
    async def run() -> Line:
        line = Line(**options)
        await line.feed()
        await scenario(line)
        await line.end()
        return line

    return asyncio.run(run())


@given(st.lists(TEXTS, max_size=4), st.lists(st.floats(0, 1), max_size=6))
def test_however_the_network_cuts_the_frames_the_same_texts_arrive(texts, cuts):
    stream = b"".join(masked(text.encode()) for text in texts)
    edges = [0, *sorted(int(cut * len(stream)) for cut in cuts), len(stream)]

    async def scenario(line: Line) -> None:
        await line.feed(*(stream[start:end] for start, end in pairwise(edges) if start < end))

    assert conversation(scenario).heard == texts


def test_pings_and_fragments_between_texts_are_the_librarys():
    async def scenario(line: Line) -> None:
        before = len(line.transport.written)
        await line.feed(masked(b"a"), masked(b"?", Opcode.PING), masked(b"b"))
        assert line.transport.written[before:] == Frame(Opcode.PONG, b"?").serialize(mask=False)
        await line.feed(masked(b"c", fin=False), masked(b"d", Opcode.CONT))

    line = conversation(scenario)
    assert line.heard == ["a", "b"]
    assert {"type": "websocket.receive", "text": "cd"} in line.events


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (masked(b"\xff"), 1007),
        (Frame(Opcode.TEXT, b"not masked").serialize(mask=False), 1002),
        (masked(b"a", fin=False) + masked(b"b"), 1002),
        (masked(b"x" * 100_001), 1009),
    ],
    ids=["not UTF-8", "not masked", "a text amid fragments", "too long"],
)
def test_what_breaks_the_rules_closes_the_line_with_the_right_code(frames, code):
    async def scenario(line: Line) -> None:
        await line.feed(frames)

    line = conversation(scenario)
    assert line.heard == []
    assert line.transport.is_closed
    assert code.to_bytes(2) in line.transport.written


def test_who_speaks_before_our_answer_is_heard_the_long_way():
    async def scenario(line: Line) -> None:
        await line.feed(masked(b"b"))

    line = conversation(scenario, early=masked(b"a"))
    assert not line.is_short
    assert [event.get("text") for event in line.events if event["type"] == "websocket.receive"] == ["a", "b"]


def test_reading_stops_while_the_application_is_busy_or_the_station_does_not_read():
    async def scenario(line: Line) -> None:
        line.protocol.hold(True)
        assert line.transport.is_paused
        line.protocol.pause_writing()
        line.protocol.hold(False)
        assert line.transport.is_paused
        line.protocol.resume_writing()
        assert not line.transport.is_paused

    conversation(scenario)

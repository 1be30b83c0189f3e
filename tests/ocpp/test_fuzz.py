"""Broken frames over a real socket: each is answered as the specification says, and the socket lives.

And nothing of them stays in memory. What is proved, version by version: in the second half of a run
neither Python's objects nor the bytes in use of C's allocator grow with the frames; each is held to
less than one object, or a few bytes, for every twenty frames, where a leak would keep one for each
or each of some kind (a planted one is noticed). The first half is for what is filled once:
`orjson` remembers 2,048 names of members, validators and patterns are compiled, threads get going.

Resident memory alone proves nothing: glibc gives every thread an arena of its own, which grows by
steps of megabytes when two bursts meet and is not given back while anything lies at its end. Seen:
15 MB more in one step while the bytes in use stayed the same within 15 kB. It is held to a bound all
the same, for memory that neither count sees.

The whole proofs: `./forecourt test tests/ocpp/test_fuzz.py -m slow -n0`: 100,000 frames for each version
over a socket (about two minutes each), and 400,000 without one (half a minute).
"""

from __future__ import annotations

import itertools
import json
import time

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from ocpp_bridge import desks
from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.exchange import Exchange
from stations.models import ChargingStation
from tests.ocpp.doors import basic, uvicorn_door
from tests.ocpp.fuzzing import Broken, Fuzzer, good
from tests.ocpp.holding import Held, held
from tests.ocpp.talk import VERSIONS, call, make_exchange, reply_of

pytestmark = pytest.mark.django_db(transaction=True)
SHARE = 1_500
WHOLE = 100_000
HEARD = 40_000
LONG = 400_000
AT_ONCE = 50
FLUSHED_S = 2.5
SEED = 20_261_123
FRAMES_FOR_A_BLOCK = 20
BYTES_FOR_A_FRAME = 5
RESIDENT_KB = 32 * 1024


def is_kept(grown: Held, frames: int) -> bool:
    """Whether what grew over so many frames is too much for nothing to be kept of them."""
    return (
        grown.blocks > frames / FRAMES_FOR_A_BLOCK
        or grown.malloc_bytes > frames * BYTES_FOR_A_FRAME
        or grown.resident_kb > RESIDENT_KB
    )


def judge(sent: Broken, answers: list) -> str:
    """What is wrong with the answers to one frame; empty when nothing is."""
    if sent.expected is None:
        return "" if not answers else f"{sent.what}: {sent.text[:200]!r} got {answers}"
    message_id, codes = sent.expected
    is_right = (
        len(answers) == 1
        and answers[0][:2] == [4, message_id]
        and answers[0][2] in codes
        and answers[0][4] == {}
        and len(answers[0][3]) <= 255
    )
    return "" if is_right else f"{sent.what}: {sent.text[:200]!r} got {answers}, expected {sent.expected}"


def talk(line, frames: list[Broken], version: str, round_no: int) -> list[str]:
    """Say them all at once, each followed by a good one, so that silence can be told from slowness."""
    for number, frame in enumerate(frames):
        line.send(frame.text.encode("utf-8", "replace").decode())
        line.send(good(version, f"g{round_no}-{number}"))
    complaints = []
    for number, frame in enumerate(frames):
        answers, last = [], f"g{round_no}-{number}"
        while (answer := json.loads(line.recv(30)))[:2] != [3, last]:
            answers.append(answer)
        complaints.append(judge(frame, answers))
    return [complaint for complaint in complaints if complaint]


def fuzz(port: int, password: str, version: str, count: int) -> Held:
    """What this process (the bridge runs in a thread of it) holds more after the second half."""
    maker, halves = Fuzzer(version, SEED), []
    with connect(
        f"ws://127.0.0.1:{port}/ocpp/CP-1",
        subprotocols=[Subprotocol(BY_VERSION[version].subprotocol)],
        additional_headers=basic("CP-1", password),
        compression=None,
    ) as line:
        for half in range(2):
            for round_no in range(count // AT_ONCE // 2):
                frames = [maker.frame() for _ in range(AT_ONCE)]
                assert talk(line, frames, version, half * count + round_no) == []
            time.sleep(FLUSHED_S)  # the journal is written
            halves.append(held())
    assert ChargingStation.objects.get().connection_no == 1
    return halves[1] - halves[0]


def hear(exchange: Exchange, maker: Fuzzer, count: int) -> None:
    for _ in range(count):
        heard = exchange.hear(maker.frame().text.encode("utf-8", "replace").decode())
        reply_of(heard)


def grown_by_hearing(exchange: Exchange, version: str, count: int) -> Held:
    maker = Fuzzer(version, SEED)
    hear(exchange, maker, count // 2)
    half = held()
    hear(exchange, maker, count // 2)
    return held() - half


@pytest.mark.parametrize("version", VERSIONS)
def test_broken_frames_are_answered_as_specified_and_the_socket_lives(network, station, version):
    with uvicorn_door() as port:
        fuzz(port, network.passwords["CP-1"], version, SHARE)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_kept_of_a_hundred_thousand_broken_frames(network, station, version):
    with uvicorn_door() as port:
        grown = fuzz(port, network.passwords["CP-1"], version, WHOLE)
    assert not is_kept(grown, WHOLE // 2), grown


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_kept_of_what_is_heard(version):
    grown = grown_by_hearing(make_exchange(version), version, HEARD)
    assert not is_kept(grown, HEARD // 2), grown


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_kept_of_four_hundred_thousand_frames(version):
    grown = grown_by_hearing(make_exchange(version), version, LONG)
    assert not is_kept(grown, LONG // 20), grown  # ten times stricter: everything is filled long since


def test_one_frame_kept_in_forty_would_be_noticed():
    exchange, kept = make_exchange("2.0.1"), []
    turns = itertools.cycle(range(40))
    exchange.note = lambda entry: kept.append(entry) if next(turns) == 0 else None
    assert is_kept(grown_by_hearing(exchange, "2.0.1", HEARD), HEARD // 2)


def test_what_a_station_makes_up_is_not_kept_in_memory():
    """Actions are looked up, never remembered: a name may be half a megabyte long."""
    exchange = make_exchange("2.0.1")
    known = len(desks._desks)
    for number in range(50):
        assert reply_of(exchange.hear(call(f"Made{number}Up", {})))[2] == "NotImplemented"
    assert len(desks._desks) == known

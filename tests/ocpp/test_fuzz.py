"""Broken frames over a real socket: each is answered as the specification says, and the socket lives.

The whole proof, 100,000 frames for each version (about two minutes each):
`./forecourt test tests/ocpp/test_fuzz.py -m slow -n0`.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from ocpp_bridge import desks
from ocpp_bridge.dialects import BY_VERSION
from stations.models import ChargingStation
from tests.ocpp.doors import basic, uvicorn_door
from tests.ocpp.fuzzing import Broken, Fuzzer, good
from tests.ocpp.talk import VERSIONS, call, make_exchange, reply_of

pytestmark = pytest.mark.django_db(transaction=True)
SHARE = 1_500
WHOLE = 100_000
AT_ONCE = 50
PARTS = 6
ALLOWED_GROWTH_KB = 4 * 1024
"""From one sixth of the run to the next. A leak grows in each of them; an allocator takes one large step."""
FLUSHED_S = 2.5


def memory_kb() -> int:
    """What this process (the bridge runs in a thread of it) holds, once the journal is written."""
    time.sleep(FLUSHED_S)
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # only glibc can
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


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


def fuzz(port: int, password: str, version: str, count: int) -> None:
    subprotocol = BY_VERSION[version].subprotocol
    maker = Fuzzer(version, seed=20_261_123)
    held_kb: list[int] = []
    with connect(
        f"ws://127.0.0.1:{port}/ocpp/CP-1",
        subprotocols=[Subprotocol(subprotocol)],
        additional_headers=basic("CP-1", password),
        compression=None,
    ) as line:
        for round_no in range(count // AT_ONCE):
            assert talk(line, [maker.frame() for _ in range(AT_ONCE)], version, round_no) == []
            if round_no % (count // AT_ONCE // PARTS) == count // AT_ONCE // PARTS - 1:
                held_kb.append(memory_kb())
    grown_kb = [later - earlier for earlier, later in pairwise(held_kb)]
    assert median(grown_kb) < ALLOWED_GROWTH_KB, f"grown by {grown_kb} kB in {count} frames"
    assert ChargingStation.objects.get().connection_no == 1


@pytest.mark.parametrize("version", VERSIONS)
def test_broken_frames_are_answered_as_specified_and_the_socket_lives(network, station, version):
    with uvicorn_door() as port:
        fuzz(port, network.passwords["CP-1"], version, SHARE)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_a_hundred_thousand_broken_frames(network, station, version):
    with uvicorn_door() as port:
        fuzz(port, network.passwords["CP-1"], version, WHOLE)


def test_what_a_station_makes_up_is_not_kept_in_memory():
    """Actions are looked up, never remembered: a name may be half a megabyte long."""
    exchange = make_exchange("2.0.1")
    known = len(desks._desks)
    for number in range(50):
        assert reply_of(exchange.hear(call(f"Made{number}Up", {})))[2] == "NotImplemented"
    assert len(desks._desks) == known

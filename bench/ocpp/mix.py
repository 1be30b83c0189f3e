"""What a charger says all day, in OCPP 1.6: the same bytes for every server under measurement. Pure.

A session: Preparing, Authorize, StartTransaction, Charging, then meter values with six measurands and
heartbeats, SuspendedEV, Finishing, StopTransaction, Available. Of 30 messages 16 are meter values,
6 heartbeats, 5 statuses, one each authorize, start and stop; a boot and two statuses open a connection.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeAlias

POWER_W: Final = 11_000
JOULES_PER_WH: Final = 3_600
METER_VALUES_PER_SESSION: Final = 16
METER_VALUES_PER_HEARTBEAT: Final = 3
MOST_STEPS: Final = 80
"""The state of charge rises from 20 percent, and not beyond 100."""

Answer: TypeAlias = dict[str, Any]
Spoken: TypeAlias = tuple[bytes, bytes]
"""An action and its payload, encoded."""
Story: TypeAlias = Generator[Spoken, Answer, None]


class WrongAnswer(Exception):
    """The server answered, but not what a charger needs."""


@dataclass(frozen=True)
class Charger:
    """Where a story plays. `clock` gives unix seconds.

    The first session has a length of its own, so that many stations are not all in the same phase.
    """

    tag: str
    meter_wh: int
    clock: Callable[[], float]
    meter_values: int = METER_VALUES_PER_SESSION
    first_meter_values: int = METER_VALUES_PER_SESSION


BOOT: Final = (
    b"BootNotification",
    b'{"chargePointVendor":"Bench","chargePointModel":"Closed Loop","firmwareVersion":"1.0.0"}',
)
HEARTBEAT: Final = (b"Heartbeat", b"{}")


def day(charger: Charger) -> Story:
    """Calls without end; each is sent its answer. Raises WrongAnswer."""
    yield from opening(charger, (0, 1))
    meter_wh = yield from _session(charger, charger.meter_wh, charger.first_meter_values)
    while True:
        meter_wh = yield from _session(charger, meter_wh, charger.meter_values)


def opening(charger: Charger, connectors: Sequence[int]) -> Generator[Spoken, Answer, None]:
    """What a station says when it comes: its boot, and the status of each connector (0: of itself)."""
    need((yield BOOT)["status"] == "Accepted", "the boot was not accepted")
    for connector in connectors:
        yield _status(charger, connector, b"Available")


def _session(charger: Charger, meter_wh: int, length: int) -> Generator[Spoken, Answer, int]:
    """One charge; returns the meter at its end."""
    begun_at, number = yield from _beginning(charger, meter_wh)
    for count in range(length):
        yield b"MeterValues", _meter_values(charger, number, meter_now(charger, meter_wh, begun_at), count)
        if count % METER_VALUES_PER_HEARTBEAT == 0:
            yield HEARTBEAT
    yield _status(charger, 1, b"SuspendedEV")
    yield _status(charger, 1, b"Finishing")
    meter_wh = meter_now(charger, meter_wh, begun_at)
    yield b"StopTransaction", _stop(charger, number, meter_wh)
    yield _status(charger, 1, b"Available")
    return meter_wh


def _beginning(charger: Charger, meter_wh: int) -> Generator[Spoken, Answer, tuple[float, int]]:
    """From plugging in until energy flows; returns when it began and the transaction's number."""
    yield _status(charger, 1, b"Preparing")
    allowed = yield b"Authorize", b'{"idTag":"%s"}' % charger.tag.encode()
    need(allowed["idTagInfo"]["status"] == "Accepted", "the tag was not accepted")
    begun_at = charger.clock()
    started = yield b"StartTransaction", _start(charger, meter_wh, begun_at)
    need(started["idTagInfo"]["status"] == "Accepted", "the start was not accepted")
    need(started["transactionId"] > 0, "the transaction has no number")
    yield _status(charger, 1, b"Charging")
    return begun_at, started["transactionId"]


def charging(charger: Charger) -> Story:
    """A charge that begins and goes on for ever, a reading at a time."""
    begun_at, number = yield from _beginning(charger, charger.meter_wh)
    for count in itertools.count():
        meter_wh = meter_now(charger, charger.meter_wh, begun_at)
        yield b"MeterValues", _meter_values(charger, number, meter_wh, count % MOST_STEPS)


def need(true: bool, complaint: str) -> None:
    if not true:
        raise WrongAnswer(complaint)


def meter_now(charger: Charger, meter_start_wh: int, begun_at: float) -> int:
    return meter_start_wh + int((charger.clock() - begun_at) * POWER_W / JOULES_PER_WH)


@lru_cache(maxsize=64)
def stamp(milliseconds: int) -> bytes:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


def now(charger: Charger) -> bytes:
    return stamp(int(charger.clock() * 1000))


def _status(charger: Charger, connector: int, status: bytes) -> Spoken:
    payload = b'{"connectorId":%d,"errorCode":"NoError","status":"%s","timestamp":"%s"}'
    return b"StatusNotification", payload % (connector, status, now(charger))


def _start(charger: Charger, meter_wh: int, begun_at: float) -> bytes:
    payload = b'{"connectorId":1,"idTag":"%s","meterStart":%d,"timestamp":"%s"}'
    return payload % (charger.tag.encode(), meter_wh, stamp(int(begun_at * 1000)))


def _stop(charger: Charger, number: int, meter_wh: int) -> bytes:
    payload = b'{"transactionId":%d,"idTag":"%s","meterStop":%d,"timestamp":"%s","reason":"Local"}'
    return payload % (number, charger.tag.encode(), meter_wh, now(charger))


METER_VALUES: Final = (
    b'{"connectorId":1,"transactionId":%d,"meterValue":[{"timestamp":"%s","sampledValue":['
    b'{"value":"%d","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register",'
    b'"location":"Outlet","unit":"Wh"},'
    b'{"value":"%d","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"},'
    b'{"value":"15.9","context":"Sample.Periodic","measurand":"Current.Import","unit":"A"},'
    b'{"value":"230.4","context":"Sample.Periodic","measurand":"Voltage","unit":"V"},'
    b'{"value":"%d","context":"Sample.Periodic","measurand":"SoC","location":"EV","unit":"Percent"},'
    b'{"value":"11040","context":"Sample.Periodic","measurand":"Power.Offered","unit":"W"}]}]}'
)


def _meter_values(charger: Charger, number: int, meter_wh: int, count: int) -> bytes:
    return METER_VALUES % (number, now(charger), meter_wh, POWER_W - 7 * count, 20 + count)

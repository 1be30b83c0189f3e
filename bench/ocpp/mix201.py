"""The same day in OCPP 2.0.1 (and 2.1, where nothing of it differs). Pure.

What 1.6 says as the statuses Charging, SuspendedEV and Finishing, 2.0.1 says as changes of the
charging state (E02, E06). So of 30 messages 16 are transaction events with six samples, 6
heartbeats, 3 changes of the charging state, 2 statuses, one each authorize, start and end.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bench.ocpp.mix import (
    HEARTBEAT,
    METER_VALUES_PER_HEARTBEAT,
    MOST_STEPS,
    POWER_W,
    Answer,
    Charger,
    Spoken,
    Story,
    meter_now,
    need,
    now,
)

BOOT: Final = (
    b"BootNotification",
    b'{"reason":"PowerUp","chargingStation":'
    b'{"vendorName":"Bench","model":"Closed Loop","firmwareVersion":"1.0.0"}}',
)


@dataclass(frozen=True)
class Transaction:
    """One charge: its id, the meter where it began, and the numbers of its events."""

    id: bytes
    meter_wh: int
    begun_at: float
    numbers: Iterator[int]


def day(charger: Charger) -> Story:
    """Calls without end; each is sent its answer. Raises WrongAnswer."""
    yield from opening(charger, (1, 1))
    meter_wh = yield from _session(charger, charger.meter_wh, charger.first_meter_values)
    while True:
        meter_wh = yield from _session(charger, meter_wh, charger.meter_values)


def opening(charger: Charger, evses: Sequence[int]) -> Generator[Spoken, Answer, None]:
    """What a station says when it comes: its boot, and the status of each EVSE's connector."""
    need((yield BOOT)["status"] == "Accepted", "the boot was not accepted")
    for evse in evses:
        yield _status(charger, evse, b"Available")


def charging(charger: Charger) -> Story:
    """A charge that begins and goes on for ever, a reading at a time."""
    transaction = yield from _beginning(charger, charger.meter_wh)
    for count in itertools.count():
        yield _measured(charger, transaction, count % MOST_STEPS)


def _session(charger: Charger, meter_wh: int, length: int) -> Generator[Spoken, Answer, int]:
    """One charge; returns the meter at its end."""
    transaction = yield from _beginning(charger, meter_wh)
    for count in range(length):
        yield _measured(charger, transaction, count)
        if count % METER_VALUES_PER_HEARTBEAT == 0:
            yield HEARTBEAT
    yield _changed(charger, transaction, b"SuspendedEV")
    yield _changed(charger, transaction, b"EVConnected")
    meter_wh = meter_now(charger, meter_wh, transaction.begun_at)
    yield _ended(charger, transaction, meter_wh)
    yield _status(charger, 1, b"Available")
    return meter_wh


def _beginning(charger: Charger, meter_wh: int) -> Generator[Spoken, Answer, Transaction]:
    """From plugging in until energy flows."""
    yield _status(charger, 1, b"Occupied")
    allowed = yield b"Authorize", b'{"idToken":%s}' % _token(charger)
    need(allowed["idTokenInfo"]["status"] == "Accepted", "the token was not accepted")
    begun_at = charger.clock()
    name = b"%s-%x" % (charger.tag.encode(), int(begun_at * 1000))
    transaction = Transaction(name, meter_wh, begun_at, itertools.count())
    started = yield _started(charger, transaction)
    need(started["idTokenInfo"]["status"] == "Accepted", "the start was not accepted")
    yield _changed(charger, transaction, b"Charging")
    return transaction


def _token(charger: Charger) -> bytes:
    return b'{"idToken":"%s","type":"ISO14443"}' % charger.tag.encode()


def _status(charger: Charger, evse: int, status: bytes) -> Spoken:
    payload = b'{"timestamp":"%s","connectorStatus":"%s","evseId":%d,"connectorId":1}'
    return b"StatusNotification", payload % (now(charger), status, evse)


EVENT: Final = (
    b'{"eventType":"%s","timestamp":"%s","triggerReason":"%s","seqNo":%d,'
    b'"transactionInfo":{"transactionId":"%s"%s},"evse":{"id":1,"connectorId":1}%s}'
)
REGISTER: Final = (
    b'"meterValue":[{"timestamp":"%s","sampledValue":[{"value":%d,"context":"%s",'
    b'"measurand":"Energy.Active.Import.Register","location":"Outlet","unitOfMeasure":{"unit":"Wh"}}]}]'
)
SIX_SAMPLES: Final = (
    b'"meterValue":[{"timestamp":"%s","sampledValue":['
    b'{"value":%d,"context":"Sample.Periodic","measurand":"Energy.Active.Import.Register",'
    b'"location":"Outlet","unitOfMeasure":{"unit":"Wh"}},'
    b'{"value":%d,"context":"Sample.Periodic","measurand":"Power.Active.Import","unitOfMeasure":{"unit":"W"}},'
    b'{"value":15.9,"context":"Sample.Periodic","measurand":"Current.Import","unitOfMeasure":{"unit":"A"}},'
    b'{"value":230.4,"context":"Sample.Periodic","measurand":"Voltage","unitOfMeasure":{"unit":"V"}},'
    b'{"value":%d,"context":"Sample.Periodic","measurand":"SoC","location":"EV",'
    b'"unitOfMeasure":{"unit":"Percent"}},'
    b'{"value":11040,"context":"Sample.Periodic","measurand":"Power.Offered","unitOfMeasure":{"unit":"W"}}]}]'
)


def _event(
    charger: Charger, of: Transaction, kind: bytes, trigger: bytes, info: bytes = b"", more: bytes = b""
) -> Spoken:
    """`info` is added to the transaction, `more` to the event; each begins with a comma or is empty."""
    return b"TransactionEvent", EVENT % (kind, now(charger), trigger, next(of.numbers), of.id, info, more)


def _started(charger: Charger, of: Transaction) -> Spoken:
    more = b',"idToken":%s,%s' % (_token(charger), _register(charger, of.meter_wh, b"Transaction.Begin"))
    return _event(charger, of, b"Started", b"Authorized", b',"chargingState":"EVConnected"', more)


def _changed(charger: Charger, of: Transaction, state: bytes) -> Spoken:
    return _event(charger, of, b"Updated", b"ChargingStateChanged", b',"chargingState":"%s"' % state)


def _measured(charger: Charger, of: Transaction, count: int) -> Spoken:
    meter_wh = meter_now(charger, of.meter_wh, of.begun_at)
    samples = SIX_SAMPLES % (now(charger), meter_wh, POWER_W - 7 * count, 20 + count)
    return _event(charger, of, b"Updated", b"MeterValuePeriodic", more=b"," + samples)


def _ended(charger: Charger, of: Transaction, meter_wh: int) -> Spoken:
    more = b"," + _register(charger, meter_wh, b"Transaction.End")
    return _event(charger, of, b"Ended", b"EVDeparted", b',"stoppedReason":"EVDisconnected"', more)


def _register(charger: Charger, meter_wh: int, context: bytes) -> bytes:
    return REGISTER % (now(charger), meter_wh, context)

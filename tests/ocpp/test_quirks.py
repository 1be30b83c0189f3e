"""Each known deviation of stations: the frame as it was heard, what becomes of it, and that it is counted."""

from __future__ import annotations

import pytest

from ocpp_bridge import quirks
from ocpp_bridge.exchange import Job
from stations.facts import ReadingTaken, SessionFinished, StationBooted, StatusReported
from tests.ocpp.talk import call, make_exchange, reply_of

AT = "2026-03-01T10:00:00Z"


def metered(**sample) -> dict:
    """A 1.6 MeterValues with one odd sample."""
    return {"connectorId": 1, "meterValue": [{"timestamp": AT, "sampledValue": [sample]}]}


def metered_2(**sample) -> dict:
    return {"evseId": 1, "meterValue": [{"timestamp": AT, "sampledValue": [sample]}]}


STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
BOOT = {"chargePointVendor": "Wallwerk", "chargePointModel": "Duo"}
STOP = {"transactionId": 81, "meterStop": 1500, "timestamp": AT}
SIGNED = {
    "signedMeterData": "A" * 4000,
    "signingMethod": "",
    "encodingMethod": "OCMF",
    "publicKey": "04" * 60,
}

HEARD = [
    ("empty_member", "1.6", "StatusNotification", {**STATUS, "info": None}, StatusReported, {"info": ""}),
    ("empty_member", "1.6", "BootNotification", {**BOOT, "iccid": None}, StationBooted, {"model": "Duo"}),
    (
        "empty_member",
        "1.6",
        "StopTransaction",
        {**STOP, "reason": None},
        SessionFinished,
        {"number": 81},
    ),
    (
        "number_as_text",
        "1.6",
        "StopTransaction",
        {**STOP, "meterStop": "1500.0"},
        SessionFinished,
        {"meter_end_wh": 1500},
    ),
    ("sample_value_type", "1.6", "MeterValues", metered(value=1500), ReadingTaken, {"energy_wh": 1500}),
    ("sample_value_type", "2.0.1", "MeterValues", metered_2(value="1500"), ReadingTaken, {"energy_wh": 1500}),
    ("sample_value_type", "2.1", "MeterValues", metered_2(value="1500"), ReadingTaken, {"energy_wh": 1500}),
    (
        "vendor_sample",
        "1.6",
        "MeterValues",
        metered(value="7", measurand="Door.Angle"),
        ReadingTaken,
        {"energy_wh": None},
    ),
    (
        "vendor_reason",
        "1.6",
        "StopTransaction",
        {**STOP, "reason": "CardRemoved"},
        SessionFinished,
        {"reason": "CardRemoved"},
    ),
    (
        "vendor_reason",
        "1.6",
        "StatusNotification",
        {**STATUS, "errorCode": "RCD_Trip"},
        StatusReported,
        {"error_code": "RCD_Trip"},
    ),
    (
        "long_text",
        "1.6",
        "StatusNotification",
        {**STATUS, "info": "x" * 80},
        StatusReported,
        {"info": "x" * 50},
    ),
    (
        "long_signature",
        "2.0.1",
        "MeterValues",
        metered_2(value=1500, signedMeterValue=SIGNED),
        ReadingTaken,
        {"energy_wh": 1500},
    ),
    (
        "long_label",
        "1.6",
        "BootNotification",
        {**BOOT, "chargePointSerialNumber": "S" * 30},
        StationBooted,
        {"serial": "S" * 30},
    ),
    (
        "long_label",
        "2.0.1",
        "BootNotification",
        {"reason": "PowerUp", "chargingStation": {"vendorName": "W", "model": "D", "serialNumber": "S" * 30}},
        StationBooted,
        {"serial": "S" * 30},
    ),
    ("data_not_text", "1.6", "DataTransfer", {"vendorId": "com.example", "data": {"a": 1}}, None, {}),
    (
        "unknown_member",
        "1.6",
        "StatusNotification",
        {**STATUS, "mood": "fine"},
        StatusReported,
        {"status": "available"},
    ),
]


@pytest.mark.parametrize(
    ("name", "version", "action", "payload", "fact", "told"),
    HEARD,
    ids=[f"{case[0]}-{case[1]}-{case[2]}" for case in HEARD],
)
def test_a_known_deviation_is_understood_and_counted(name, version, action, payload, fact, told):
    quirks.seen.clear()
    job = make_exchange(version).hear(call(action, payload))
    assert isinstance(job, Job)
    assert job.stray == ""
    assert set(quirks.seen) == {(1, name)}
    expected = [] if fact is None else [told]
    found = [
        {member: getattr(said, member) for member in told}
        for said in job.report.facts
        if getattr(said, "context", "") in ("", "periodic")
    ]
    assert found == expected
    assert all(isinstance(said, fact) for said in job.report.facts)
    assert reply_of(job)[0] == 3


def test_every_quirk_has_a_frame_that_was_heard():
    assert {case[0] for case in HEARD} == {quirk.name for quirk in quirks.QUIRKS}


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("BootNotification", {**BOOT, "chargePointModel": None}),
        ("BootNotification", {**BOOT, "chargePointVendor": "V" * 21}),
        ("DataTransfer", {"vendorId": "com.example", "messageId": 7}),
        ("Authorize", {"idTag": "X" * 21}),
    ],
)
def test_what_no_quirk_names_stays_refused(action, payload):
    quirks.seen.clear()
    assert reply_of(make_exchange("1.6").hear(call(action, payload)))[0] == 4

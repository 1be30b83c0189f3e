"""Action by version: what the schema says is right is handled, what it says is wrong is refused."""

from __future__ import annotations

import pytest

from ocpp_bridge import schemas
from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.exchange import Job
from tests.ocpp.samples import fullest, smallest, wrongs
from tests.ocpp.talk import VERSIONS, call, make_exchange, reply_of

HANDLED = [(version, action) for version in VERSIONS for action in sorted(BY_VERSION[version].inbound)]
KNOWN = [(version, action) for version in VERSIONS for action in sorted(schemas.known_actions(version))]
MENDED = {"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent", "StatusNotification"}

HANDLED_16 = {
    "Authorize",
    "BootNotification",
    "DataTransfer",
    "DiagnosticsStatusNotification",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "SecurityEventNotification",
    "SignedFirmwareStatusNotification",
    "StartTransaction",
    "StatusNotification",
    "StopTransaction",
}
HANDLED_201 = {
    "Authorize",
    "BootNotification",
    "DataTransfer",
    "FirmwareStatusNotification",
    "Heartbeat",
    "LogStatusNotification",
    "MeterValues",
    "NotifyReport",
    "ReservationStatusUpdate",
    "SecurityEventNotification",
    "StatusNotification",
    "TransactionEvent",
}


def test_the_table_of_handled_actions_is_complete():
    assert set(BY_VERSION["1.6"].inbound) == HANDLED_16
    assert set(BY_VERSION["2.0.1"].inbound) == HANDLED_201


@pytest.mark.parametrize(("version", "action"), HANDLED)
@pytest.mark.parametrize("make", [smallest, fullest])
def test_a_right_payload_is_answered_as_its_schema_demands(version, action, make):
    kind, message_id, payload = reply_of(
        make_exchange(version).hear(call(action, make(version, action), "id-1"))
    )
    assert (kind, message_id) == (3, "id-1")
    assert schemas.problems(schemas.response(version, action), payload) == []


@pytest.mark.parametrize(
    ("version", "action"), [pair for pair in HANDLED if pair[1] not in MENDED], ids="-".join
)
def test_each_wrong_payload_is_refused_with_the_code_for_it(version, action):
    grammar = BY_VERSION[version].grammar
    for wrong in wrongs(version, action):
        answer = reply_of(make_exchange(version).hear(call(action, wrong.payload)))
        assert answer[0] == 4, wrong.what
        assert answer[2] == grammar.word(wrong.code), wrong.what


NAMING = {
    ("1.6", "StartTransaction"): {"connectorId"},
    ("1.6", "StopTransaction"): {"transactionId"},
    ("1.6", "MeterValues"): {"connectorId", "transactionId"},
    ("2.0.1", "MeterValues"): {"evseId"},
    ("2.0.1", "TransactionEvent"): {"transactionInfo", "eventType"},
}


@pytest.mark.parametrize(("version", "action"), list(NAMING))
def test_a_wrong_transaction_message_is_refused_only_when_it_names_nothing(version, action):
    for wrong in wrongs(version, action):
        heard = make_exchange(version).hear(call(action, wrong.payload))
        answer = reply_of(heard)
        if isinstance(heard, Job):
            assert answer[0] == 3, wrong.what
        else:
            assert answer[0] == 4
            assert wrong.what.partition(" ")[0] in NAMING[version, action], wrong.what


@pytest.mark.parametrize(("version", "action"), KNOWN)
def test_a_known_action_without_a_handler_is_not_supported(version, action):
    if action in BY_VERSION[version].inbound:
        return
    assert reply_of(make_exchange(version).hear(call(action, {})))[2] == "NotSupported"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_unknown_action_is_not_implemented(version):
    assert reply_of(make_exchange(version).hear(call("MakeCoffee", {})))[2] == "NotImplemented"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_error_names_members_and_never_repeats_values(version):
    secret = "do-not-echo-me-" * 40
    payload = {"idTag": secret} if version == "1.6" else {"idToken": {"idToken": secret, "type": secret}}
    answer = reply_of(make_exchange(version).hear(call("Authorize", payload)))
    assert answer[0] == 4
    assert "do-not-echo-me" not in str(answer)


# --- the gate before acceptance ---------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("registration", ["pending", "rejected"])
def test_before_acceptance_only_boot_is_heard(version, registration):
    exchange = make_exchange(version, registration)
    refused = reply_of(exchange.hear(call("Heartbeat", {})))
    assert (refused[0], refused[2]) == (4, "SecurityError")
    booted = exchange.hear(call("BootNotification", smallest(version, "BootNotification")))
    assert isinstance(booted, Job)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_accepted_boot_opens_the_gate(version):
    exchange = make_exchange(version, "pending")
    reply_of(exchange.hear(call("BootNotification", smallest(version, "BootNotification"))))
    assert reply_of(exchange.hear(call("Heartbeat", {})))[0] == 3


@pytest.mark.parametrize(("registration", "word"), [("accepted", "Accepted"), ("pending", "Pending")])
def test_the_boot_answer_tells_the_registration(registration, word):
    from stations.facts import Recorded

    job = make_exchange("1.6", registration).hear(
        call("BootNotification", smallest("1.6", "BootNotification"))
    )
    job.settle(Recorded((registration,)))
    assert f'"status":"{word}"' in job.reply

"""Action by version: what the schema says is right is handled, what it says is wrong is refused."""

from __future__ import annotations

import pytest
from jsonschema.validators import validator_for  # type: ignore[import-untyped]

from ocpp_bridge import quirks, schemas
from ocpp_bridge.dialects import BY_VERSION
from ocpp_bridge.exchange import Job
from tests.ocpp.generating import generated, spoiled
from tests.ocpp.samples import Wrong, document, fullest, smallest, wrongs
from tests.ocpp.spec_messages import FROM_STATION, TO_STATION
from tests.ocpp.talk import VERSIONS, call, make_exchange, reply_of

UNANSWERED = {"NotifyPeriodicEventStream"}
"""Messages that no reply follows (2.1 part 4, SEND)."""

HANDLED = [
    (version, action)
    for version in VERSIONS
    for action in sorted(BY_VERSION[version].inbound)
    if action not in UNANSWERED
]
KNOWN = [(version, action) for version in VERSIONS for action in sorted(schemas.known_actions(version))]
MENDED = frozenset().union(*(quirk.actions for quirk in quirks.QUIRKS))
KEPT = {"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"}
SEEDS = range(12)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_message_that_a_station_may_send_is_handled_or_declined_with_a_reason(version):
    dialect = BY_VERSION[version]
    assert set(dialect.inbound) | set(dialect.sends) | set(dialect.declined) == FROM_STATION[version]
    assert not set(dialect.inbound) & set(dialect.declined)
    assert all(reason.strip() for reason in dialect.declined.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_the_specifications_lists_and_the_schemas_name_the_same_messages(version):
    listed = FROM_STATION[version] | TO_STATION[version]
    assert listed - UNANSWERED == schemas.known_actions(version)


# --- right payloads ---------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "action"), HANDLED)
@pytest.mark.parametrize("make", [smallest, fullest])
def test_a_right_payload_is_answered_as_its_schema_demands(version, action, make):
    kind, message_id, payload = reply_of(
        make_exchange(version).hear(call(action, make(version, action), "id-1"))
    )
    assert (kind, message_id) == (3, "id-1")
    assert schemas.problems(schemas.response(version, action), payload) == []


@pytest.mark.parametrize(("version", "action"), HANDLED)
def test_generated_payloads_that_the_schema_allows_are_answered_as_it_demands(version, action):
    for seed in SEEDS:
        payload = generated(version, action, seed)
        answer = reply_of(make_exchange(version).hear(call(action, payload)))
        assert answer[0] == 3, (payload, answer)
        assert schemas.problems(schemas.response(version, action), answer[2]) == [], payload


# --- wrong ones -------------------------------------------------------------------------------

REFUSED = [pair for pair in HANDLED if pair[1] not in KEPT]


def judged(version: str, action: str, wrong: Wrong) -> None:
    """Refused with the code for it, or let in by a named quirk."""
    quirks.seen.clear()
    answer = reply_of(make_exchange(version).hear(call(action, wrong.payload)))
    assert answer is not None
    if answer[0] == 3:
        assert action in MENDED, wrong
        assert quirks.seen, wrong
    else:
        assert answer[2] == BY_VERSION[version].grammar.word(wrong.code), wrong


@pytest.mark.parametrize(("version", "action"), HANDLED)
def test_generated_payloads_are_what_another_judge_says_they_are(version, action):
    root = document(version, action)
    judge = validator_for(root)(root)
    for seed in SEEDS:
        assert judge.is_valid(generated(version, action, seed))
        wrong = spoiled(version, action, seed)
        assert wrong is None or not judge.is_valid(wrong.payload), wrong


@pytest.mark.parametrize(("version", "action"), REFUSED)
def test_one_thing_wrong_at_any_depth_is_refused_with_the_code_for_it(version, action):
    for wrong in filter(None, (spoiled(version, action, seed) for seed in SEEDS)):
        judged(version, action, wrong)


@pytest.mark.parametrize(("version", "action"), REFUSED, ids="-".join)
def test_each_wrong_payload_is_refused_with_the_code_for_it(version, action):
    for wrong in wrongs(version, action):
        judged(version, action, wrong)


NAMING = {
    ("1.6", "StartTransaction"): {"connectorId"},
    ("1.6", "StopTransaction"): {"transactionId"},
    ("1.6", "MeterValues"): {"connectorId", "transactionId"},
    ("2.0.1", "MeterValues"): {"evseId"},
    ("2.0.1", "TransactionEvent"): {"transactionInfo", "eventType"},
    ("2.1", "MeterValues"): {"evseId"},
    ("2.1", "TransactionEvent"): {"transactionInfo", "eventType"},
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
    assert action in TO_STATION[version] or action in BY_VERSION[version].declined
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

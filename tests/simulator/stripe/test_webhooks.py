"""Signed webhooks, repeated until they are taken, lost or doubled or shuffled on request."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request

import pytest
import stripe

from tests.simulator.stripe.running import KEY, SECRET, StandIn, free_port, wait_until


def test_an_event_is_signed_and_tells_its_cause(api, hold, mailbox):
    intent = hold()
    wait_until(lambda: "payment_intent.amount_capturable_updated" in mailbox.types())
    headers, body = mailbox.received[-1]
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], SECRET)
    assert event.data.object.id in (intent.id, intent.latest_charge)
    assert event.api_version == stripe._api_version._ApiVersion.CURRENT
    assert event.request.id.startswith("req_")
    assert api.v1.events.retrieve(event.id).type == event.type


def test_a_forged_body_does_not_match_its_signature(api, hold, mailbox):
    hold()
    wait_until(lambda: mailbox.received)
    headers, body = mailbox.received[0]
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body.replace("5000", "1"), headers["Stripe-Signature"], SECRET)


def test_a_receiver_in_trouble_gets_it_again(api, mailbox):
    mailbox.answers = [500, 200]
    api.v1.customers.create({})
    wait_until(lambda: len(mailbox.received) >= 2)
    assert len({event["id"] for event in mailbox.events()}) == 1
    event_id = mailbox.events()[0]["id"]
    wait_until(lambda: api.v1.events.retrieve(event_id).pending_webhooks == 0)


def test_a_lost_webhook_can_still_be_fetched(stand_in, api, mailbox):
    stand_in.pull("faults", webhook_drop=1.0)
    api.v1.customers.create({})
    wait_until(lambda: api.v1.events.list().data[0].pending_webhooks == 0)
    assert mailbox.received == []


def test_what_is_on_its_way_during_a_reset_brings_nothing_back(stand_in, api, mailbox):
    mailbox.is_open.clear()
    api.v1.customers.create({})
    wait_until(lambda: mailbox.received)
    stand_in.pull("reset")
    mailbox.is_open.set()
    api.v1.customers.create({})
    wait_until(lambda: [event.pending_webhooks for event in api.v1.events.list().data] == [0])
    assert len(mailbox.received) == 2


def test_a_doubled_webhook_comes_twice_with_one_id(stand_in, api, mailbox):
    stand_in.pull("faults", webhook_duplicate=1.0)
    api.v1.customers.create({})
    wait_until(lambda: len(mailbox.received) == 2)
    assert len({event["id"] for event in mailbox.events()}) == 1


def test_shuffled_webhooks_come_out_of_order_and_all(stand_in, api, mailbox):
    stand_in.pull("faults", webhook_shuffle=1.0, seed=3)
    made = [api.v1.customers.create({}).id for _ in range(8)]
    wait_until(lambda: len(mailbox.received) == 8)
    came = [event["data"]["object"]["id"] for event in mailbox.events()]
    assert sorted(came) == sorted(made)
    assert came != made


def started(port: int, *arguments: str) -> subprocess.Popen:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STRIPE")}
    command = [sys.executable, "-m", "simulator.stripe", "--port", str(port), *arguments]
    process = subprocess.Popen(command, env=clean)
    wait_until(lambda: healthy(port), 20)
    return process


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_health", timeout=1) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


def test_state_keys_and_undelivered_webhooks_survive_a_kill(tmp_path, mailbox):
    port, state = free_port(), str(tmp_path / "stripe.sqlite")
    arguments = ("--state", state, "--webhook-url", mailbox.url, "--webhook-secret", SECRET)
    mailbox.answers = [503]
    process = started(port, *arguments)
    api = StandIn(f"http://127.0.0.1:{port}").client()
    try:
        made = api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
        wait_until(lambda: mailbox.received)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    mailbox.received.clear()
    mailbox.answers = [200]
    process = started(port, *arguments)
    try:
        assert api.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"}).id == made.id
        assert [customer.id for customer in api.v1.customers.list().data] == [made.id]
        wait_until(lambda: mailbox.types() == ["customer.created"], 10)
    finally:
        process.terminate()
        process.wait()


def test_it_exits_beside_a_live_key():
    environ = {**os.environ, "STRIPE_SECRET_KEY": "sk_live_" + "x" * 20}
    command = [sys.executable, "-m", "simulator.stripe", "--port", str(free_port())]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert "live key" in done.stderr
    assert KEY not in done.stderr

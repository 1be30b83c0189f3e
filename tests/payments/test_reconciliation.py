"""Provider, books and payments are compared to the minor unit; what is planted is found and named."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.core.management import call_command

from core import clock
from payments.comparing import OurPayment, Statement, compare
from payments.models import Discrepancy, ReconciliationRun
from payments.providers.base import Intent, IntentStatus
from payments.selectors.reconciling import open_discrepancies
from payments.services.payments import look_again, request_hold
from payments.services.reconciliation import ask_due_reconciliations, ask_reconciliation, run_reconciliation
from payments.services.refunding import refund_payment
from tests.payments.reconciling import charged, earlier, kinds, plant, reconcile
from tests.payments.stories import Story, deliver
from tests.payments.test_refunds import pay

pytestmark = pytest.mark.django_db


# --- the planted set


def test_everything_that_was_planted_is_found_and_named_and_nothing_else(paid_story, stand_in):
    pay(paid_story)
    planted = plant(paid_story, stand_in.client())
    run = reconcile(paid_story)
    found = dict(open_discrepancies(paid_story.evse.organization).values_list("ref", "kind"))
    assert found == planted
    assert run.found == len(planted) == 7


def test_a_clean_set_gives_nothing_and_says_what_was_compared(paid_story, stand_in):
    for _ in range(3):
        payment = pay(paid_story, reported_start_at=earlier())
    refund_payment(payment=payment, amount_minor=300, reason="too slow")
    paid_story.held(charged(paid_story))
    run = reconcile(paid_story)
    assert (run.status, run.found, kinds(paid_story)) == ("done", 0, [])
    assert run.counts == {"payments": 4, "refunds": 1, "disputes": 0, "cards": 1, "movements": 4}
    assert run.sums == {"EUR": {"ours": 3000, "theirs": 3000, "books": 2580, "provider": 2580}}


# --- how it goes


def test_what_mends_itself_agrees_at_the_next_run(paid_story, stand_in):
    payment = paid_story.held()
    stand_in.client().v1.payment_intents.cancel(payment.provider_ref)
    reconcile(paid_story)
    look_again(payment_id=payment.pk)
    reconcile(paid_story)
    assert Discrepancy.objects.get().state == "agrees"


def test_two_runs_find_the_same_thing_once(paid_story, stand_in):
    payment = paid_story.held()
    stand_in.client().v1.payment_intents.cancel(payment.provider_ref)
    reconcile(paid_story)
    reconcile(paid_story)
    assert Discrepancy.objects.count() == 1


def test_what_changes_just_now_is_left_to_the_next_run(paid_story, stand_in):
    payment = paid_story.held()
    stand_in.client().v1.payment_intents.cancel(payment.provider_ref)
    run = run_reconciliation(run_id=ask_reconciliation(organization=payment.organization).pk)
    assert (run.found, run.counts["payments"]) == (0, 0)


def test_a_second_click_joins_the_run_that_is_under_way(paid_story):
    organization = paid_story.evse.organization
    first = ask_reconciliation(organization=organization)
    assert ask_reconciliation(organization=organization) == first


def test_the_day_asks_each_organization_once(paid_story, stand_in):
    Story()  # one that never collected
    paid_story.held()
    assert ask_due_reconciliations() == 1
    assert ask_due_reconciliations() == 0
    deliver()
    assert ReconciliationRun.objects.get().status == "done"


def test_a_provider_that_does_not_answer_is_asked_again_by_the_outbox(paid_story, stand_in):
    paid_story.held()
    ask_reconciliation(organization=paid_story.evse.organization)
    stand_in.pull("faults", error_before=1.0)
    deliver()
    run = ReconciliationRun.objects.get()
    assert run.status == "running"
    assert run.error
    stand_in.pull("faults")
    assert run_reconciliation(run_id=run.pk).status == "done"


def test_a_run_that_never_came_to_an_end_stands_in_nobodys_way(paid_story):
    organization = paid_story.evse.organization
    dead = ask_reconciliation(organization=organization)
    ReconciliationRun.objects.filter(pk=dead.pk).update(created_at=clock.now() - timedelta(hours=7))
    assert ask_reconciliation(organization=organization) != dead
    dead.refresh_from_db()
    assert dead.status == "failed"


def test_settling_by_hand_reconciles_too(paid_story, stand_in, capsys):
    pay(paid_story)
    call_command("settle_payments")
    assert "0 discrepancies in 0 payments" in capsys.readouterr().out


def test_another_network_sees_nothing_of_it(paid_story, stand_in):
    plant(paid_story, stand_in.client())
    other = Story()
    other.give_card("pm_card_visa")
    pay(other)
    reconcile(other)
    assert kinds(other) == []


# --- the comparison alone


def test_ten_thousand_payments_are_compared_in_a_breath():
    """Half of them know only by our id in it which intent is theirs."""
    payments, theirs = [], Statement()
    held = {"status": IntentStatus.HELD, "amount_minor": 1, "held_minor": 1, "received_minor": 0}
    for n in range(10_000):
        ref = f"pi_{n}" if n % 2 else ""
        payments.append(OurPayment(pk=n, payment_id=str(n), ref=ref, status="authorized", currency="EUR"))
        theirs.add(Intent(ref=f"pi_{n}", payment_id=str(n), currency="EUR", **held))
    begun = time.monotonic()
    assert compare(payments, theirs) == []
    assert time.monotonic() - begun < 1


def test_a_hold_asked_anew_is_no_discrepancy(paid_story, stand_in):
    request_hold(payment_id=paid_story.asked().pk)
    assert reconcile(paid_story).found == 0

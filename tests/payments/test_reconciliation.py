"""Provider, books and payments are compared to the minor unit; what is planted is found, named and mended."""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import count

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts.models import AuditEntry
from core import clock
from payments.comparing import OurPayment, Statement, compare
from payments.models import Discrepancy, Dispute, Payment, PaymentMethod, ReconciliationRun, Refund
from payments.providers.base import Intent, IntentStatus
from payments.selectors.reconciling import open_discrepancies
from payments.services.billing import bill_session
from payments.services.ledger import post, post_capture
from payments.services.mending import mend
from payments.services.payments import capture_payment, look_again, request_hold
from payments.services.reconciliation import ask_due_reconciliations, ask_reconciliation, run_reconciliation
from payments.services.refunding import refund_payment
from tests.factories import MembershipFactory, UserFactory
from tests.payments.stories import NOON, Story, deliver, intents
from tests.payments.test_races import at_once
from tests.payments.test_refunds import balances, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(story):
    return MembershipFactory(organization=story.evse.organization).user


def reconcile(story):
    asked = ask_reconciliation(organization=story.evse.organization)
    return run_reconciliation(run_id=asked.pk, quiet=timedelta(0))


def kinds(story):
    return sorted(open_discrepancies(story.evse.organization).values_list("kind", flat=True))


def mend_all(story, by, rounds=3):
    """Until nothing is left; what a mend brings to light is found by the next run."""
    for _ in range(rounds):
        for one in open_discrepancies(story.evse.organization):
            assert mend(discrepancy=one, by=by)
        reconcile(story)


_hours = count(1)


def earlier():
    """A moment at which no other charge of this stall began."""
    return NOON - timedelta(hours=next(_hours))


def charged(story, energy_wh=2_000):
    """Another session at the same stall."""
    return story.session(energy_wh=energy_wh, reported_start_at=earlier())


# --- the planted set


def plant(story, api) -> dict[str, str]:
    """One of each, made behind our back; answers kind by the provider's reference."""
    planted = {}
    paid = pay(story, reported_start_at=earlier())
    refund = api.v1.refunds.create({"payment_intent": paid.provider_ref, "amount": 250})
    planted[refund.id] = "refund_unknown"

    story.driver = UserFactory()
    story.give_card("pm_card_createDispute")
    disputed = pay(story, reported_start_at=earlier())
    planted[api.v1.disputes.list({"payment_intent": disputed.provider_ref}).data[0].id] = "dispute_unknown"

    story.driver = UserFactory()
    method = story.give_card("pm_card_visa")
    by_hand = story.held(charged(story))
    api.v1.payment_intents.capture(by_hand.provider_ref, {"amount_to_capture": 100})
    planted[by_hand.provider_ref] = "captured_elsewhere"

    expired = story.held(charged(story))
    api.v1.payment_intents.cancel(expired.provider_ref)
    planted[expired.provider_ref] = "hold_gone"

    unheard = story.held(charged(story))
    Payment.objects.filter(pk=unheard.pk).update(status="created", authorized_minor=0, authorized_at=None)
    planted[unheard.provider_ref] = "state_behind"

    api.v1.payment_methods.detach(method.provider_ref)
    planted[method.provider_ref] = "card_gone"

    stranger = api.v1.payment_intents.create(
        {
            "amount": 900, "currency": "eur", "capture_method": "manual", "payment_method": "pm_card_visa",
            "confirm": True, "return_url": "https://example.test/",
            "metadata": {"payment": "00000000-0000-4000-8000-000000000000"},
        }
    )  # fmt: skip
    planted[stranger.id] = "intent_unknown"
    return planted


def test_everything_that_was_planted_is_found_and_named_and_nothing_else(paid_story, stand_in):
    pay(paid_story)
    planted = plant(paid_story, stand_in.client())
    run = reconcile(paid_story)
    found = dict(open_discrepancies(paid_story.evse.organization).values_list("ref", "kind"))
    assert found == planted
    assert run.found == len(planted) == 7


def test_each_of_them_can_be_mended_and_then_everything_agrees(paid_story, stand_in, owner):
    plant(paid_story, stand_in.client())
    reconcile(paid_story)
    mend_all(paid_story, owner)
    assert kinds(paid_story) == []
    assert Refund.objects.get(payment__captured_minor=1000).amount_minor == 250
    assert Dispute.objects.get().status == "needs_response"
    assert PaymentMethod.objects.filter(is_usable=False).count() == 1
    assert Payment.objects.filter(status="voided").count() == 1
    stranger = next(one for one in intents(stand_in) if one.amount == 900)
    assert stranger.status == "canceled"
    mended = Discrepancy.objects.filter(state="mended")
    assert mended.filter(mended_by=owner).count() == mended.count() == 7
    assert AuditEntry.objects.filter(action="reconciliation.mend").count() == 7


def test_a_clean_set_gives_nothing_and_says_what_was_compared(paid_story, stand_in):
    for _ in range(3):
        payment = pay(paid_story, reported_start_at=earlier())
    refund_payment(payment=payment, amount_minor=300, reason="too slow")
    paid_story.held(charged(paid_story))
    run = reconcile(paid_story)
    assert (run.status, run.found, kinds(paid_story)) == ("done", 0, [])
    assert run.counts == {"payments": 4, "refunds": 1, "disputes": 0, "cards": 1, "movements": 4}
    assert run.sums == {"EUR": {"ours": 3000, "theirs": 3000, "books": 2700, "provider": 2700}}


# --- one by one


def test_what_was_captured_by_hand_beyond_the_bill_is_given_back(paid_story, stand_in, owner):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    stand_in.client().v1.payment_intents.capture(payment.provider_ref)
    bill_session(session_id=session.pk)
    reconcile(paid_story)
    mend_all(paid_story, owner)
    payment.refresh_from_db()
    assert (payment.captured_minor, payment.refunded_minor) == (5000, 4000)
    assert balances() == {"cash:stripe": 1000, "revenue:charging": -833, "tax:20": -167}


def test_a_hold_that_is_gone_is_collected_anew(paid_story, stand_in, owner):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    stand_in.client().v1.payment_intents.cancel(payment.provider_ref)
    bill_session(session_id=session.pk)
    reconcile(paid_story)
    assert kinds(paid_story) == ["hold_gone"]
    mend_all(paid_story, owner)
    assert sorted(Payment.objects.values_list("status", "captured_minor")) == [
        ("captured", 1000),
        ("voided", 0),
    ]


def test_what_is_paid_here_but_not_there_is_open_again_and_collected(paid_story, stand_in, owner):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    bill_session(session_id=session.pk)
    Payment.objects.filter(pk=payment.pk).update(status="captured", captured_minor=1000)
    payment.refresh_from_db()
    post_capture(payment=payment, provider="stripe")
    stand_in.client().v1.payment_intents.cancel(payment.provider_ref)
    reconcile(paid_story)
    assert kinds(paid_story) == ["missing_there"]
    mend_all(paid_story, owner)
    assert sorted(Payment.objects.values_list("status", "captured_minor")) == [
        ("captured", 1000),
        ("failed", 0),
    ]
    assert balances() == {"cash:stripe": 1000, "revenue:charging": -833, "tax:20": -167}


def test_an_amount_that_differs_follows_the_provider(paid_story, stand_in, owner):
    payment = paid_story.held()
    capture_payment(payment_id=payment.pk, amount_minor=700)
    Payment.objects.filter(pk=payment.pk).update(captured_minor=650)
    reconcile(paid_story)
    assert kinds(paid_story) == ["amount_differs"]
    mend_all(paid_story, owner)
    payment.refresh_from_db()
    assert payment.captured_minor == 700
    assert kinds(paid_story) == []
    assert balances()["cash:stripe"] == 700


def test_books_that_differ_from_the_account_are_squared_in_suspense(paid_story, stand_in, owner):
    payment = pay(paid_story)
    post(
        organization_id=payment.organization_id,
        reference="oops",
        reason="typed twice",
        currency="EUR",
        lines={"cash:stripe": 5, "other": -5},
        payment=payment,
    )
    reconcile(paid_story)
    one = open_discrepancies(payment.organization).get()
    assert (one.kind, one.ours_minor, one.theirs_minor) == ("ledger_differs", 1005, 1000)
    mend_all(paid_story, owner)
    assert balances()["suspense:reconciliation"] == 5
    assert balances()["cash:stripe"] == 1000


def test_a_posting_that_is_missing_is_made_up_for(paid_story, stand_in, owner):
    payment = paid_story.held()
    stand_in.client().v1.payment_intents.capture(payment.provider_ref, {"amount_to_capture": 700})
    Payment.objects.filter(pk=payment.pk).update(status="captured", captured_minor=700)
    reconcile(paid_story)
    assert kinds(paid_story) == ["ledger_differs"]
    mend_all(paid_story, owner)
    assert balances() == {"cash:stripe": 700, "receivable:": -700}


def test_a_dispute_is_found_and_its_end_too(story, stand_in, owner):
    story.give_card("pm_card_createDispute")
    pay(story)
    reconcile(story)
    mend_all(story, owner)
    api = stand_in.client()
    api.v1.disputes.update(
        Dispute.objects.get().provider_ref, {"evidence": {"uncategorized_text": "winning_evidence"}}
    )
    reconcile(story)
    assert kinds(story) == ["state_behind"]
    mend_all(story, owner)
    assert Dispute.objects.get().status == "won"
    assert balances() == {
        "cash:stripe": -500, "expense:dispute_fees": 1500, "revenue:charging": -833, "tax:20": -167,
    }  # fmt: skip


def test_a_second_hold_for_a_payment_is_found_and_let_go(paid_story, stand_in, owner):
    payment = pay(paid_story)
    api = stand_in.client()
    api.v1.payment_intents.create(
        {
            "amount": 800, "currency": "eur", "capture_method": "manual", "payment_method": "pm_card_visa",
            "confirm": True, "return_url": "https://example.test/",
            "metadata": {"payment": str(payment.public_id)},
        }
    )  # fmt: skip
    reconcile(paid_story)
    assert kinds(paid_story) == ["intent_unknown"]
    mend_all(paid_story, owner)
    assert sorted(one.status for one in intents(stand_in)) == ["canceled", "succeeded"]


def test_a_strangers_payment_that_was_taken_is_given_back(paid_story, stand_in, owner):
    paid_story.held()
    stand_in.client().v1.payment_intents.create(
        {
            "amount": 900, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True,
            "return_url": "https://example.test/", "metadata": {"payment": "of a restored backup"},
        }
    )  # fmt: skip
    reconcile(paid_story)
    assert kinds(paid_story) == ["intent_unknown"]
    mend_all(paid_story, owner)
    assert [one.amount for one in stand_in.client().v1.refunds.list().data] == [900]
    assert kinds(paid_story) == []


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


def test_a_mend_that_cannot_be_done_leaves_it_open(paid_story, stand_in, owner):
    payment = paid_story.held()
    stand_in.client().v1.payment_intents.cancel(payment.provider_ref)
    reconcile(paid_story)
    stand_in.pull("faults", drop_before=1.0)
    one = Discrepancy.objects.get()
    with pytest.raises(Exception, match="Connection"):
        mend(discrepancy=one, by=owner)
    one.refresh_from_db()
    assert (one.state, one.mended_by) == ("open", None)


def test_another_network_sees_nothing_of_it(paid_story, stand_in):
    plant(paid_story, stand_in.client())
    other = Story()
    other.give_card("pm_card_visa")
    pay(other)
    reconcile(other)
    assert kinds(other) == []


@pytest.mark.django_db(transaction=True)
def test_six_clicks_on_one_mend_give_the_difference_back_once(paid_story, stand_in, owner):
    session = charged(paid_story, energy_wh=20_000)
    payment = paid_story.held(session)
    stand_in.client().v1.payment_intents.capture(payment.provider_ref)
    bill_session(session_id=session.pk)
    look_again(payment_id=payment.pk)
    reconcile(paid_story)
    one = Discrepancy.objects.get(kind="overpaid")
    assert sorted(at_once(6, lambda: mend(discrepancy=one, by=owner))) == [False] * 5 + [True]
    assert [refund.amount for refund in stand_in.client().v1.refunds.list().data] == [4000]


# --- the pages


def test_the_page_shows_what_was_found_and_mends_it(paid_story, stand_in, owner, client):
    payment = paid_story.held(paid_story.session(energy_wh=100))
    stand_in.client().v1.payment_intents.cancel(payment.provider_ref)
    reconcile(paid_story)
    client.force_login(owner)
    page = client.get(reverse("payments:reconciliation")).content.decode()
    assert "Hold that is gone at the provider" in page
    one = Discrepancy.objects.get()
    assert client.post(reverse("payments:mend", args=[one.public_id])).status_code == 302
    one.refresh_from_db()
    assert (one.state, one.mended_by) == ("mended", owner)
    assert "Mended" in client.get(reverse("payments:reconciliation")).content.decode()


def test_the_page_of_a_clean_network_says_so_with_its_figures(paid_story, stand_in, owner, client):
    pay(paid_story)
    reconcile(paid_story)
    client.force_login(owner)
    page = client.get(reverse("payments:reconciliation")).content.decode()
    assert "Everything agrees to the cent" in page
    assert "€10.00" in page


def test_run_now_asks_and_shows_that_it_is_under_way(paid_story, stand_in, owner, client):
    client.force_login(owner)
    assert client.post(reverse("payments:reconciliation_run")).status_code == 302
    assert ReconciliationRun.objects.get().by == owner
    assert "Comparing" in client.get(reverse("payments:reconciliation")).content.decode()


def test_who_may_only_see_money_mends_nothing(paid_story, stand_in, client):
    viewer = MembershipFactory(organization=paid_story.evse.organization, role="operator").user
    client.force_login(viewer)
    assert client.get(reverse("payments:reconciliation")).status_code == 200
    assert client.post(reverse("payments:reconciliation_run")).status_code == 403


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

"""Money that goes back: once, never more than was taken, and right in the books to the minor unit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import DatabaseError

from accounts.models import AuditEntry
from core import clock
from payments.models import Payment, PostingLine, ProviderOperation, Refund
from payments.providers import provider
from payments.selectors import owed_minor, receivable_account, revenue_by_day
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.ledger_returns import shares
from payments.services.payments import NotPossible
from payments.services.recovery import settle_payments
from payments.services.refund_states import TooMuch
from payments.services.refunding import look_at_refunds, refund_payment
from tests.factories import UserFactory
from tests.payments.stories import deliver, signed_events
from tests.payments.test_races import at_once
from tests.payments.test_webhooks import send

pytestmark = pytest.mark.django_db
AT_ONCE = timedelta(0)


@pytest.fixture
def paid(paid_story):
    """A charge of 10.00, of which 1.67 is tax, billed and paid."""
    return pay(paid_story)


def pay(story, **fields):
    session = story.session(energy_wh=20_000, **fields)
    payment = story.held(session)
    bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    payment.refresh_from_db()
    return payment


def give_back(payment, minor=1000, reason="the plug was stuck", by=None):
    return refund_payment(payment=payment, amount_minor=minor, reason=reason, by=by)


def balances():
    """The provider's fees left out: they have their own tests."""
    lines = PostingLine.objects.exclude(posting__reference__startswith="fee.")
    accounts = lines.values_list("account", "amount_minor")
    sums = {}
    for account, minor in accounts:
        sums[account.partition("user")[0]] = sums.get(account.partition("user")[0], 0) + minor
    return {account: minor for account, minor in sums.items() if minor}


def refunds_there(stand_in):
    return list(stand_in.client().v1.refunds.list({"limit": 100}).auto_paging_iter())


# --- what happens


def test_a_whole_refund_leaves_nothing_of_the_sale_in_the_books(paid, stand_in):
    refund = give_back(paid)
    paid.refresh_from_db()
    assert (refund.status, paid.refunded_minor, paid.status) == ("succeeded", 1000, "captured")
    assert [one.amount for one in refunds_there(stand_in)] == [1000]
    assert balances() == {}


def test_part_refunds_follow_one_another_and_credit_each_tax_exactly(paid, stand_in):
    for minor in (333, 333, 334):
        assert give_back(paid, minor).status == "succeeded"
    assert sum(one.amount for one in refunds_there(stand_in)) == 1000
    assert balances() == {}


def test_a_part_refund_takes_back_revenue_and_tax_in_proportion(paid):
    give_back(paid, 300)
    assert balances() == {"cash:stripe": 700, "revenue:charging": -583, "tax:20": -117}
    assert owed_minor(receivable_account(paid.account.user_id), "EUR") == 0


def test_more_than_is_left_is_refused_by_name_and_by_the_database(paid):
    give_back(paid, 600)
    with pytest.raises(TooMuch):
        give_back(paid, 401)
    assert Refund.objects.count() == 1
    with pytest.raises(DatabaseError):
        Payment.objects.filter(pk=paid.pk).update(refunded_minor=1001)


@pytest.mark.parametrize(("minor", "reason"), [(0, "why"), (-5, "why"), (5, " ")])
def test_a_refund_needs_an_amount_and_a_reason(paid, minor, reason):
    with pytest.raises(NotPossible):
        give_back(paid, minor, reason)


def test_what_was_only_held_cannot_be_given_back(paid_story):
    with pytest.raises(NotPossible):
        give_back(paid_story.held())


def test_what_was_taken_beyond_the_bill_is_given_back_without_a_credit(paid_story, stand_in):
    session = paid_story.session(energy_wh=20_000)
    payment = paid_story.held(session)
    stand_in.client().v1.payment_intents.capture(payment.provider_ref, {"amount_to_capture": 1500})
    bill_session(session_id=session.pk)
    settle_payments(in_flight=AT_ONCE)
    give_back(Payment.objects.get(pk=payment.pk), 700)  # 5.00 too much, and 2.00 of the bill
    assert balances() == {"cash:stripe": 800, "revenue:charging": -666, "tax:20": -134}


def test_each_refund_is_in_the_audit_log_with_its_reason(paid):
    by = UserFactory()
    give_back(paid, 250, by=by)
    entry = AuditEntry.objects.get(action="payment.refund")
    assert (entry.actor, entry.organization) == (by, paid.organization)
    assert (entry.changes["amount_minor"], entry.changes["reason"]) == (250, "the plug was stuck")


def test_whoever_paid_is_told_once(paid):
    deliver()
    mail.outbox.clear()
    give_back(paid, 250, by=UserFactory())
    look_at_refunds(payment=paid)
    deliver()
    assert len(mail.outbox) == 1
    text = mail.outbox[0].body
    assert "€2.50" in text
    assert "the plug was stuck" in text


# --- what fails


def test_a_refund_that_comes_back_puts_the_money_back_in_the_books(story, stand_in):
    story.give_card("pm_card_refundFail")
    payment = pay(story)
    before = balances()
    refund = give_back(payment, 400)
    assert balances() != before
    stand_in.pull("clock", offset_s=120)
    look_at_refunds(payment=payment)
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, refund.failure) == ("failed", "expired_or_canceled_card")
    assert payment.refunded_minor == 0
    assert balances() == before


def test_after_a_refund_that_came_back_the_next_ones_are_exact_to_the_cent(story, stand_in):
    story.give_card("pm_card_refundFail")
    payment = pay(story)
    for minor in (111, 222):
        give_back(payment, minor)
        stand_in.pull("clock", offset_s=120 * minor)
        look_at_refunds(payment=payment)
        payment.refresh_from_db()
    give_back(payment, 1000)
    assert balances() == {}


def test_a_pending_refund_is_followed_by_the_sweep(story, stand_in):
    story.give_card("pm_card_pendingRefund")
    refund = give_back(pay(story), 400)
    assert (refund.status, refund.settled_at) == ("pending", None)
    stand_in.pull("clock", offset_s=120)
    assert settle_payments().counts["refund"] == 1
    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert settle_payments().counts.get("refund") is None


def test_a_refused_refund_is_shown_as_failed_and_frees_its_share(paid, stand_in):
    stand_in.client().v1.refunds.create({"payment_intent": paid.provider_ref, "amount": 900})
    refund = give_back(paid, 500)
    paid.refresh_from_db()
    assert refund.status == "failed"
    assert "greater than unrefunded" in refund.failure
    assert paid.refunded_minor == 900  # the one made at the provider was found by the look
    assert balances() == {"cash:stripe": 100, "revenue:charging": -83, "tax:20": -17}


# --- lost answers and crashes


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_before", "error_after"])
def test_after_a_lost_answer_the_sweep_looks_and_gives_back_once(paid, stand_in, fault):
    stand_in.pull("faults", only="POST /v1/refunds", **{fault: 1.0})
    refund = give_back(paid, 400)
    assert refund.status == "asked"
    stand_in.pull("faults")
    settle_payments(in_flight=AT_ONCE)
    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert [one.amount for one in refunds_there(stand_in)] == [400]
    assert balances()["cash:stripe"] == 600
    assert not ProviderOperation.objects.filter(state__in=["written", "unknown"]).exists()


def test_a_crash_before_the_call_is_repaired_by_the_sweep(paid, stand_in, monkeypatch):
    def crash(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(provider(), "give_back", crash)
    with pytest.raises(KeyboardInterrupt):
        give_back(paid, 400)
    monkeypatch.undo()
    settle_payments()
    assert refunds_there(stand_in) == []  # it may still be under way
    settle_payments(in_flight=AT_ONCE)
    assert [one.amount for one in refunds_there(stand_in)] == [400]
    assert Refund.objects.get().status == "succeeded"


def test_a_crash_after_a_refusal_is_found_by_the_sweep(paid, stand_in, monkeypatch):
    stand_in.client().v1.refunds.create({"payment_intent": paid.provider_ref, "amount": 900})

    def crash(**kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("payments.services.refunding.fail_refund", crash)
    with pytest.raises(KeyboardInterrupt):
        give_back(paid, 500)
    monkeypatch.undo()
    settle_payments()
    paid.refresh_from_db()
    assert sorted(paid.refunds.values_list("status", "amount_minor")) == [("failed", 500), ("succeeded", 900)]
    assert paid.refunded_minor == 900


# --- made at the provider


def test_a_refund_made_at_the_provider_is_taken_over_by_webhook_once(paid, stand_in, client):
    stand_in.client().v1.refunds.create({"payment_intent": paid.provider_ref, "amount": 250})
    for payload, signature in signed_events(stand_in) * 3:
        assert send(client, payload, signature).status_code == 204
    deliver()
    paid.refresh_from_db()
    refund = Refund.objects.get()
    assert (refund.status, refund.amount_minor, refund.by) == ("succeeded", 250, None)
    assert paid.refunded_minor == 250
    assert balances() == {"cash:stripe": 750, "revenue:charging": -625, "tax:20": -125}


# --- many at once


@pytest.mark.django_db(transaction=True)
def test_twenty_simultaneous_refunds_never_give_back_more_than_was_taken(paid, stand_in):
    def ask():
        try:
            return give_back(paid, 300).status
        except (NotPossible, RuntimeError) as refusal:
            return type(refusal).__name__

    outcomes = at_once(20, ask)
    paid.refresh_from_db()
    given = sum(one.amount for one in refunds_there(stand_in))
    assert given == paid.refunded_minor == 300 * outcomes.count("succeeded")
    assert 300 <= given <= 900
    assert set(outcomes) <= {"succeeded", "TooMuch", "Busy"}
    assert balances()["cash:stripe"] == 1000 - given
    assert owed_minor(receivable_account(paid.account.user_id), "EUR") == 0


@pytest.mark.django_db(transaction=True)
def test_eight_looks_at_once_take_a_refund_over_once(paid, stand_in):
    stand_in.client().v1.refunds.create({"payment_intent": paid.provider_ref, "amount": 250})
    at_once(8, lambda: look_at_refunds(payment=paid))
    paid.refresh_from_db()
    assert (Refund.objects.count(), paid.refunded_minor, balances()["cash:stripe"]) == (1, 250, 750)


# --- shares


def test_shares_of_several_taxes_sum_up_to_the_amount_and_the_whole_is_the_bill():
    billed = {"revenue:charging": -1003, "tax:7": -17, "tax:19": -101}
    for minor in range(1122):
        assert sum(shares(billed, minor).values()) == minor
    assert shares(billed, 1121) == {"revenue:charging": 1003, "tax:7": 17, "tax:19": 101}


def test_the_time_of_a_refund_is_now(paid):
    assert clock.now() - give_back(paid, 1).created_at < timedelta(minutes=1)


def test_the_revenue_of_a_day_says_what_was_given_back_of_it(paid_story, stand_in):
    refund_payment(payment=pay(paid_story), amount_minor=300, reason="too slow")
    [day] = revenue_by_day(paid_story.evse.organization)
    assert (day.gross.minor, day.given_back.minor, day.left.minor) == (1000, 300, 700)

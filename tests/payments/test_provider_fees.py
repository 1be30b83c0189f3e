"""The provider's own fees stand in the books, once and to the cent, and are compared one by one."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from core import clock
from payments.models import PostingLine
from payments.providers import provider
from payments.selectors import owed_minor
from payments.selectors.ledgers import export_rows, sums_of
from payments.selectors.months import month_of
from payments.selectors.reconciling import open_discrepancies
from payments.services.ledger import post
from payments.services.mending import mend
from payments.services.provider_fees import note_fees
from payments.services.reconciliation import WINDOW
from payments.services.refunding import refund_payment
from tests.factories import MembershipFactory
from tests.payments.reconciling import kinds, reconcile
from tests.payments.test_refunds import pay

pytestmark = pytest.mark.django_db
FEE = 40  # of 10.00: 1.5 % and 0.25
FEES = "expense:provider_fees"


def movements():
    return list(provider().movements_since(clock.now() - WINDOW))


def test_a_run_posts_each_fee_once_and_provider_and_books_agree(paid_story, stand_in):
    refund_payment(payment=pay(paid_story), amount_minor=300, reason="too slow")
    for _ in range(2):
        run = reconcile(paid_story)
        assert (run.found, owed_minor(FEES, "EUR")) == (0, FEE)
    assert owed_minor("cash:stripe", "EUR") == 1000 - 300 - FEE
    assert run.sums["EUR"]["books"] == run.sums["EUR"]["provider"] == 1000 - 300 - FEE


def test_the_fee_of_a_dispute_is_posted_with_the_dispute_alone(story, stand_in):
    story.give_card("pm_card_createDispute")
    pay(story)
    reconcile(story)
    assert owed_minor(FEES, "EUR") == FEE


def test_another_networks_payments_are_left_alone(paid_story, stand_in):
    pay(paid_story)
    assert note_fees(payments=[], movements=movements()) == 0


def test_a_fee_that_the_provider_tells_otherwise_is_named_and_mended(paid_story, stand_in):
    payment = pay(paid_story)
    [move] = movements()
    post(
        organization_id=payment.organization_id,
        reference=f"fee.{move.ref}",
        reason="wrong",
        currency="EUR",
        lines={FEES: 10, "cash:stripe": -10},
        payment=payment,
    )
    reconcile(paid_story)
    [found] = open_discrepancies(payment.organization)
    assert (found.kind, found.ref, found.ours_minor, found.theirs_minor) == ("fee_differs", move.ref, 10, FEE)
    mend(discrepancy=found, by=MembershipFactory(organization=payment.organization).user)
    reconcile(paid_story)
    assert (kinds(paid_story), owed_minor(FEES, "EUR")) == ([], FEE)


def test_a_fee_that_the_provider_never_took_is_named(paid_story, stand_in):
    payment = pay(paid_story)
    lines = {FEES: 7, "cash:stripe": -7}
    post(organization_id=payment.organization_id, reference="fee.txn_x", reason="wrong", currency="EUR",
         lines=lines, payment=payment)  # fmt: skip
    reconcile(paid_story)
    assert kinds(paid_story) == ["fee_differs"]


def test_months_and_the_ledgers_export_show_what_was_taken_its_fees_and_what_is_left(paid_story, stand_in):
    payment = pay(paid_story)
    reconcile(paid_story)
    month = month_of(payment.organization, clock.now())
    sums = sums_of(payment.organization, month)
    assert (sums.captured.minor, sums.fees.minor, sums.kept.minor) == (1000, FEE, 1000 - FEE)
    assert any(row[3:5] == (FEES, "cash:stripe") for row in export_rows(payment.organization, month))


@pytest.mark.django_db(transaction=True)
def test_four_runs_at_once_post_a_fee_once(paid_story, stand_in):
    payment, seen = pay(paid_story), movements()

    def act():
        note_fees(payments=[payment], movements=seen)
        connection.close()

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(PostingLine.objects.filter(account=FEES).values_list("amount_minor", flat=True)) == [FEE]

"""What was taken beyond a corrected total goes back by itself, and once."""

from __future__ import annotations

import pytest

from payments import selectors
from payments.models import Refund
from payments.selectors.books import receivable_account
from payments.services import receipts
from payments.services.collecting import collect
from payments.services.overpaid import give_back_overpaid
from payments.services.payments import capture_payment
from tests.factories import UserFactory
from tests.payments.stories import deliver
from tests.payments.test_correcting import balance, billed, correct

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(db):
    return UserFactory(name="Olga")


def test_what_was_taken_beyond_a_corrected_total_goes_back_once(paid_story, by, stand_in):
    session = billed(paid_story)
    paid_story.held(session)
    collect(session_id=session.pk)
    correct(session, by, energy_wh=10_000)
    assert balance(receivable_account(session.driver_id)) == -500
    deliver()
    give_back_overpaid(record=selectors.record_of(session), reason="again")
    [refund] = Refund.objects.all()
    assert (refund.amount_minor, refund.reason) == (500, "the screen promised it")
    assert [one.amount for one in stand_in.client().v1.refunds.list({}).data] == [500]
    assert balance(receivable_account(session.driver_id)) == 0
    assert receipts.receipt_of(selectors.record_of(session)).open_amount.amount == 0


def test_a_capture_that_overtook_a_correction_is_given_back(paid_story, by):
    session = billed(paid_story)
    held = paid_story.held(session)
    correct(session, by, energy_wh=10_000)
    capture_payment(payment_id=held.pk, amount_minor=1000)
    assert balance(receivable_account(session.driver_id)) == -500
    deliver()
    assert Refund.objects.get().amount_minor == 500
    assert balance(receivable_account(session.driver_id)) == 0

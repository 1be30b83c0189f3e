"""Paying in ahead: offered or not, how much, by the hosted page; taken whole, owed to the driver."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from core import clock
from payments.models import Payment, PaymentMethod, PrepaidBalance
from payments.selectors import owed_minor, receivable_account
from payments.selectors.ledgers import months_of
from payments.serializers import PaymentSerializer
from payments.services.billing import bill_session
from payments.services.holding import hold_for_session
from payments.services.recovery import settle_payments
from payments.services.topping_up import (
    NotOffered,
    OutOfBounds,
    begin_top_up,
)
from tests.payments.prepaid import amounts, in_the_books, offer, pay_in
from tests.payments.stories import deliver, intents, pay_on_page, statuses, taken_minor
from tests.payments.test_balances import charge

pytestmark = pytest.mark.django_db


def owed(story) -> int:
    return owed_minor(receivable_account(story.driver.pk), "EUR")


# --- paying in


def test_nothing_is_offered_until_an_owner_says_so(story, stand_in):
    with pytest.raises(NotOffered):
        begin_top_up(driver=story.driver, organization=story.evse.organization, amount_minor=5000)
    assert not PrepaidBalance.objects.exists()


def test_what_is_paid_in_is_taken_whole_and_owed_to_the_driver(story, stand_in):
    balance = pay_in(story, stand_in, 5000)
    assert amounts(balance) == (5000, 5000)
    assert (in_the_books(balance), owed_minor("cash:stripe", "EUR")) == (5000, 5000)
    assert (owed(story), taken_minor(stand_in), statuses(stand_in)) == (0, 5000, ["succeeded"])


def test_paying_in_is_no_sale(story, stand_in):
    pay_in(story, stand_in)
    assert (owed_minor("revenue:charging", "EUR"), owed_minor("tax:20", "EUR")) == (0, 0)


def test_the_driver_is_told_how_much_is_there(story, stand_in):
    pay_in(story, stand_in, 2000)
    [letter] = [one for one in mail.outbox if "added" in one.subject]
    assert letter.to == [story.driver.email]
    assert "20.00" in letter.body


def test_the_card_that_pays_in_is_not_kept(story, stand_in):
    pay_in(story, stand_in)
    assert not PaymentMethod.objects.exists()
    assert intents(stand_in)[0].setup_future_usage is None


@pytest.mark.parametrize("amount_minor", [999, 20_001])
def test_less_than_the_least_or_more_than_the_most_is_refused(story, stand_in, amount_minor):
    offer(story.evse.organization)
    with pytest.raises(OutOfBounds) as told:
        begin_top_up(driver=story.driver, organization=story.evse.organization, amount_minor=amount_minor)
    assert (told.value.least.minor, told.value.most.minor) == (1000, 20_000)


def test_what_is_there_counts_towards_the_most(story, stand_in):
    pay_in(story, stand_in, 15_000)
    with pytest.raises(OutOfBounds):
        begin_top_up(driver=story.driver, organization=story.evse.organization, amount_minor=5001)


def test_what_is_set_aside_counts_towards_the_most_too(story, stand_in):
    pay_in(story, stand_in, 18_000)
    hold_for_session(session_id=story.session(status="active").pk)
    with pytest.raises(OutOfBounds) as told:
        begin_top_up(driver=story.driver, organization=story.evse.organization, amount_minor=2001)
    assert told.value.most.minor == 2000


def test_a_second_click_gets_the_same_page(story, stand_in):
    organization = offer(story.evse.organization).organization
    asked = {"driver": story.driver, "organization": organization}
    assert begin_top_up(amount_minor=2000, **asked) == begin_top_up(amount_minor=2000, **asked)
    assert Payment.objects.filter(tops_up__isnull=False).count() == 1


def test_another_amount_takes_the_place_of_the_page_that_is_open(story, stand_in):
    organization = offer(story.evse.organization).organization
    first = begin_top_up(driver=story.driver, organization=organization, amount_minor=2000)
    second = begin_top_up(driver=story.driver, organization=organization, amount_minor=3000)
    assert first != second
    assert sorted(Payment.objects.values_list("status", "requested_minor")) == [
        ("created", 3000),
        ("failed", 2000),
    ]


def test_what_was_paid_meanwhile_is_taken_before_another_page_opens(story, stand_in):
    organization = offer(story.evse.organization).organization
    first = begin_top_up(driver=story.driver, organization=organization, amount_minor=2000)
    pay_on_page(stand_in, first)
    second = begin_top_up(driver=story.driver, organization=organization, amount_minor=3000)
    assert first != second
    assert amounts(PrepaidBalance.objects.get()) == (2000, 2000)


def test_a_declined_card_pays_nothing_in(story, stand_in):
    balance = pay_in(story, stand_in, number="4000000000000002")
    assert amounts(balance) == (0, 0)


def test_the_sweep_takes_what_was_paid_while_nobody_looked(story, stand_in):
    offer(story.evse.organization)
    url = begin_top_up(driver=story.driver, organization=story.evse.organization, amount_minor=2000)
    pay_on_page(stand_in, url)
    settle_payments()
    deliver()
    settle_payments()
    assert amounts(PrepaidBalance.objects.get()) == (2000, 2000)


def test_a_hold_whose_news_was_lost_is_taken_and_not_released(story, stand_in):
    offer(story.evse.organization)
    url = begin_top_up(driver=story.driver, organization=story.evse.organization, amount_minor=2000)
    pay_on_page(stand_in, url)
    settle_payments()  # applied; the news waits in the outbox
    with clock.at(clock.now() + timedelta(minutes=20)):
        settle_payments()
    assert Payment.objects.get().status == "captured"


def test_what_a_driver_owes_is_paid_from_it_first(story, stand_in):
    session = story.session(energy_wh=20_000)
    bill_session(session_id=session.pk)
    deliver()
    assert owed(story) == 1000
    balance = pay_in(story, stand_in, 5000)
    assert (owed(story), amounts(balance)) == (0, (4000, 4000))


# --- what others read of it


def test_a_month_says_how_much_more_is_on_balances(story, stand_in):
    pay_in(story, stand_in, 5000)
    charge(story)
    [month] = months_of(story.evse.organization)
    assert (month.captured.minor, month.prepaid.minor) == (5000, 4000)


def test_partners_read_what_topped_up_and_what_a_balance_paid(story, stand_in):
    balance = pay_in(story, stand_in, 6000)
    session = charge(story)
    told = [PaymentSerializer(one).data for one in (balance.top_ups.get(), session.payments.get())]
    assert [(one["paid_with"], one["is_top_up"]) for one in told] == [("card", True), ("balance", False)]

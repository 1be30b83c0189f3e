"""Money paid in ahead: with one network, used first, never below zero, given back, in the books alone."""

from __future__ import annotations

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clock
from payments.authorization import account_can_pay
from payments.models import Payment, PaymentWay, PrepaidBalance, PrepaidTerms, Refund
from payments.providers.base import DisputeSeen, Movement
from payments.selectors import debts, owed_minor, receivable_account, record_of
from payments.selectors.balances import balances_in, can_begin, movements_of, total_minor
from payments.selectors.ledgers import gathered
from payments.services.balances import draw, hold_on_balance, let_go_on_balance, take_from_balance
from payments.services.billing import bill_session
from payments.services.checkout import NoCard, pay_at_once
from payments.services.collecting import collect, let_go
from payments.services.disputes import apply_dispute
from payments.services.holding import hold_for_session
from payments.services.payments import create_payment
from payments.services.receipts import receipt_of
from payments.services.refund_states import TooMuch
from payments.services.refunding import look_at_refunds, refund_payment
from payments.services.reserving import can_pay
from payments.services.topping_up import (
    NotOffered,
    begin_top_up,
    give_back_rest,
)
from payments.services.watching import watch_holds
from stations.facts import Question
from stations.models import ChargingSession, ChargingStation, StationCommand
from tests.factories import EvseFactory, UserFactory
from tests.payments.prepaid import amounts, draws, in_the_books, pay_in
from tests.payments.stories import NOON, Story, deliver, taken_minor
from tests.payments.test_races import at_once

pytestmark = pytest.mark.django_db


def owed(story) -> int:
    return owed_minor(receivable_account(story.driver.pk), "EUR")


def charge(story, balance=None, energy_wh=20_000, **fields) -> ChargingSession:
    """A whole charge: held, ended, billed and collected; 20 kWh cost 10.00."""
    session = story.session(status="active", **fields)
    hold_for_session(session_id=session.pk)
    end(session, energy_wh)
    return session


def end(session, energy_wh) -> None:
    ChargingSession.objects.filter(pk=session.pk).update(
        status="completed", energy_wh=energy_wh, ended_at=NOON.replace(hour=13)
    )
    bill_session(session_id=session.pk)
    deliver()


# --- charging


def test_a_balance_that_covers_the_hold_needs_no_card(story, stand_in):
    balance = pay_in(story, stand_in, 6000)
    session = charge(story)
    assert draws(balance) == [("captured", 1000)]
    assert (amounts(balance), owed(story)) == ((5000, 5000), 0)
    assert receipt_of(record_of(session)).open_amount.amount == 0
    assert taken_minor(stand_in) == 6000


def test_while_it_runs_the_hold_is_set_aside(story, stand_in):
    balance = pay_in(story, stand_in, 6000)
    session = story.session(status="active")
    hold_for_session(session_id=session.pk)
    assert amounts(balance) == (6000, 1000)
    let_go(session_id=session.pk)
    assert (amounts(balance), draws(balance)) == ((6000, 6000), [("voided", 0)])


def test_what_is_left_lets_a_charge_begin_and_it_stops_before_it_is_used_up(story, stand_in):
    balance = pay_in(story, stand_in, 1000)
    ChargingStation.objects.filter(pk=story.evse.station_id).update(is_connected=True)
    session = story.session(status="active", energy_wh=19_500, transaction_id="t1")
    assert hold_for_session(session_id=session.pk).authorized_minor == 1000
    with clock.at(NOON.replace(minute=30)):
        assert watch_holds() == 1
    assert StationCommand.objects.filter(kind="stop_session").count() == 1
    end(session, 22_000)
    assert (amounts(balance), owed(story)) == ((0, 0), 100)


def test_with_a_card_a_small_balance_is_used_first_and_the_card_pays_the_rest(paid_story, stand_in):
    balance = pay_in(paid_story, stand_in, 1000)
    session = charge(paid_story, energy_wh=50_000)
    paid = Payment.objects.filter(session=session).order_by("captured_minor")
    assert [(bool(one.paid_from_id), one.captured_minor) for one in paid] == [(True, 1000), (False, 1500)]
    assert (amounts(balance), owed(paid_story)) == ((0, 0), 0)


def test_a_charge_that_the_balance_pays_whole_lets_the_cards_hold_go(paid_story, stand_in):
    balance = pay_in(paid_story, stand_in, 2000)
    session = charge(paid_story, energy_wh=20_000)
    held = Payment.objects.get(session=session, paid_from=None)
    assert (held.status, held.captured_minor) == ("voided", 0)
    assert amounts(balance) == (1000, 1000)


def test_one_receipt_is_mailed_whatever_paid_it(paid_story, stand_in):
    pay_in(paid_story, stand_in, 1000)
    mail.outbox.clear()
    charge(paid_story, energy_wh=50_000)
    assert len(mail.outbox) == 1


def test_less_than_the_least_without_a_card_starts_nothing(story, stand_in):
    balance = pay_in(story, stand_in, 1000)
    charge(story, energy_wh=12_000)
    assert amounts(balance) == (400, 400)
    with pytest.raises(NoCard):
        pay_at_once(evse=story.evse, driver=story.driver)
    assert not can_begin(user=story.driver, organization_id=balance.organization_id)


def test_one_click_sets_it_aside_and_asks_the_station(story, stand_in):
    balance = pay_in(story, stand_in, 6000)
    ChargingStation.objects.filter(pk=story.evse.station_id).update(
        is_connected=True, registration="accepted"
    )
    story.evse.connectors.update(status="available", status_at=clock.now())
    begun = pay_at_once(evse=story.evse, driver=story.driver)
    assert pay_at_once(evse=story.evse, driver=story.driver).payment == begun.payment
    deliver()
    assert (begun.payment.status, amounts(balance)) == ("authorized", (6000, 1000))
    assert ChargingSession.objects.get().driver == story.driver


def test_it_can_be_spent_with_its_own_network_only(story, stand_in):
    pay_in(story, stand_in, 6000)
    elsewhere = Story()
    elsewhere.driver = story.driver
    session = elsewhere.session(status="active")
    assert hold_for_session(session_id=session.pk) is None
    assert not can_begin(user=story.driver, organization_id=elsewhere.evse.organization_id)


def question(story) -> Question:
    return Question(
        uid="x",
        type="ISO14443",
        station_id=story.evse.station_id,
        id_token_id=None,
        evse_id=story.evse.pk,
        organization_id=story.evse.organization_id,
        user_id=story.driver.pk,
        at=NOON,
    )


def test_a_charging_card_starts_on_it_unless_something_is_owed(story, stand_in):
    assert account_can_pay([question(story)])[0] is not None
    pay_in(story, stand_in, 1000)
    assert account_can_pay([question(story)]) == [None]
    assert can_pay(story.driver, story.evse.organization)


def test_it_pays_where_no_cards_are_asked_for(story, stand_in):
    balance = pay_in(story, stand_in, 6000)
    PaymentWay.objects.create(organization=story.evse.organization, way="internal")
    assert account_can_pay([question(story)]) == [None]
    charge(story)
    assert amounts(balance) == (5000, 5000)
    with pytest.raises(NotOffered):
        begin_top_up(driver=story.driver, organization=story.evse.organization, amount_minor=5000)


def test_switched_off_it_still_pays(story, stand_in):
    balance = pay_in(story, stand_in, 6000)
    PrepaidTerms.objects.update(is_offered=False)
    charge(story)
    assert amounts(balance) == (5000, 5000)


# --- giving back


def test_what_is_not_used_goes_back_to_the_card(story, stand_in):
    balance = pay_in(story, stand_in, 5000)
    charge(story)
    assert give_back_rest(balance=balance, by=story.driver) == 4000
    assert (amounts(balance), in_the_books(balance)) == ((0, 0), 0)
    assert owed_minor("cash:stripe", "EUR") == 1000
    assert give_back_rest(balance=balance, by=story.driver) == 0


def test_it_goes_back_to_the_newest_cards_first(story, stand_in):
    pay_in(story, stand_in, 2000)
    balance = pay_in(story, stand_in, 3000)
    charge(story, energy_wh=20_000)
    assert give_back_rest(balance=balance, by=story.driver) == 4000
    returned = Payment.objects.filter(tops_up=balance).order_by("pk").values_list("refunded_minor", flat=True)
    assert list(returned) == [1000, 3000]


def test_what_is_set_aside_does_not_go_back(story, stand_in):
    balance = pay_in(story, stand_in, 6000)
    hold_for_session(session_id=story.session(status="active").pk)
    assert give_back_rest(balance=balance, by=story.driver) == 1000
    assert amounts(balance) == (5000, 0)


def test_an_operator_cannot_give_back_what_is_spent(story, stand_in):
    balance = pay_in(story, stand_in, 1000)
    charge(story)
    with pytest.raises(TooMuch):
        refund_payment(payment=balance.top_ups.get(), amount_minor=1, reason="asked", by=UserFactory())
    assert not Refund.objects.exists()


def test_a_refund_of_a_charge_is_on_the_balance_again_at_once(story, stand_in):
    balance = pay_in(story, stand_in, 6000)
    session = charge(story)
    paid = Payment.objects.get(session=session)
    made = refund_payment(payment=paid, amount_minor=400, reason="It was slow", by=UserFactory())
    assert made.status == "succeeded"
    assert (amounts(balance), owed(story)) == ((5400, 5400), 0)
    assert [one.kind for one in movements_of(balance)] == ["returned", "charge", "top_up"]
    assert taken_minor(stand_in) == 6000


def test_what_the_bank_disputes_cannot_be_spent_and_is_the_drivers_when_it_is_lost(story, stand_in):
    balance = pay_in(story, stand_in, 6000)
    charge(story)
    dispute(balance, "needs_response")
    assert amounts(balance) == (5000, -1000)
    dispute(balance, "lost")
    assert (amounts(balance), owed_minor("expense:disputes", "EUR")) == ((-1000, -1000), 0)
    assert balances_in(story.evse.organization)[0].paid_in.minor == -1000
    assert total_minor(balances_in(story.evse.organization)) == 0


def dispute(balance, status):
    top_up = balance.top_ups.get()
    move = Movement(
        ref="txn_1",
        intent_ref=top_up.provider_ref,
        amount_minor=-6000,
        fee_minor=0,
        currency="EUR",
        is_dispute=True,
    )
    seen = DisputeSeen(
        ref="dp_1",
        intent_ref=top_up.provider_ref,
        status=status,
        reason="fraudulent",
        amount_minor=6000,
        currency="EUR",
        opened_at=NOON,
        movements=(move,),
    )
    apply_dispute(payment=top_up, seen=seen)


def test_what_was_given_back_at_the_provider_is_followed_even_below_zero(story, stand_in):
    balance = pay_in(story, stand_in, 1000)
    charge(story)
    top_up = balance.top_ups.get()
    stand_in.client().v1.refunds.create({"payment_intent": top_up.provider_ref, "amount": 1000})
    look_at_refunds(payment=top_up)
    assert (amounts(balance), debts({story.driver.pk})) == ((-1000, -1000), set())
    assert not can_begin(user=story.driver, organization_id=balance.organization_id)


# --- laws


def test_a_driver_has_one_balance_with_a_network(story):
    PrepaidBalance.objects.create(organization=story.evse.organization, user=story.driver, currency="EUR")
    with pytest.raises(IntegrityError), transaction.atomic():
        PrepaidBalance.objects.create(organization=story.evse.organization, user=story.driver, currency="EUR")


def test_a_payment_from_a_balance_names_no_provider(story, stand_in):
    balance = pay_in(story, stand_in)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(tops_up=balance).update(paid_from=balance)


def test_other_bookkeeping_gets_one_account_of_all_balances():
    assert gathered("payable:prepaid.17") == "payable:prepaid"


@pytest.mark.django_db(transaction=True)
def test_twenty_ends_at_once_never_take_more_than_is_there(paid_story, stand_in):
    balance = pay_in(paid_story, stand_in, 5000)
    sessions = [
        paid_story.session(
            energy_wh=10_000, evse=EvseFactory(station=paid_story.evse.station, number=7000 + n)
        )
        for n in range(20)
    ]  # 100.00 in all
    waiting = iter(sessions)

    def finish():
        session = next(waiting)
        bill_session(session_id=session.pk)
        return collect(session_id=session.pk)

    at_once(20, finish)
    deliver()
    assert (amounts(balance), owed(paid_story)) == ((0, 0), 0)
    assert taken_minor(stand_in) == 5000 + 5000


@pytest.mark.django_db(transaction=True)
def test_twenty_collectors_of_one_charge_draw_it_once(story, stand_in):
    balance = pay_in(story, stand_in, 5000)
    session = story.session(energy_wh=20_000)
    bill_session(session_id=session.pk)
    at_once(20, lambda: collect(session_id=session.pk))
    assert draws(balance) == [("captured", 1000)]
    assert (amounts(balance), owed(story)) == ((4000, 4000), 0)


@pytest.mark.django_db(transaction=True)
def test_ten_charges_that_begin_at_once_set_aside_no_more_than_is_there(story, stand_in):
    balance = pay_in(story, stand_in, 12_000)
    stalls = [EvseFactory(station=story.evse.station, number=8000 + n) for n in range(10)]
    waiting = iter([story.session(status="active", evse=evse) for evse in stalls])
    at_once(10, lambda: hold_for_session(session_id=next(waiting).pk))
    held = Payment.objects.filter(paid_from=balance, status="authorized")
    assert sum(held.values_list("authorized_minor", flat=True)) == 12_000
    assert amounts(balance) == (12_000, 0)


@pytest.mark.django_db(transaction=True)
def test_giving_back_and_charging_at_once_share_what_is_there(story, stand_in):
    balance = pay_in(story, stand_in, 5000)
    session = story.session(energy_wh=60_000)
    bill_session(session_id=session.pk)
    acts = iter(
        [lambda: give_back_rest(balance=balance, by=story.driver)]
        + [lambda: collect(session_id=session.pk)] * 5
    )
    at_once(6, lambda: next(acts)())
    paid_in, available = amounts(balance)
    assert (paid_in, available) == (0, 0)
    assert in_the_books(balance) == 0


STEPS = st.lists(
    st.tuples(st.sampled_from(["hold", "take", "let_go", "draw"]), st.integers(1, 4000)), max_size=12
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_the_books_say_what_is_there_and_it_is_never_below_zero(steps, prepaid_story):
    story, balance = prepaid_story
    with transaction.atomic():
        for step, minor in steps:
            _do(step, minor, story, balance)
            paid_in, available = amounts(balance)
            assert 0 <= available <= paid_in
        transaction.set_rollback(True)


@pytest.fixture
def prepaid_story(story, stand_in):
    return story, pay_in(story, stand_in, 6000)


def _do(step, minor, story, balance):
    held = Payment.objects.filter(paid_from=balance, status="authorized").first()
    if step == "hold":
        made = create_payment(
            organization=balance.organization,
            currency="EUR",
            requested_minor=minor,
            account=story.driver.billing_account,
            paid_from=balance,
        )
        hold_on_balance(payment_id=made.pk)
    elif step == "draw":
        evse = EvseFactory(station=story.evse.station, number=9000 + ChargingSession.objects.count())
        session = story.session(energy_wh=minor, evse=evse)
        bill_session(session_id=session.pk)
        draw(record_of(session))
    elif step == "take" and held:
        take_from_balance(payment_id=held.pk, amount_minor=minor)
    elif step == "let_go" and held:
        let_go_on_balance(payment_id=held.pk)

"""May this account charge: many questions, few queries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from payments.authorization import IN_DEBT, NO_CARD, account_can_pay
from payments.models import BillingAccount, PaymentMethod
from payments.services.billing import bill_session
from stations.facts import Question
from tests.factories import EvseFactory, UserFactory
from tests.payments.stories import NOON

pytestmark = pytest.mark.django_db


def question(evse, user, *, type="rfid", at=NOON):
    return Question(
        station_id=evse.station_id,
        organization_id=evse.organization_id,
        evse_id=evse.pk,
        id_token_id=None,
        user_id=user.pk if user else None,
        uid="CARD",
        type=type,
        at=at,
    )


def with_card(user):
    account, _ = BillingAccount.objects.get_or_create(user=user)
    PaymentMethod.objects.create(account=account, provider_ref=f"pm_{user.pk}", is_default=True)
    return user


def test_a_person_with_a_card_may_charge(story):
    assert account_can_pay([question(story.evse, with_card(story.driver))]) == [None]


def test_a_person_without_a_card_may_not(story):
    assert account_can_pay([question(story.evse, story.driver)]) == [NO_CARD]


def test_where_charging_is_free_anybody_may(story):
    assert account_can_pay([question(EvseFactory(), story.driver)]) == [None]


def test_a_token_of_an_organization_needs_no_card(story):
    assert account_can_pay([question(story.evse, None)]) == [None]


def test_a_one_time_token_of_ours_has_paid_already(story):
    assert account_can_pay([question(story.evse, story.driver, type="minted")]) == [None]


def test_an_unpaid_charge_is_a_debt_after_a_while(story):
    with_card(story.driver)
    bill_session(session_id=story.session(energy_wh=1000).pk)
    asked = [question(story.evse, story.driver)]
    assert account_can_pay(asked) == [None]
    with clock.at(clock.now() + timedelta(hours=1)):
        assert account_can_pay(asked) == [IN_DEBT]


def test_who_has_just_made_a_hold_for_the_stall_may_start_there(paid_story, stand_in):
    payment = paid_story.held()
    PaymentMethod.objects.filter(account=payment.account).update(is_usable=False)
    elsewhere = EvseFactory(station=paid_story.evse.station, number=9)
    asked = [question(paid_story.evse, paid_story.driver), question(elsewhere, paid_story.driver)]
    assert account_can_pay(asked) == [None, NO_CARD]


def test_the_number_of_queries_does_not_depend_on_the_number_of_questions(story, statements):
    few = [question(story.evse, with_card(UserFactory())) for _ in range(2)]
    many = [question(story.evse, with_card(UserFactory())) for _ in range(30)]
    with statements(1):
        account_can_pay(few)
    with statements(1):
        assert account_can_pay(many) == [None] * 30
    with statements(0):
        assert account_can_pay([]) == []

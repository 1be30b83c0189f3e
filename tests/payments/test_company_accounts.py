"""Charges on a company's account: who may start, what is owed by whom, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.services import erase_person
from core import clock
from payments.authorization import IN_DEBT, LIMIT_USED_UP, NO_CARD, account_can_pay
from payments.models import CompanyAccount, CompanyCharge, CompanyMember, Invoice, Payment, PostingLine
from payments.selectors.companies import standing_of, used_this_month_minor
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.company_charges import account_for, account_open_to
from payments.services.holding import hold_for_session
from payments.services.tariffs import assign_tariff, create_tariff
from stations.facts import Question
from stations.models import ChargingSession
from tests.factories import EvseFactory, TokenFactory, UserFactory
from tests.payments.stories import KWH, NOON
from tests.payments.test_authorization import with_card

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(story):
    return CompanyAccount.objects.create(
        organization=story.evse.organization,
        name="Fjord Fleet",
        street="Kai 1",
        postal_code="5003",
        city="Bergen",
        country_code="NO",
        email="fleet@example.org",
        monthly_limit_minor=2000,
    )


@pytest.fixture
def member(story, company):
    return join(company, user=story.driver, cost_center="Sales")


def join(company, **who):
    return CompanyMember.objects.create(organization=company.organization, company=company, **who)


def question(evse, *, user=None, token=None):
    return Question(
        station_id=evse.station_id,
        organization_id=evse.organization_id,
        evse_id=evse.pk,
        id_token_id=token.pk if token else None,
        user_id=user.pk if user else None,
        uid="CARD",
        type="rfid",
        at=NOON,
    )


def ask(story, **who):
    return account_can_pay([question(story.evse, **who)])[0]


def use_up(story, energy_wh=60_000):
    """A member's billed charge of 30.00."""
    session = story.session(energy_wh=energy_wh, evse=EvseFactory(station=story.evse.station, number=7077))
    bill_session(session_id=session.pk)
    return session


# --- may it start?


def test_a_member_needs_no_card_and_her_own_debt_does_not_matter(story, member):
    assert ask(story, user=story.driver) is None
    CompanyMember.objects.all().delete()
    bill_session(session_id=story.session(energy_wh=1000).pk)
    member.pk = None
    member.save()
    with clock.at(clock.now() + timedelta(hours=1)):
        assert ask(story, user=story.driver) is None


def test_a_card_of_the_fleet_charges_until_the_months_limit_is_used_up(story, company):
    token = TokenFactory(user=None)
    join(company, id_token=token)
    assert ask(story, token=token) is None
    session = story.session(energy_wh=60_000, driver=False, id_token=token)
    bill_session(session_id=session.pk)
    assert ask(story, token=token) == LIMIT_USED_UP


def test_beyond_the_limit_a_drivers_own_card_pays(story, member):
    use_up(story)
    assert ask(story, user=story.driver) == LIMIT_USED_UP
    with_card(story.driver)
    assert ask(story, user=story.driver) is None
    session = story.session(status="active")
    assert account_for(session) is None


def test_a_new_month_of_the_organization_opens_the_limit_again(story, member):
    use_up(story)
    assert used_this_month_minor(member.company) == 3000
    with clock.at(clock.now() + timedelta(days=32)):
        assert ask(story, user=story.driver) is None
        assert used_this_month_minor(member.company) == 0


def test_the_one_statement_and_the_page_tell_the_same(story, member, company):
    for limit, said in ((None, None), (3001, None), (3000, LIMIT_USED_UP)):
        CompanyAccount.objects.filter(pk=company.pk).update(monthly_limit_minor=limit)
        if not CompanyCharge.objects.exists():
            use_up(story)
        assert ask(story, user=story.driver) == said
        company.refresh_from_db()
        opened = account_open_to(user=story.driver, organization=story.evse.organization)
        assert (opened is None) == (said is not None)


def test_a_closed_account_and_another_organizations_company_do_not_count(story, member, company):
    other = EvseFactory()
    assign_tariff(
        tariff=create_tariff(organization=other.organization, name="x", elements=KWH), starts_at=NOON
    )
    assert account_can_pay([question(other, user=story.driver)]) == [NO_CARD]
    CompanyAccount.objects.filter(pk=company.pk).update(is_active=False)
    assert ask(story, user=story.driver) == NO_CARD


def test_debt_still_refuses_those_whose_company_is_used_up(story, member):
    use_up(story)
    with_card(story.driver)
    stranger = story.session(energy_wh=1000)
    Payment.objects.create(
        organization=stranger.organization,
        session=stranger,
        currency="EUR",
        requested_minor=1,
        status="failed",
    )
    bill_session(session_id=stranger.pk)
    with clock.at(clock.now() + timedelta(hours=1)):
        assert ask(story, user=story.driver) == IN_DEBT


def test_many_questions_are_one_statement(story, company, statements):
    tokens = [TokenFactory(user=None) for _ in range(10)]
    for token in tokens:
        join(company, id_token=token)
    people = [with_card(UserFactory()) for _ in range(10)]
    asked = [question(story.evse, token=token) for token in tokens]
    asked += [question(story.evse, user=person) for person in people]
    with statements(1):
        assert account_can_pay(asked) == [None] * 20


# --- what it costs, and whom


def test_a_members_charge_holds_nothing_and_is_owed_by_the_company(story, member, company):
    running = story.session(status="active")
    assert hold_for_session(session_id=running.pk) is None
    ChargingSession.objects.filter(pk=running.pk).update(
        status="completed", ended_at=NOON + timedelta(hours=1), energy_wh=20_000
    )
    record = bill_session(session_id=running.pk)
    assert (record.company, record.cost_center) == (company, "Sales")
    assert collect(session_id=running.pk) is None
    assert not Payment.objects.exists()
    owed = PostingLine.objects.filter(account=f"receivable:company.{company.pk}")
    assert [line.amount_minor for line in owed] == [1000]
    assert standing_of(company).percent == 50
    assert not Invoice.objects.exists()


def test_who_asks_to_be_forgotten_is_no_member_any_more(story, member, company):
    charge = account_for(story.session(energy_wh=1000))
    erase_person(user=story.driver)
    assert not company.members.exists()
    charge.refresh_from_db()
    assert charge.company == company


def test_whose_account_it_is_is_decided_once(story, member, company):
    session = story.session(energy_wh=1000)
    decided = account_for(session)
    CompanyMember.objects.all().delete()
    assert account_for(session) == decided
    assert bill_session(session_id=session.pk).company == company


def test_who_pays_herself_by_card_is_not_on_the_account(paid_story, member):
    session = paid_story.session(status="active")
    paid_story.held(session)
    assert account_for(session) is None


def test_a_companys_card_comes_before_the_person_who_carries_it(story, member, company):
    fields = {"street": "Kai 2", "postal_code": "5003", "city": "Bergen", "country_code": "NO"}
    other = CompanyAccount.objects.create(
        organization=company.organization, name="Card Company", email="card@example.org", **fields
    )
    token = TokenFactory(user=story.driver)
    join(other, id_token=token)
    assert account_for(story.session(status="active", id_token=token)).company == other

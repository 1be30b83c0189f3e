"""Groups of customers: whose price holds for whom, and that it is decided by who was what when it began."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import AuditEntry
from accounts.services import erase_person
from core import clock
from payments.authorization import NO_CARD, account_can_pay
from payments.models import CompanyAccount, CompanyMember, GroupMember, TariffAssignment
from payments.selectors.groups import groups_of, members_now
from payments.selectors.prices import PUBLIC, Payer
from payments.services import group_desk, tariff_desk, tariff_rules
from payments.services.belonging import NameTaken, NobodyFound
from payments.services.billing import bill_session
from payments.services.checkout import NothingToPay, begin_checkout, pay_at_once
from payments.services.company_charges import account_open_to
from payments.services.holding import hold_for_session
from payments.services.pricing import live_cost, tariff_for, tariffs_for
from payments.services.tariffs import TariffConflict, assign_free, assign_tariff, create_tariff
from stations.models import ChargingSession, Evse
from tests.factories import EvseFactory, MembershipFactory, TokenFactory, UserFactory
from tests.payments.fleet import ADDRESS, a_company
from tests.payments.stories import NOON
from tests.payments.test_authorization import question, with_card
from tests.payments.test_races import at_once

pytestmark = pytest.mark.django_db

CHEAP = [{"price_components": [{"type": "ENERGY", "price": "0.20", "vat": "20", "step_size": 1}]}]
LONG_AGO = NOON - timedelta(days=100)


@pytest.fixture
def owner(story):
    return MembershipFactory(organization=story.evse.organization).user


@pytest.fixture
def group(story, owner):
    with clock.at(LONG_AGO):
        return group_desk.open_group(actor=owner, organization=story.evse.organization, name="Residents")


@pytest.fixture
def cheap(story):
    return create_tariff(organization=story.evse.organization, name="Cheap", elements=CHEAP)


def join(group, owner, who):
    with clock.at(LONG_AGO):
        return group_desk.add_member(actor=owner, group=group, who=who)


def whose(story, payer=None, at=NOON):
    return tariff_for(story.evse, at, payer or Payer(user_id=story.driver.pk))


# --- whose price


def test_a_groups_price_holds_for_its_members_and_nobody_else(story, owner, group, cheap):
    assign_tariff(tariff=cheap, group=group, starts_at=LONG_AGO)
    assert whose(story) == story.tariff
    join(group, owner, story.driver.email)
    assert whose(story) == cheap
    assert whose(story, PUBLIC) == whose(story, Payer(UserFactory().pk)) == story.tariff


def test_every_pair_of_scopes_is_decided_by_one_rule(story, owner, group):
    """The group before everybody, then stall, charger, site, network."""
    join(group, owner, story.driver.email)
    evse = story.evse
    places = ({"evse": evse}, {"station": evse.station}, {"location": evse.station.location}, {})
    scopes = [{"group": whom, **place} for whom in (group, None) for place in places]
    TariffAssignment.objects.all().delete()
    tariffs = [
        create_tariff(organization=evse.organization, name=f"T{n}", elements=CHEAP)
        for n in range(len(scopes))
    ]
    for first, second in combinations(range(len(scopes)), 2):
        for n in (second, first):
            assign_tariff(tariff=tariffs[n], starts_at=LONG_AGO, **scopes[n])
        assert whose(story) == tariffs[first]
        public = next((n for n in (first, second) if scopes[n]["group"] is None), None)
        assert whose(story, PUBLIC) == (None if public is None else tariffs[public])
        TariffAssignment.objects.all().delete()


def test_the_card_counts_before_the_person_who_carries_it(story, owner, group, cheap):
    club = group_desk.open_group(actor=owner, organization=story.evse.organization, name="Club")
    token = TokenFactory(user=story.driver, organization=story.evse.organization, uid="CLUB1")
    join(group, owner, story.driver.email)
    join(club, owner, "club1")
    both = Payer(story.driver.pk, token.pk)
    assign_tariff(tariff=cheap, group=group, starts_at=LONG_AGO)
    assert whose(story, both) == cheap
    assign_free(group=club, starts_at=LONG_AGO)
    assert whose(story, both) is None
    assert whose(story) == cheap


def test_a_group_of_another_network_changes_nothing_here(story, cheap):
    other = MembershipFactory()
    theirs = group_desk.open_group(actor=other.user, organization=other.organization, name="Theirs")
    join(theirs, other.user, story.driver.email)
    assign_free(group=theirs, starts_at=LONG_AGO)
    assert whose(story) == story.tariff
    assert whose(story, at=NOON) == tariff_for(story.evse, NOON)


def test_one_group_each_and_one_price_per_group_and_place_at_a_time(story, owner, group, cheap):
    club = group_desk.open_group(actor=owner, organization=story.evse.organization, name="Club")
    join(group, owner, story.driver.email)
    for where in (group, club):
        with pytest.raises(group_desk.InAGroup):
            group_desk.add_member(actor=owner, group=where, who=story.driver.email)
    assign_tariff(tariff=cheap, group=group, starts_at=NOON)
    with pytest.raises(TariffConflict):
        assign_free(group=group, starts_at=NOON)
    assign_free(group=club, starts_at=NOON)
    held = TariffAssignment.objects.get(group=group)
    held.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        held.save()


def test_free_of_charge_for_everybody_is_written_by_no_assignment(story):
    with pytest.raises(IntegrityError), transaction.atomic():
        TariffAssignment.objects.filter(tariff=story.tariff).update(tariff=None)


def test_the_prices_of_many_stalls_for_somebody_take_three_queries(
    story, owner, group, cheap, django_assert_num_queries
):
    join(group, owner, story.driver.email)
    assign_tariff(tariff=cheap, group=group, starts_at=LONG_AGO)
    for number in range(6002, 6009):
        EvseFactory(station=story.evse.station, number=number)
    evses = list(Evse.objects.values_list("pk", flat=True))
    with django_assert_num_queries(2):
        assert set(tariffs_for(evses, NOON).values()) == {story.tariff}
    with django_assert_num_queries(3):
        assert set(tariffs_for(evses, NOON, Payer(story.driver.pk)).values()) == {cheap}


def test_the_law_reads_what_everybody_pays(story, owner, group):
    """A start fee that only a group pays is no price ad hoc."""
    evse = story.evse
    evse.max_power_w = 150_000
    evse.save()
    evse.station.location.country_code = "DE"
    evse.station.location.save()
    fee = [
        {"price_components": [{"type": "FLAT", "price": "1", "step_size": 1}, *CHEAP[0]["price_components"]]}
    ]
    with_fee = create_tariff(organization=evse.organization, name="Fee", elements=fee)
    assign_tariff(tariff=with_fee, group=group, starts_at=NOON)
    assert tariff_rules.broken_rules(with_fee) == ()
    assert tariff_rules.is_sold_ad_hoc(evse)
    assign_tariff(tariff=with_fee, station=evse.station, starts_at=clock.now())
    assert tariff_rules.broken_rules(with_fee)
    assert not tariff_rules.is_sold_ad_hoc(evse)


# --- one price from the start to the receipt


def test_live_cost_and_record_agree_and_stay_when_she_leaves_in_between(story, owner, group, cheap):
    assign_tariff(tariff=cheap, group=group, starts_at=LONG_AGO)
    one = join(group, owner, story.driver.email)
    session = story.session(energy_wh=10_000)
    assert live_cost(session).total_gross == 2
    with clock.at(NOON + timedelta(minutes=10)):
        assert group_desk.remove_member(actor=owner, member=one)
    record = bill_session(session_id=session.pk)
    assert (record.total_gross, record.tariff) == (2, cheap)
    assert whose(story, at=NOON + timedelta(hours=2)) == story.tariff


def test_who_joins_during_a_charge_pays_what_held_when_it_began(story, owner, group, cheap):
    assign_tariff(tariff=cheap, group=group, starts_at=LONG_AGO)
    session = story.session(energy_wh=10_000)
    with clock.at(NOON + timedelta(minutes=10)):
        group_desk.add_member(actor=owner, group=group, who=story.driver.email)
    assert bill_session(session_id=session.pk).total_gross == 5


def test_a_card_of_the_group_charges_at_its_price(story, owner, group, cheap):
    token = TokenFactory(user=None, organization=story.evse.organization, uid="STAFF7")
    assign_tariff(tariff=cheap, group=group, starts_at=LONG_AGO)
    join(group, owner, "staff7")
    record = bill_session(session_id=story.session(energy_wh=10_000, driver=False, id_token=token).pk)
    assert record.total_gross == 2


def test_the_hold_and_the_page_are_of_the_groups_price(paid_story, owner, group, cheap):
    cheap.hold_minor = 1500
    cheap.save()
    assign_tariff(tariff=cheap, group=group, starts_at=LONG_AGO)
    join(group, owner, paid_story.driver.email)
    begun = pay_at_once(evse=paid_story.evse, driver=paid_story.driver)
    assert begun.payment.requested_minor == 1500
    assert begin_checkout(evse=paid_story.evse, email="guest@example.org").payment.requested_minor == 5000


# --- free of charge


def test_a_group_that_charges_free_needs_no_card_holds_nothing_and_gets_a_record_of_zero(story, owner, group):
    assign_free(group=group, location=story.evse.station.location, starts_at=LONG_AGO)
    asked = [question(story.evse, story.driver), question(story.evse, UserFactory())]
    assert account_can_pay(asked) == [NO_CARD, NO_CARD]
    join(group, owner, story.driver.email)
    assert account_can_pay(asked) == [None, NO_CARD]
    with pytest.raises(NothingToPay):
        pay_at_once(evse=story.evse, driver=story.driver)
    assert hold_for_session(session_id=story.session(status="active").pk) is None
    beside = EvseFactory(station__location=story.evse.station.location)
    record = bill_session(session_id=story.session(energy_wh=10_000, evse=beside).pk)
    assert (record.total_gross, record.tariff, record.tariff_snapshot["id"]) == (0, None, "free")


def test_many_who_are_let_in_by_their_groups_are_asked_about_in_few_queries(story, owner, group, statements):
    assign_free(group=group, starts_at=LONG_AGO)
    people = [UserFactory() for _ in range(20)]
    for person in people:
        join(group, owner, person.email)
    few, many = ([question(story.evse, person) for person in people[:n]] for n in (2, 20))
    with statements(5):
        account_can_pay(few)
    with statements(5):
        assert account_can_pay(many) == [None] * 20


# --- on whose account


def on_account(group, company, owner):
    group_desk.change_group(actor=owner, group=group, name=group.name, company=company)


def test_a_groups_charges_go_on_the_account_of_its_company_and_keep_its_price(story, owner, group, cheap):
    assign_tariff(tariff=cheap, group=group, starts_at=LONG_AGO)
    company = a_company(story)
    CompanyMember.objects.all().delete()
    one = join(group, owner, story.driver.email)
    asked = [question(story.evse, story.driver)]
    assert account_can_pay(asked) == [NO_CARD]
    on_account(group, company, owner)
    assert account_can_pay(asked) == [None]
    assert account_open_to(user=story.driver, organization=company.organization) == company
    session = story.session(status="active")
    assert hold_for_session(session_id=session.pk) is None
    over = {"status": "completed", "ended_at": NOON + timedelta(hours=1), "energy_wh": 10_000}
    ChargingSession.objects.filter(pk=session.pk).update(**over)
    group_desk.remove_member(actor=owner, member=one)
    assert account_open_to(user=story.driver, organization=company.organization) is None
    record = bill_session(session_id=session.pk)
    assert (record.company, record.total_gross) == (company, 2)


def test_her_own_company_goes_before_her_groups_and_a_closed_one_pays_nothing(story, owner, group):
    own, other = a_company(story), a_company_named(story, "Pier House")
    join(group, owner, story.driver.email)
    on_account(group, other, owner)
    organization = own.organization
    assert account_open_to(user=story.driver, organization=organization) == own
    CompanyAccount.objects.filter(pk=own.pk).update(is_active=False)
    assert account_open_to(user=story.driver, organization=organization) == other
    CompanyAccount.objects.filter(pk=other.pk).update(is_active=False)
    assert account_open_to(user=story.driver, organization=organization) is None
    assert account_can_pay([question(story.evse, story.driver)]) == [NO_CARD]


def a_company_named(story, name):
    fields = {**ADDRESS, "name": name, "email": "house@example.org"}
    return CompanyAccount.objects.create(organization=story.evse.organization, **fields)


def test_the_one_statement_and_the_page_agree_about_groups_with_an_account(story, owner, group):
    """By card or on accounts only, with and without a limit that is used up."""
    company = a_company_named(story, "Pier House")
    join(group, owner, story.driver.email)
    on_account(group, company, owner)
    bill_session(session_id=story.session(energy_wh=20_000).pk)
    for limit in (None, 1001, 1000):
        CompanyAccount.objects.filter(pk=company.pk).update(monthly_limit_minor=limit)
        opened = account_open_to(user=story.driver, organization=company.organization)
        refused = account_can_pay([question(story.evse, story.driver)])[0]
        assert (opened is None) == (refused is not None) == (limit == 1000)


# --- the desk


def test_each_act_is_written_down_once(story, owner, group):
    assert not group_desk.change_group(actor=owner, group=group, name="Residents", company=None)
    assert group_desk.change_group(actor=owner, group=group, name="House 7", company=None)
    group.refresh_from_db()
    one = group_desk.add_member(actor=owner, group=group, who=story.driver.email.upper())
    free = group_desk.charge_free(actor=owner, group=group, evse=story.evse)
    tariff_desk.end(actor=owner, assignment=free)
    assert group_desk.remove_member(actor=owner, member=one)
    assert not group_desk.remove_member(actor=owner, member=one)
    acts = AuditEntry.objects.filter(subject=group_desk.subject_of(group)).order_by("pk")
    assert list(acts.values_list("action", flat=True)) == [
        "group.create",
        "group.change",
        "group.member_add",
        "group.free",
        "group.free_end",
        "group.member_remove",
    ]
    assert [entry.actor for entry in acts] == [owner] * 6


def test_nobody_unknown_joins_and_no_name_is_taken_twice(story, owner, group):
    TokenFactory(uid="FOREIGN1", user=None)
    for nobody in ("FOREIGN1", "nobody@example.org"):
        with pytest.raises(NobodyFound):
            group_desk.add_member(actor=owner, group=group, who=nobody)
    with pytest.raises(NameTaken):
        group_desk.open_group(actor=owner, organization=group.organization, name="Residents")
    other = group_desk.open_group(actor=owner, organization=group.organization, name="Club")
    with pytest.raises(NameTaken):
        group_desk.change_group(actor=owner, group=other, name="Residents", company=None)


def test_who_leaves_may_come_back_and_both_times_stay_on_record(story, owner, group):
    one = join(group, owner, story.driver.email)
    with clock.at(NOON):
        group_desk.remove_member(actor=owner, member=one)
    with clock.at(NOON + timedelta(days=1)):
        again = group_desk.add_member(actor=owner, group=group, who=story.driver.email)
    assert list(members_now(group)) == [again]
    assert groups_of(group.organization).get().count == 1
    assert GroupMember.objects.filter(group=group).count() == 2


def test_who_asks_to_be_forgotten_is_no_member_any_more(story, owner, group):
    join(group, owner, story.driver.email)
    erase_person(user=story.driver)
    assert not members_now(group).exists()


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_add_one_person_to_two_groups_at_once_one_does(story, owner, group):
    club = group_desk.open_group(actor=owner, organization=story.evse.organization, name="Club")

    def add():
        for where in (group, club):
            try:
                group_desk.add_member(actor=owner, group=where, who=story.driver.email)
            except group_desk.InAGroup:
                continue

    at_once(8, add)
    assert GroupMember.objects.filter(user=story.driver).count() == 1
    assert AuditEntry.objects.filter(action="group.member_add").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_give_a_group_a_price_for_the_same_moment_one_does(story, group, cheap):
    start = clock.now() + timedelta(days=1)

    def give():
        try:
            return assign_tariff(tariff=cheap, group=group, starts_at=start)
        except TariffConflict:
            return None

    assert len([one for one in at_once(8, give) if one]) == 1
    assert TariffAssignment.objects.filter(Q(group=group)).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_remove_one_member_at_once_one_does(story, owner, group):
    one = join(group, owner, with_card(story.driver).email)
    removed = at_once(8, lambda: group_desk.remove_member(actor=owner, member=one))
    assert removed.count(True) == 1
    assert AuditEntry.objects.filter(action="group.member_remove").count() == 1

"""Groups of customers and companies' accounts, as a partner's program reads them."""

from __future__ import annotations

import pytest

from payments.models import CompanyAccount
from payments.services import company_desk, group_desk
from payments.services.retiring_groups import retire_group
from tests.factories import MembershipFactory, TokenFactory, UserFactory
from tests.payments.fleet import ADDRESS

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet(owner, organization):
    company = CompanyAccount.objects.create(
        organization=organization, name="Fjord Fleet", monthly_limit_minor=50_000, **ADDRESS
    )
    who = UserFactory(email="nora@example.org").email
    company_desk.add_member(actor=owner, company=company, who=who, cost_center="Sales")
    return company


@pytest.fixture
def residents(owner, organization, fleet):
    group = group_desk.open_group(actor=owner, organization=organization, name="Residents")
    group_desk.change_group(actor=owner, group=group, name="Residents", company=fleet)
    TokenFactory(uid="PIER7-0042", user=None, organization=organization)
    for who in (UserFactory(email="lars@example.org").email, "PIER7-0042"):
        group_desk.add_member(actor=owner, group=group, who=who)
    return group


def test_groups_are_listed_with_how_many_belong_to_them(api, residents, fleet):
    (told,) = api.get("groups/").json()["results"]
    assert (told["id"], told["name"], told["members"]) == (str(residents.public_id), "Residents", 2)
    assert (told["company_id"], told["retired_at"]) == (str(fleet.public_id), None)


def test_a_group_tells_who_belongs_to_it_now(api, owner, residents):
    told = api.get(f"groups/{residents.public_id}/").json()["belonging"]
    assert [(one["driver"], one["token"]) for one in told] == [
        ("lars@example.org", None),
        (None, "PIER7-0042"),
    ]
    assert all(one["since"] for one in told)
    retire_group(actor=owner, group=residents)
    assert api.get(f"groups/{residents.public_id}/").json()["belonging"] == []


def test_retired_groups_are_told_apart(api, owner, residents):
    retire_group(actor=owner, group=residents)
    assert len(api.get("groups/?is_retired=true").json()["results"]) == 1
    assert api.get("groups/?is_retired=false").json()["results"] == []


def test_companies_are_listed_with_their_limit_as_money(api, fleet):
    (told,) = api.get("companies/").json()["results"]
    assert (told["name"], told["monthly_limit"], told["currency"]) == ("Fjord Fleet", "500.00", "EUR")
    assert told["members"] == 1


def test_a_company_tells_its_members_and_its_groups(api, fleet, residents):
    told = api.get(f"companies/{fleet.public_id}/").json()
    assert [(one["driver"], one["cost_center"]) for one in told["belonging"]] == [
        ("nora@example.org", "Sales")
    ]
    assert told["group_ids"] == [str(residents.public_id)]


@pytest.mark.parametrize("kind", ["groups", "companies"])
def test_another_network_sees_none_of_them(api_as, fleet, residents, kind):
    stranger = api_as(user=MembershipFactory().user, scopes=["money:read"])
    assert stranger.get(f"{kind}/").json()["results"] == []
    hers = {"groups": residents, "companies": fleet}[kind]
    assert stranger.get(f"{kind}/{hers.public_id}/").status_code == 404


@pytest.mark.parametrize("kind", ["groups", "companies"])
def test_they_need_the_scope_and_a_role_that_sees_money(api_as, member, fleet, residents, kind):
    assert api_as(scopes=["sessions:read"]).get(f"{kind}/").status_code == 403
    viewer = MembershipFactory(organization=member.organization, role="viewer").user
    assert api_as(user=viewer, scopes=["money:read"]).get(f"{kind}/").json()["results"] == []


def test_a_list_asks_the_database_as_often_for_many_as_for_one(
    api, owner, organization, residents, django_assert_max_num_queries
):
    for number in range(5):
        group_desk.open_group(actor=owner, organization=organization, name=f"Club {number}")
    with django_assert_max_num_queries(8):
        assert len(api.get("groups/").json()["results"]) == 6

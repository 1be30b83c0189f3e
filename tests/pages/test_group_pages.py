"""Groups of customers, as an operator keeps them and a member meets them."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from core import clock
from payments.models import CompanyAccount, GroupMember, TariffAssignment
from payments.services import group_desk
from payments.services.tariffs import assign_tariff, create_tariff
from stations.models import ChargingStation
from tests.factories import MembershipFactory, StationFactory, TokenFactory, UserFactory
from tests.pages.browser import DESK
from tests.payments.stories import KWH

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def network(transactional_db):
    """A group with a driver and a card, a price of its own, and a stall to charge at."""
    member = MembershipFactory(user__name="Elin Vik", organization__name="Nordlys")
    organization, owner = member.organization, member.user
    station = StationFactory(location__organization=organization, location__name="Harbour Hub")
    ChargingStation.objects.filter(pk=station.pk).update(is_connected=True, registration="accepted")
    evse = station.evses.get()
    evse.connectors.update(status="available", status_at=clock.now())
    assign_tariff(tariff=create_tariff(organization=organization, name="Standard", elements=KWH))
    group = group_desk.open_group(actor=owner, organization=organization, name="Residents of Pier 7")
    driver = UserFactory(name="Nora Berg", email="nora@example.org")
    TokenFactory(uid="PIER7-0042", user=None, organization=organization, label="House card")
    for who in (driver.email, "PIER7-0042"):
        group_desk.add_member(actor=owner, group=group, who=who)
    cheap = [{"price_components": [{**KWH[0]["price_components"][0], "price": "0.29"}]}]
    own = create_tariff(organization=organization, name="Pier price", elements=cheap)
    assign_tariff(tariff=own, group=group)
    return {"owner": owner, "group": group, "driver": driver, "evse": evse, "tariff": own}


def test_a_group_is_made_filled_and_given_free_charging(visit, network):
    visitor = visit(DESK, user=network["owner"])
    page = visitor.goto(reverse("payments:groups"))
    visitor.is_pleased("groups")
    page.get_by_label("Name").fill("Staff")
    page.get_by_role("button", name="Make the group").click()
    expect(page.get_by_text("they pay what everybody pays.")).to_be_visible()
    visitor.is_pleased("group-empty")
    page.get_by_label("Driver's e-mail or card number").fill("nobody@example.org")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("No driver has this address").first).to_be_visible()
    visitor.is_pleased("group-refused")
    UserFactory(name="Lars Dahl", email="lars@example.org")
    page.get_by_label("Driver's e-mail or card number").fill("lars@example.org")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("is a member from now on.")).to_be_visible()
    page.get_by_label("Site", exact=True).select_option("Harbour Hub")
    page.get_by_role("button", name="Charge free of charge").click()
    expect(page.get_by_text("Its members charge free of charge there.")).to_be_visible()
    held = TariffAssignment.objects.get(group__name="Staff")
    assert (held.tariff, str(held.location)) == (None, "Harbour Hub")


def test_a_group_with_members_and_a_price_reads_well_and_a_member_is_removed_after_asking(visit, network):
    visitor = visit(DESK, user=network["owner"])
    page = visitor.goto(reverse("payments:group", args=[network["group"].public_id]))
    expect(page.get_by_text("Pier price").first).to_be_visible()
    visitor.is_pleased("group")
    visitor.has_reflow_at_320()
    page.get_by_role("button", name="Nora Berg").click()
    expect(page.get_by_role("dialog")).to_contain_text("Remove Nora Berg from the group?")
    visitor.is_pleased("group-remove-asked")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("is no member any more")).to_be_visible()
    assert GroupMember.objects.filter(during__endswith=None).count() == 1


def test_a_group_is_put_on_a_companys_account(visit, network):
    address = {"street": "Kai 7", "postal_code": "20457", "city": "Hamburg", "country_code": "DE"}
    CompanyAccount.objects.create(
        organization=network["group"].organization, name="Pier House", email="house@example.org", **address
    )
    visitor = visit(DESK, user=network["owner"])
    page = visitor.goto(reverse("payments:group", args=[network["group"].public_id]))
    page.get_by_label("On whose account").select_option("Pier House")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("on the account of Pier House")).to_be_visible()
    visitor.is_pleased("group-on-account")
    visitor = visit(user=network["driver"])
    page = visitor.goto(reverse("scheduling:start", args=[network["evse"].code]))
    expect(page.get_by_role("button", name="Start, on the account of Pier House")).to_be_visible()
    expect(page.get_by_text("0.29").first).to_be_visible()


def test_the_tariffs_page_says_for_whom_it_holds(visit, network):
    visitor = visit(DESK, user=network["owner"])
    page = visitor.goto(reverse("payments:tariff", args=[network["tariff"].public_id]))
    expect(page.get_by_role("link", name="Residents of Pier 7")).to_be_visible()
    visitor.is_pleased("tariff-of-a-group")


def test_a_member_reads_her_price_where_she_starts_and_where_she_books(visit, network):
    visitor = visit(user=network["driver"])
    page = visitor.goto(reverse("scheduling:start", args=[network["evse"].code]))
    expect(page.get_by_text("The price for members of Residents of Pier 7")).to_be_visible()
    expect(page.get_by_text("0.29").first).to_be_visible()
    visitor.is_pleased("start-group-price")
    page = visitor.goto(reverse("scheduling:site", args=[network["evse"].station.location.slug]))
    expect(page.get_by_text("The price for members of Residents of Pier 7")).to_be_visible()
    visitor.is_pleased("site-group-price")


def test_who_charges_free_reads_why(visit, network):
    group_desk.charge_free(actor=network["owner"], group=network["group"], evse=network["evse"])
    visitor = visit(user=network["driver"])
    page = visitor.goto(reverse("scheduling:start", args=[network["evse"].code]))
    expect(page.get_by_text("Free for members of Residents of Pier 7")).to_be_visible()
    visitor.is_pleased("start-group-free")


def test_a_network_without_groups_says_what_they_are_for(visit, transactional_db):
    visitor = visit(DESK, user=MembershipFactory().user)
    page = visitor.goto(reverse("payments:groups"))
    expect(page.get_by_text("No group yet.")).to_be_visible()
    visitor.is_pleased("groups-empty")


def test_a_group_that_is_over_is_retired_and_stands_apart(visit, network):
    visitor = visit(DESK, user=network["owner"])
    page = visitor.goto(reverse("payments:group", args=[network["group"].public_id]))
    page.get_by_role("button", name="Retire the group").click()
    page.get_by_role("dialog").get_by_role("button", name="Retire the group").click()
    expect(page.get_by_text("Retired since")).to_be_visible()
    visitor.is_pleased("group-retired")
    page = visitor.goto(reverse("payments:groups"))
    expect(page.get_by_role("heading", name="Retired")).to_be_visible()
    visitor.is_pleased("groups-retired")
    page.get_by_role("link", name="Residents of Pier 7").click()
    page.get_by_role("button", name="Take up the group").click()
    expect(page.get_by_text("The group is there again, with 2 members.")).to_be_visible()

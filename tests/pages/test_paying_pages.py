"""How drivers pay, as an owner chooses it; and a stall where no card is asked for."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from payments.selectors.paying import way_of
from payments.services.paying import set_way
from tests.pages.browser import DESK
from tests.pages.test_book_pages import network

__all__ = ["network"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def choose(network, way):
    organization = network["evse"].organization
    set_way(actor=network["owner"], organization=organization, way=way)
    return reverse("scheduling:start", args=[network["evse"].code])


def test_an_owner_says_how_drivers_pay(visit, network):
    visitor = visit(DESK, user=network["owner"])
    page = visitor.goto(reverse("payments:paying"))
    visitor.is_pleased("paying")
    visitor.has_reflow_at_320()
    page.get_by_label("Nobody pays").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It holds for charges that begin from now on.").first).to_be_visible()
    assert way_of(network["evse"].organization_id) == "free"
    page = visitor.goto(reverse("payments:tariffs"))
    expect(page.get_by_text("Nobody pays in this network")).to_be_visible()
    visitor.is_pleased("tariffs-nobody-pays")


def test_a_guest_reads_who_may_charge_where_no_card_is_asked_for(visit, network):
    visitor = visit()
    page = visitor.goto(choose(network, "internal"))
    expect(page.get_by_text("takes no cards")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in to charge")).to_be_visible()
    visitor.is_pleased("start-internal-guest")


def test_who_is_on_an_account_starts_on_it(visit, network):
    visitor = visit(user=network["member"])
    page = visitor.goto(choose(network, "internal"))
    expect(page.get_by_role("button", name="Start, on the account of Fjord Fleet")).to_be_visible()
    expect(page.get_by_text("Pay it myself")).to_have_count(0)
    visitor.is_pleased("start-internal-member")

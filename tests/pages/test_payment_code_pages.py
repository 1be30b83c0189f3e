"""The one-time payment code (2.1 C25) as an operator turns it on, and as a guest with an old one meets it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.factories import LocationFactory, MembershipFactory, StationFactory
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def owner(transactional_db):
    member = MembershipFactory(user__name="Elin Vik", organization__name="Nordlys")
    location = LocationFactory(organization=member.organization, name="Harbour Hub", slug="harbour-hub")
    StationFactory(location=location, identity="HUB-1", name="Hub 1", ocpp_version="2.1")
    return member.user


def test_an_operator_turns_the_code_on(visit, owner):
    visitor = visit(DESK, user=owner)
    page = visitor.goto("/operate/chargers/HUB-1/security/")
    page.locator("summary", has_text="Payment code on the display").click()
    page.get_by_role("button", name="Show the code").click()
    expect(page.locator("#security")).to_contain_text("on · the charger was asked")
    page.locator("summary", has_text="Payment code on the display").click()
    expect(page.get_by_role("button", name="Hide the code")).to_be_visible()
    visitor.is_pleased("operator-payment-code")


def test_a_guest_with_an_old_code_is_asked_to_scan_again(visit, owner):
    visitor = visit()
    page = visitor.page
    answer = page.goto(f"{visitor.url}/q/HUB-1/1/aHicux89/v1/")
    assert answer.status == 403
    expect(page.get_by_role("heading", name="Please scan again")).to_be_visible()
    assert page.locator("main a").count() == 0
    visitor.is_pleased("scan-again")

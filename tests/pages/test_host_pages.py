"""Site hosts, as the operator and as the host sees them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from core import clock
from payments.services import hosting, paying_hosts, statements
from payments.services.billing import bill_session
from payments.services.tariffs import assign_tariff, create_tariff
from tests.factories import EvseFactory, LocationFactory, MembershipFactory, SessionFactory, StationFactory
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
KWH = [{"price_components": [{"type": "ENERGY", "price": "0.59", "vat": "19", "step_size": 1}]}]


@pytest.fixture
def network(transactional_db):
    """A mall that gets ten percent of what was sold at its garage last month."""
    member = MembershipFactory(user__name="Elin Vik", organization__name="Nordlys")
    organization = member.organization
    garage = LocationFactory(organization=organization, name="Old Town Garage")
    evse = EvseFactory(station=StationFactory(location=garage))
    long_ago = clock.now() - timedelta(days=90)
    assign_tariff(
        tariff=create_tariff(organization=organization, name="Day", elements=KWH), starts_at=long_ago
    )
    host = hosting.add_host(
        actor=member.user, organization=organization, name="Old Town Mall", email="mall@example.org"
    )
    hosting.give_share(actor=member.user, host=host, location=garage, percent=Decimal(10), starts_at=long_ago)
    for day, energy_wh in enumerate((21_400, 33_150, 8_020)):
        _sold(evse, energy_wh, long_ago + timedelta(days=40 + day))
    _state(organization)
    return member.user, host


def _sold(evse, energy_wh, at):
    session = SessionFactory(
        evse=evse,
        status="completed",
        started_at=at,
        ended_at=at + timedelta(hours=1),
        meter_start_wh=0,
        meter_end_wh=energy_wh,
        energy_wh=energy_wh,
    )
    bill_session(session_id=session.pk)


def _state(organization):
    """The records are issued now: their month is over when the next one has come."""
    now = clock.now
    later = (now() + timedelta(days=32)).replace(day=2)
    clock.now = lambda: later
    try:
        statements.state_month(organization=organization, month=date(now().year, now().month, 1))
    finally:
        clock.now = now


def test_the_hosts_of_a_network(visit, network):
    boss, _host = network
    visitor = visit(DESK, user=boss)
    page = visitor.goto(reverse("payments:hosts"))
    expect(page.get_by_role("link", name="Old Town Mall")).to_be_visible()
    visitor.is_pleased("hosts")
    page.get_by_label("Name").fill("Harbor")
    page.get_by_label("E-mail").fill("mall@example.org")
    page.get_by_role("button", name="Add and invite").click()
    expect(page.get_by_text("A host with this address is here already.").first).to_be_visible()
    visitor.is_pleased("hosts-refused")


def test_a_network_without_hosts(visit, db):
    visitor = visit(DESK, user=MembershipFactory().user)
    visitor.goto(reverse("payments:hosts"))
    visitor.is_pleased("hosts-none")


def test_one_host_their_shares_statements_and_payouts(visit, network):
    boss, host = network
    visitor = visit(DESK, user=boss)
    page = visitor.goto(reverse("payments:host", args=[host.public_id]))
    expect(page.get_by_text("It can be paid out when the host has said")).to_be_visible()
    visitor.is_pleased("host")
    page.get_by_label("Share in percent").fill("0")
    page.get_by_role("button", name="Give this share").click()
    expect(page.get_by_text("Write a share above zero").first).to_be_visible()
    visitor.is_pleased("host-refused")
    page.goto(page.url.replace("share/", ""))
    page.get_by_role("region", name="Statements").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Every record")).to_be_visible()
    visitor.is_pleased("host-statement")


def test_the_hosts_own_page(visit, network):
    _boss, host = network
    visitor = visit(DESK)
    path = "/host/" + paying_hosts.host_page(host).partition("/host/")[2]
    page = visitor.goto(path)
    expect(page.get_by_role("button", name="Set up payouts")).to_be_visible()
    visitor.is_pleased("host-own-page")

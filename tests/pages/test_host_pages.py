"""Site hosts, as the operator and as the host sees them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from psycopg.types.range import TimestamptzRange

from core import clock
from payments.models import HostPayout, PlatformTerms
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


@pytest.fixture
def own(network):
    """The network itself, of which the installation keeps two percent; a payout was too early."""
    boss, host = network
    PlatformTerms.objects.create(
        organization=host.organization,
        percent=Decimal(2),
        fixed_minor=10,
        during=TimestamptzRange(clock.now() - timedelta(days=200), None),
    )
    own = hosting.pay_ourselves(actor=boss, organization=host.organization)
    _state(host.organization)
    paid = {"amount_minor": 4200, "currency": "EUR", "status": "paid", "reversed_minor": 200}
    HostPayout.objects.create(organization=host.organization, host=own, provider_ref="tr_1", **paid)
    return own


def test_payouts_to_the_organization_itself(visit, network, own):
    boss, _host = network
    visitor = visit(DESK, user=boss)
    page = visitor.goto(reverse("payments:hosts"))
    page.get_by_role("button", name="Payouts to ourselves").click()
    expect(page.get_by_role("heading", name="What the installation keeps")).to_be_visible()
    visitor.is_pleased("own-payouts")
    page.get_by_role("region", name="Statements").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Collected for you")).to_be_visible()
    visitor.is_pleased("own-statement")
    path = "/host/" + paying_hosts.host_page(own).partition("/host/")[2]
    expect(visitor.goto(path).get_by_text("is paid out to you, less what")).to_be_visible()
    visitor.is_pleased("own-payouts-link")


def test_a_payout_is_taken_back_with_a_reason(visit, network, own):
    boss, _host = network
    visitor = visit(DESK, user=boss)
    page = visitor.goto(reverse("payments:host", args=[own.public_id]))
    page.get_by_role("link", name="Take back").click()
    visitor.is_pleased("take-back")
    page.get_by_label("Amount to take back").fill("99")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("alert")).to_contain_text("more than what is left")
    visitor.complaints.clear()  # the browser tells of the 422
    visitor.is_pleased("take-back-refused")
    HostPayout.objects.update(reversed_minor=4200)
    page = visitor.goto(reverse("payments:payout_take_back", args=[own.payouts.get().public_id]))
    expect(page.get_by_text("Nothing is left of this payout")).to_be_visible()

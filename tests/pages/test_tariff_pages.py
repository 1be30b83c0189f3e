"""Tariffs as an operator sees, writes and plans them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from core import clock
from payments.models import Tariff
from payments.services import tariff_desk
from payments.services.tariffs import assign_tariff, create_tariff
from stations.models import ChargingStation
from tests.factories import EvseFactory, LocationFactory, MembershipFactory, StationFactory
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ENERGY = {"type": "ENERGY", "price": "0.59", "vat": "19", "step_size": 1}
NIGHT = {
    "price_components": [{**ENERGY, "price": "0.39"}],
    "restrictions": {"start_time": "22:00", "end_time": "06:00"},
}
WEEKEND = {
    "price_components": [{**ENERGY, "price": "0.45"}],
    "restrictions": {"day_of_week": ["SATURDAY", "SUNDAY"]},
}
ALWAYS = {
    "price_components": [
        ENERGY,
        {**ENERGY, "type": "PARKING_TIME", "price": "6", "step_size": 60},
        {**ENERGY, "type": "FLAT", "price": "0.35"},
    ]
}
BY_POWER = {"price_components": [ENERGY], "restrictions": {"min_power": "16"}}


@pytest.fixture
def network(transactional_db):
    """A tariff with bands that holds, was changed, and is planned elsewhere; a hub with fast stalls."""
    member = MembershipFactory(
        user__name="Elin Vik", organization__name="Nordlys", organization__country_code="DE"
    )
    organization, user = member.organization, member.user
    hub = LocationFactory(organization=organization, name="Harbour Hub", country_code="DE")
    garage = LocationFactory(organization=organization, name="Old Town Garage", country_code="DE")
    stall = StationFactory(location=hub, name="Hub 1").evses.get()
    stall.name, stall.max_power_w = "Stall 1", 150_000
    stall.save()
    EvseFactory(station=stall.station, number=2, name="Stall 2", max_power_w=22_000)
    tariff = create_tariff(
        organization=organization,
        name="Day and night",
        elements=[NIGHT, WEEKEND, ALWAYS],
        idle_grace_minutes=10,
    )
    day = timedelta(days=1)
    assign_tariff(tariff=tariff, location=garage, starts_at=clock.now() - 90 * day)
    other = create_tariff(organization=organization, name="Summer", elements=[{"price_components": [ENERGY]}])
    assign_tariff(tariff=other, location=garage, starts_at=clock.now() - 30 * day)
    tariff_desk.put_to_work(actor=user, tariff=tariff, starts_at=clock.now() - 20 * day)
    tariff_desk.put_to_work(actor=user, tariff=tariff, location=garage, starts_at=clock.now() + 9 * day)
    return {"user": user, "organization": organization, "tariff": tariff, "stall": stall}


def path_of(tariff) -> str:
    return f"/operate/tariffs/{tariff.public_id}/"


def test_a_tariff_tells_its_prices_places_versions_and_who_changed_it(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/tariffs/")
    visitor.is_pleased("tariffs-list")
    page.get_by_role("link", name="Day and night").click()
    expect(page.get_by_role("row", name="22:00–24:00")).to_contain_text("0.39")
    expect(page.get_by_text("A start fee is not allowed")).to_be_visible()
    expect(page.get_by_role("row", name="Old Town Garage").filter(has_text="planned")).to_have_count(1)
    visitor.is_pleased("tariff")
    visitor.has_reflow_at_320()


def test_a_price_makes_room_for_a_planned_one_which_can_be_canceled(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto(path_of(network["tariff"]))
    page.get_by_label("Site", exact=True).select_option(label="Old Town Garage")
    page.get_by_role("button", name="Put to work").click()
    expect(page.get_by_text("when what was planned before takes over")).to_be_visible()
    visitor.is_pleased("tariff-before-a-planned-one")
    page.get_by_role("row", name="planned").get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Ended:").first).to_be_visible()
    expect(page.get_by_role("row", name="planned")).to_have_count(0)


def test_ending_what_holds_asks_first(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto(path_of(network["tariff"]))
    page.get_by_role("button", name="End now").click()
    dialog = page.get_by_role("dialog", name="End this price now?")
    expect(dialog).to_be_visible()
    visitor.is_pleased("tariff-end", whole=False)
    dialog.get_by_role("button", name="End now").click()
    expect(page.get_by_text("Ended:").first).to_be_visible()
    expect(page.get_by_role("button", name="End now")).to_have_count(0)


def test_a_tariff_is_made_and_its_preview_follows_what_is_typed(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/tariffs/new/")
    visitor.is_pleased("tariff-new")
    visitor.has_reflow_at_320()
    page.get_by_label("Name", exact=True).fill("Lunch")
    page.get_by_label("Tax in percent").fill("19")
    page.get_by_label("Price per kWh", exact=True).fill("0.60")
    expect(page.locator("#preview")).to_contain_text("€18.00")
    page.get_by_label("Price per kWh", exact=True).fill("0.70")
    expect(page.locator("#preview")).to_contain_text("€21.00")
    page.get_by_role("button", name="Add a band").click()
    band = page.get_by_role("group", name="Band 1")
    band.get_by_label("From").fill("11:00")
    band.get_by_label("To", exact=True).fill("14:00")
    band.get_by_label("Price per kWh").fill("0.50")
    expect(page.locator("#preview")).to_contain_text("€15.00")
    expect(page.get_by_role("row", name="11:00–14:00")).to_be_visible()
    visitor.is_pleased("tariff-preview")
    page.get_by_role("button", name="Make the tariff").click()
    expect(page.get_by_text("“Lunch” is made")).to_be_visible()
    assert Tariff.objects.filter(name="Lunch").count() == 1


def test_a_change_makes_a_version_that_takes_over(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto(path_of(network["tariff"]) + "change/")
    visitor.is_pleased("tariff-change")
    page.get_by_label("Start fee").fill("")
    expect(page.locator("#preview").get_by_text("A start fee is not allowed")).to_have_count(0)
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_role("heading", name="Version 2 waits")).to_be_visible()
    visitor.is_pleased("tariff-waits")


def test_what_is_wrong_is_marked_where_it_stands(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto(path_of(network["tariff"]) + "change/")
    page.get_by_label("Currency").fill("€")
    page.get_by_role("group", name="Band 1").get_by_label("Price per kWh").fill("cheap")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("three letters").first).to_be_visible()
    visitor.is_pleased("tariff-refused")


def test_a_tariff_that_says_more_is_written_as_ocpi(visit, network):
    more = create_tariff(
        organization=network["organization"],
        name="By power",
        elements=[BY_POWER, {"price_components": [ENERGY]}],
    )
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto(path_of(more) + "change/")
    text = page.get_by_label("OCPI tariff")
    text.fill(text.input_value().replace("min_power", "min_pwr"))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Nobody here reads").first).to_be_visible()
    visitor.is_pleased("tariff-ocpi")


def test_a_viewer_looks_and_has_nothing_to_press(visit, network):
    network["user"].memberships.update(role="viewer")
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto(path_of(network["tariff"]))
    expect(page.get_by_role("link", name="Change")).to_have_count(0)
    visitor.is_pleased("tariff-viewer")


def test_a_tariff_that_holds_nowhere(visit, network):
    fresh = create_tariff(
        organization=network["organization"], name="Fresh", elements=[{"price_components": [ENERGY]}]
    )
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto(path_of(fresh))
    expect(page.get_by_text("Nowhere yet.")).to_be_visible()
    visitor.is_pleased("tariff-nowhere")


def test_a_price_that_is_not_for_guests_and_the_owner_who_answers_for_it(visit, network):
    """From 50 kW with a start fee: sign in, or no charge."""
    stall = network["stall"]
    ChargingStation.objects.update(is_connected=True)
    stall.connectors.update(status="available")
    visitor = visit(DESK)
    page = visitor.goto(reverse("scheduling:start", args=[stall.code]))
    expect(page.get_by_role("link", name="Sign in to charge")).to_be_visible()
    visitor.is_pleased("start-needs-account")
    boss = visit(DESK, user=network["user"])
    page = boss.goto(path_of(network["tariff"]))
    page.get_by_label("Why the rule does not bind this price").last.fill("A fleet yard, by contract")
    boss.is_pleased("tariff-rule")
    page.get_by_role("button", name="Override").last.click()
    expect(page.get_by_text("Overridden by")).to_be_visible()
    boss.is_pleased("tariff-rule-overridden")

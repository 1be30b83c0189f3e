"""The pages for keeping chargers in order: files, templates, configuration, lists, journal, conformance."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core import clock
from ocpp_bridge.models import Frame, QuirkSeen
from stations.command_kinds import Reset
from stations.models import ChargingStation
from stations.services import commands, configuration, files, local_lists
from stations.services.device import store_variables
from tests.factories import MembershipFactory, StationFactory, TokenFactory
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def network(transactional_db, settings, tmp_path):
    """A charger with something of everything."""
    settings.FILES_ROOT = str(tmp_path)
    member = MembershipFactory(user__name="Elin Vik", organization__name="Nordlys")
    station = StationFactory(location__organization=member.organization, identity="HUB-1", name="Hub 1")
    now = clock.now()
    ChargingStation.objects.filter(pk=station.pk).update(
        vendor="Wallwerk", model="Duo 22", ocpp_version="1.6", is_connected=True, last_seen_at=now
    )
    station.refresh_from_db()
    tell(station)
    converse(station, now)
    return {"user": member.user, "station": station}


def tell(station) -> None:
    rows = {
        "HeartbeatInterval": "60",
        "SupportedFeatureProfiles": "Core,SmartCharging",
        "MessageTimeout": "30",
    }
    said = [{"variable": name, "value": value, "mutability": "ReadWrite"} for name, value in rows.items()]
    store_variables(station_id=station.pk, variables=said)


def converse(station, now) -> None:
    for n in range(60):
        at = now - timedelta(seconds=10 * n + 5)
        error = f'[4,"{n}","FormationViolation","status is missing",{{}}]'
        Frame.objects.create(
            station=station, at=at, direction="in", message_id=str(n), action="StatusNotification",
            body=f'[2,"{n}","StatusNotification",{{"connectorId":1,"errorCode":"NoError"}}]',
            answer=f'[3,"{n}",{{}}]' if n % 7 else error, answered_at=at + timedelta(milliseconds=8),
        )  # fmt: skip
    QuirkSeen.objects.create(station=station, name="number_as_text", count=3, last_at=now)


def test_the_journal_is_searched_and_opened(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/messages/?errors=1")
    page.locator("summary").filter(has_text="StatusNotification").first.click()
    expect(page.get_by_text("FormationViolation").first).to_be_visible()
    visitor.is_pleased("operator-messages")
    page = visitor.goto("/operate/messages/?station=hub&tail=1")
    expect(page.get_by_role("link", name="Stop following")).to_be_visible()
    expect(page.locator("#messages li")).to_have_count(50)
    visitor.is_pleased("operator-journal", whole=False)


def test_what_comes_is_followed(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/messages/?tail=1")
    Frame.objects.create(
        station=network["station"],
        at=clock.now(),
        direction="in",
        message_id="n",
        action="JustNow",
        body="[2]",
    )
    page.get_by_text("JustNow").first.wait_for(timeout=6000)


def test_the_conformance_card(visit, network):
    commands.request(station=network["station"], kind=Reset())
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/conformance/")
    expect(page.get_by_text("Sends numbers as text")).to_be_visible()
    visitor.is_pleased("operator-conformance")


def test_a_charger_is_compared_with_its_template_and_set_right(visit, network):
    configuration.save_template(
        organization=network["station"].organization, name="Duo", vendor="Wallwerk",
        settings={"HeartbeatInterval": "300", "MessageTimeout": "30"},
    )  # fmt: skip
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/configuration/")
    visitor.is_pleased("operator-configuration")
    page.get_by_role("button", name="Send 1 difference").click()
    expect(page.get_by_text("1 setting is on its way.")).to_be_visible()
    page.get_by_role("link", name="Open the template").click()
    visitor.is_pleased("operator-template")
    visitor.goto("/operate/templates/")
    visitor.is_pleased("operator-templates")


def test_the_local_list_is_turned_on(visit, network):
    TokenFactory(uid="CARD1", organization=network["station"].organization, user=None)
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/local-list/")
    page.get_by_role("button", name="Keep it in step").click()
    expect(page.get_by_text("Waiting to be sent")).to_be_visible()
    visitor.is_pleased("operator-local-list")
    local_lists.turn_off(station=network["station"])


def test_files_are_shown_uploaded_and_installed(visit, network, tmp_path):
    station, user = network["station"], network["user"]
    link, _ = files.await_file(station=station)
    files.receive(link=link, name="diagnostics.tgz", chunks=[b"x" * 5000])
    image = tmp_path / "duo-2.bin"
    image.write_bytes(b"image" * 1000)
    visitor = visit(user=user)
    page = visitor.goto("/operate/files/")
    page.get_by_label("Image").set_input_files(str(image))
    page.locator("#id_version").fill("2.0")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Kept: duo-2.bin.")).to_be_visible()
    visitor.is_pleased("operator-file")
    page.get_by_role("button", name="Install").click()
    expect(page.get_by_text("Asked Hub 1 to install it.")).to_be_visible()
    visitor.goto("/operate/files/")
    visitor.is_pleased("operator-firmware")
    visitor.goto("/operate/files/?kind=logs&station=HUB-1")
    visitor.is_pleased("operator-logs")


def test_an_upload_that_does_not_fit_says_why(visit, network, tmp_path):
    image = tmp_path / "duo-3.bin"
    image.write_bytes(b"image")
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/files/")
    page.get_by_label("Image").set_input_files(str(image))
    page.locator("#id_version").fill("3.0")
    page.get_by_label("SHA-256 from the maker").fill("0" * 64)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("The upload has another one").first).to_be_visible()
    with page.expect_response(lambda answer: "/operate/files/" in answer.url) as renewed:
        page.evaluate("document.body.dispatchEvent(new Event('live:refresh'))")
    assert renewed.value.status == 200  # not the address that was posted to
    visitor.is_pleased("operator-firmware-refused")

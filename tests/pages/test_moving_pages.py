"""Moving in, as an operator sees it: files with their preview, addresses, passwords, and who has arrived."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from core import clock
from ocpp_bridge import turned_away
from ocpp_bridge.callers import Caller
from stations.models import Arrival, ChargingStation, DataImport
from stations.path_patterns import Dialed
from stations.services import arrivals, foreign_addresses, imports
from tests.factories import LocationFactory, MembershipFactory, StationFactory
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Reason = turned_away.Reason
STEVE = "/steve/websocket/CentralSystemService/{identity}"
BOXES = (
    "charge_box_id;description;charge_point_vendor;charge_point_model;location_latitude;location_longitude;key\n"
    "BER-01;Gate;Wallwerk;Duo 22;52,5200;13,4050;old-password\n"
    "BER-02;Yard;Wallwerk;Duo 22;52,5201;13,4051;\n"
    "HUB-1;Hub 1 (north);Wallwerk;Quattro;;;\n"
    "BER:04;Roof;Wallwerk;Duo 22;52,5203;13,4053;\n"
)


@pytest.fixture
def network(transactional_db):
    """A network that moves in: two have come, one fails, one waits; two strangers called."""
    member = MembershipFactory(
        user__name="Elin Vik", organization__name="Nordlys", organization__slug="nordlys"
    )
    organization = member.organization
    hub = LocationFactory(organization=organization, name="Harbour Hub", slug="harbour-hub")
    stations = {
        name: StationFactory(location=hub, identity=name, name=name.title(), vendor="Wallwerk")
        for name in ("HUB-1", "HUB-2", "HUB-3", "HUB-4")
    }
    alias = foreign_addresses.add_path(organization=organization, text=STEVE, actor=member.user)
    foreign_addresses.add_path(
        organization=organization, text="wss://old.example/ocpp/1.6/{identity}", actor=None
    )
    foreign_addresses.add_name(station=stations["HUB-2"], name="EVB-P2002", actor=member.user)
    arrivals.expect(stations.values())
    come(stations["HUB-1"], "1.6", "first_seen", alias)
    come(stations["HUB-2"], "2.0.1", "password", alias)
    fail(organization.pk, "HUB-3", Reason.PASSWORD_NOT_KNOWN, "/steve/websocket/CentralSystemService/HUB-3")
    fail(organization.pk, "GHOST-7", Reason.UNKNOWN_IDENTITY, "/steve/websocket/CentralSystemService/GHOST-7")
    return {"user": member.user, "organization": organization, "stations": stations, "alias": alias}


def come(station, version, showed, alias=None) -> None:
    came = arrivals.Came(
        station=station,
        ocpp_version=version,
        showed=showed,
        remote_address="203.0.113.9",
        dialed=f"/steve/websocket/CentralSystemService/{station.identity}",
        path_alias_id=alias and alias.pk,
    )
    arrivals.note([came])


def fail(organization_id, identity, reason, path) -> None:
    dialed = Dialed("old.example", tuple(step for step in path.split("/") if step))
    caller = Caller(identity, b"", None, ("ocpp1.6",), "203.0.113.9", dialed=dialed)
    turned_away.count_failure(caller, reason, organization_id=organization_id)


def test_who_has_arrived_and_who_has_not(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/moving-in/")
    expect(page.get_by_text("50 % have arrived")).to_be_visible()
    expect(page.get_by_text("Its password is not known here yet.")).to_be_visible()
    expect(page.get_by_text("GHOST-7").first).to_be_visible()
    visitor.is_pleased("moving-in-arrivals")
    visitor.has_reflow_at_320()
    page.get_by_label("State").select_option("failing")
    expect(page.locator("#arrivals tbody tr")).to_have_count(1)


def test_an_arrival_is_seen_within_seconds_and_an_unknown_path_can_be_added(visit, network):
    page = visit(DESK, user=network["user"]).goto("/operate/moving-in/")
    expect(page.locator("[data-live-badge]").first).to_have_attribute("data-state", "live")
    fail(None, "HUB-4", Reason.UNKNOWN_PATH, "/cpms/acme/HUB-4")
    page.get_by_role("link", name="Add its address").click(timeout=8000)
    expect(page.get_by_label("Path")).to_have_value("/cpms/acme/{identity}")
    page.get_by_role("button", name="Add address").click()
    expect(page.get_by_text("/cpms/acme/{identity}").first).to_be_visible()
    page.goto(page.url.replace("addresses/", ""))
    come(network["stations"]["HUB-4"], "1.6", "nothing")
    expect(page.get_by_text("75 % have arrived")).to_be_visible(timeout=8000)


def test_addresses_names_and_first_passwords(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/moving-in/addresses/")
    expect(page.get_by_text("old.example/ocpp/1.6/{identity}", exact=True)).to_be_visible()
    visitor.is_pleased("moving-in-addresses")
    visitor.has_reflow_at_320()
    page.get_by_role("link", name="CitrineOS").click()
    expect(page.get_by_label("Path")).to_have_value("/{identity}")
    page.get_by_label("Path").fill("/ocpp/1.6/CP-1")
    page.get_by_role("button", name="Add address").click()
    expect(page.get_by_text("Write {identity} where").first).to_be_visible()
    visitor.is_pleased("moving-in-addresses-refused")


def test_first_passwords_are_kept_until_a_day_and_it_is_shown(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/moving-in/addresses/")
    day = clock.now().date() + timedelta(days=5)
    page.get_by_label("Until the end of").fill(day.isoformat())
    page.locator("aside").get_by_role("button", name="Save").click()
    expect(page.get_by_text("On until")).to_be_visible()
    visitor.is_pleased("moving-in-first-passwords")


def test_a_file_is_looked_at_confirmed_and_undone(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/moving-in/imports/")
    visitor.is_pleased("moving-in-imports-empty")
    visitor.has_reflow_at_320()
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "charge_box.csv", "mimeType": "text/csv", "buffer": BOXES.encode("latin-1")}
    )
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("no colon").first).to_be_visible()
    page.get_by_label("Password").select_option("key")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("button", name="Write 3 rows")).to_be_visible()
    visitor.is_pleased("moving-in-preview")
    page.get_by_role("button", name="Write 3 rows").click()
    expect(page.get_by_text("Running").first).to_be_visible()
    imports.run_open()
    expect(page.get_by_text("3 of 3 written")).to_be_visible(timeout=8000)
    visitor.is_pleased("moving-in-written")
    assert ChargingStation.objects.get(identity="HUB-1").name == "Hub 1 (north)"
    with page.expect_download() as download:
        page.get_by_role("link", name="Rows with a problem").click()
    told = download.value.path().read_text()
    assert "BER:04" in told
    assert "old-password" not in told
    page.get_by_role("button", name="Undo the whole import").click()
    expect(page.get_by_text("Being undone").first).to_be_visible()
    imports.run_open()
    expect(page.get_by_text("Undone").first).to_be_visible(timeout=8000)
    assert not ChargingStation.objects.filter(identity="BER-01").exists()
    visitor.goto("/operate/moving-in/imports/")
    visitor.is_pleased("moving-in-imports")


def test_an_empty_network_is_told_how_to_begin(visit, transactional_db):
    member = MembershipFactory(organization__slug="empty")
    visitor = visit(user=member.user)
    page = visitor.goto("/operate/moving-in/")
    expect(page.get_by_text("Nobody is expected yet.")).to_be_visible()
    visitor.is_pleased("moving-in-empty")


def test_what_cannot_be_read_comes_back_with_its_reason(client, network):
    client.force_login(network["user"])
    for body, words in ((b"identity\n", "no rows"), (b'a,b\n"x,1\n', "never ends")):
        upload = SimpleUploadedFile("x.csv", body)
        answer = client.post("/operate/moving-in/imports/add/", {"kind": "stations", "file": upload})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert not DataImport.objects.exists()


@pytest.mark.parametrize(("role", "kinds"), [("operator", 2), ("finance", 1), ("support", 1), ("viewer", 0)])
def test_each_role_imports_what_it_may_manage(client, network, role, kinds):
    network["user"].memberships.update(role=role)
    client.force_login(network["user"])
    page = client.get("/operate/moving-in/imports/")
    assert len(page.context["kinds"]) == kinds
    batch = imports.take_in(
        organization=network["organization"], kind="stations", name="x", data=BOXES.encode(), actor=None
    )
    answer = client.post(f"/operate/moving-in/imports/{batch.public_id}/confirm/")
    assert answer.status_code == (302 if role == "operator" else 403)
    told = client.post("/operate/moving-in/first-passwords/", {"until": ""})
    assert told.status_code == (302 if role == "operator" else 403)


def test_the_arrivals_can_be_taken_along(client, network, django_assert_max_num_queries):
    client.force_login(network["user"])
    with django_assert_max_num_queries(12):
        text = client.get("/operate/moving-in/?format=csv").content.decode()
    head, *rows = text.splitlines()
    assert head.startswith("identity,dials_as,name,site,state")
    assert len(rows) == Arrival.objects.count() == 4
    assert any("EVB-P2002" in row and "arrived" in row for row in rows)
    assert any(row.startswith("HUB-3") and "failing" in row for row in rows)

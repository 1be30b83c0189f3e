"""The chargers' door as operators see it: who waits, why somebody did not get in, what one must show."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core import clock
from ocpp_bridge import turned_away
from ocpp_bridge.callers import Caller
from ocpp_bridge.models import FailedLine
from stations.models import ChargingStation, HeldStation, StationCertificate, StationTemplate
from stations.services import onboarding
from tests.factories import LocationFactory, MembershipFactory, StationFactory
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Reason = turned_away.Reason


@pytest.fixture
def network(transactional_db):
    """A network that holds strangers: one waits, one was turned away, and some did not get in."""
    member = MembershipFactory(
        user__name="Elin Vik", organization__name="Nordlys", organization__slug="nordlys"
    )
    organization = member.organization
    location = LocationFactory(organization=organization, name="Harbour Hub", slug="harbour-hub")
    station = StationFactory(location=location, identity="HUB-1", name="Hub 1", security_profile=3)
    onboarding.set_policy(organization=organization, strangers="hold")
    for identity in ("WB-0042", "WB-0666"):
        onboarding.hold(
            organization=organization, identity=identity, remote_address="203.0.113.7", secret_hash="x"
        )
    ChargingStation.objects.filter(identity="WB-0042").update(
        vendor="Wallwerk",
        model="Duo 22",
        serial="SN-42",
        firmware="3.1",
        ocpp_version="2.0.1",
        is_connected=True,
    )
    onboarding.reject(station=ChargingStation.objects.get(identity="WB-0666"), actor=member.user)
    StationTemplate.objects.create(organization=organization, name="AC 2 × 11 kW", max_power_w=11_000)
    now = clock.now()
    StationCertificate.objects.create(
        organization=organization, station=station, serial_number="5f0c9a", fingerprint="f" * 64, pem="-",
        status="installed", valid_from=now - timedelta(days=350), valid_until=now + timedelta(days=12),
    )  # fmt: skip
    fail(organization, "HUB-1", Reason.EXPIRED_CERTIFICATE, detail="2025-11-01 – 2026-11-01")
    fail(organization, "HUB-1", Reason.EXPIRED_CERTIFICATE)
    fail(organization, "HUB-9", Reason.UNKNOWN_IDENTITY)
    return {"user": member.user, "station": station, "organization": organization}


def fail(organization, identity: str, reason, **more) -> None:
    caller = Caller(identity, b"", None, ("ocpp1.6",), "203.0.113.9")
    turned_away.count_failure(caller, reason, organization_id=organization.pk, **more)


def test_new_chargers_wait_and_are_adopted_with_a_template(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/onboarding/")
    expect(page.get_by_text("Wallwerk Duo 22")).to_be_visible()
    visitor.is_pleased("new-chargers")
    page.locator("details[id^=adopt] summary").first.click()
    page.get_by_label("Template", exact=True).select_option(label="AC 2 × 11 kW")
    page.locator("details[open] button", has_text="Adopt").click()
    page.wait_for_url("**/operate/chargers/WB-0042/")
    adopted = ChargingStation.objects.get(identity="WB-0042")
    assert (adopted.registration, adopted.location.slug, adopted.evses.count()) == (
        "accepted",
        "harbour-hub",
        2,
    )


def test_a_charger_that_comes_by_itself_appears_without_a_reload(visit, network):
    page = visit(user=network["user"]).goto("/operate/onboarding/")
    expect(page.locator("[data-live-badge]").first).to_have_attribute("data-state", "live")
    onboarding.hold(
        organization=network["organization"], identity="WB-0043", remote_address="", secret_hash="x"
    )
    expect(page.get_by_text("WB-0043").first).to_be_visible(timeout=8000)


def test_the_onboarding_password_is_shown_once(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/onboarding/")
    page.get_by_label("Make a new onboarding password").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#onboarding-password")).to_have_text(re.compile("^[0-9a-f]{32}$"))
    visitor.is_pleased("onboarding-password")
    page.goto(page.url.replace("policy/", ""))
    expect(page.locator("#onboarding-password")).to_have_count(0)


def test_a_failed_connection_is_explained_within_seconds(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/connections/")
    expect(page.get_by_text("No charger has this identity.").first).to_be_visible()
    visitor.is_pleased("connections")
    fail(network["organization"], "HUB-1", Reason.WRONG_PASSWORD)
    expect(page.get_by_text("The password is wrong.").first).to_be_visible(timeout=10_000)


def test_who_did_not_get_through_tls_is_listed_by_address(visit, network):
    ChargingStation.objects.filter(identity="HUB-1").update(remote_address="203.0.113.9")
    for reason in FailedLine.Reason.values:
        FailedLine.objects.create(
            remote_address="203.0.113.9", reason=reason, day=clock.now().date(), last_at=clock.now(), count=3,
            detail="NO_SHARED_CIPHER",
        )  # fmt: skip
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/connections/")
    expect(page.get_by_text("It offers no cipher suite that is spoken here.")).to_be_visible()
    expect(page.get_by_role("link", name="HUB-1").last).to_be_visible()
    visitor.is_pleased("connections-tls")
    page = visitor.goto("/operate/chargers/HUB-1/connection/")
    expect(page.get_by_text("It does not trust our certificate.")).to_be_visible()
    visitor.is_pleased("charger-connection-tls")


def test_one_chargers_connection_and_what_it_must_show(visit, network):
    visitor = visit(DESK, user=network["user"])
    page = visitor.goto("/operate/chargers/HUB-1/connection/")
    expect(page.get_by_text("Its certificate is not valid at this time.").first).to_be_visible()
    expect(page.get_by_text("2 attempts today").first).to_be_visible()
    visitor.is_pleased("charger-connection")
    page = visitor.goto("/operate/chargers/HUB-1/security/")
    expect(page.get_by_text("5f0c9a").first).to_be_visible()
    visitor.is_pleased("charger-security")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Nobody comes in with it any more")).to_be_visible()
    assert StationCertificate.objects.get().status == "revoked"


def test_who_may_only_look_changes_nothing(client, network):
    network["user"].memberships.update(role="viewer")
    client.force_login(network["user"])
    assert client.get("/operate/onboarding/").status_code == 200
    for path in ("onboarding/policy/", "onboarding/WB-0042/adopt/", "chargers/HUB-1/security/password/"):
        assert client.post(f"/operate/{path}").status_code == 403
    assert HeldStation.objects.get(station__identity="WB-0042").state == "waiting"


def test_what_does_not_fit_comes_back_with_its_reason(client, network):
    client.force_login(network["user"])
    twice = {
        "name": "AC 2 × 11 kW", "evse_count": 2, "standard": "IEC_62196_T2", "current_type": "ac",
        "phases": 3, "max_power_w": 11_000, "max_current_a": 16,
    }  # fmt: skip
    answer = client.post("/operate/onboarding/templates/", twice)
    assert answer.status_code == 422
    assert "Another template has this name." in answer.content.decode()
    assert client.post("/operate/chargers/HUB-1/security/profile/", {"profile": 1}).status_code == 422


def test_certificates_that_end_soon_need_attention(client, network):
    client.force_login(network["user"])
    shown = client.get("/operate/").content.decode()
    assert "Certificate of Hub 1" in shown
    assert "Chargers that wait to be adopted: 1" in shown
    assert "Waiting to be adopted lost contact" not in shown

"""The operator's pages of starts, proof and meters, and the driver's file of signed values."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from django.urls import reverse

from accounts.models import AuditEntry, Organization
from core.links import sign
from payments.services.billing import bill_session
from payments.services.receipts import LINK
from stations.models import ChargingSession, ChargingStation, Meter, StartAttempt
from stations.selectors_energy import attempts as selected
from stations.selectors_energy import figures
from stations.services import measuring, sessions
from tests.factories import MembershipFactory, UserFactory
from tests.meters import SignedMeter
from tests.stations.test_measuring import BEGIN, END, charge


@pytest.fixture
def member(station):
    return MembershipFactory(organization=station.organization).user


@pytest.fixture
def page(client, member):
    client.force_login(member)
    return lambda name, *args, **query: client.get(reverse(name, args=args), query)


@pytest.fixture
def meter():
    return SignedMeter()


@pytest.fixture
def tried(station):
    """Two starts that failed, one that charged, one taken back."""
    evse = station.evses.get()
    common = {
        "organization": station.organization,
        "station": station,
        "evse": evse,
        "ended_at": "2026-11-20",
    }
    now = {**common, "ended_at": evse.station.created_at, "began_at": evse.station.created_at}
    StartAttempt.objects.create(**now, door="qr", outcome="failed", cause="payment", detail="card_declined")
    StartAttempt.objects.create(**now, door="rfid", outcome="failed", cause="CX014", token_uid="CARD9")
    StartAttempt.objects.create(**now, door="app", outcome="succeeded", reached="charging")
    StartAttempt.objects.create(**now, door="app", outcome="withdrawn")


def test_the_success_rate_counts_what_was_decided(tried, member):
    found = figures(selected(member))
    assert (found.succeeded, found.failed, found.rate_percent) == (1, 2, 33)
    assert [count for _, count in found.by_family] == [1, 1]
    assert figures(StartAttempt.objects.none()).rate_percent is None


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 4),
        ({"outcome": "failed"}, 2),
        ({"door": "app"}, 2),
        ({"cause": "connector"}, 1),
        ({"cause": "CX014"}, 1),
        ({"q": "card9"}, 1),
        ({"q": "nowhere"}, 0),
        ({"outcome": "nonsense"}, 0),
    ],
)
def test_the_list_is_filtered_in_its_address(tried, page, query, count):
    response = page("energy:starts", **query)
    assert response.status_code == 200
    assert response.context["page"].paginator.count == count


def test_the_list_names_the_cause_and_the_charger_has_a_card(tried, page, station):
    assert b"CX014 PilotFault" in page("energy:starts").content
    text = page("stations:station", station.identity).content.decode()
    assert "33 %" in text
    assert "CX014 PilotFault" in text
    assert station.evses.get().evse_id in text


def test_a_sessions_page_shows_its_proof_and_its_doubts_in_words(told, card, meter, page, station):
    ChargingStation.objects.update(is_connected=True)
    Organization.objects.update(is_under_calibration_law=True)
    session = charge(told, meter.record([BEGIN, END]))
    measuring.measure_session(session_id=session.pk)
    text = page("stations:session", session.public_id).content.decode()
    assert "signed, but the meter&#x27;s key is not known" in text
    assert "OCMF|" in text
    assert reverse("energy:signed_values", args=[session.public_id]) in text
    assert session.evse.evse_id in text


def test_the_file_is_for_members_and_for_the_driver_and_has_the_noted_key(
    told, card, meter, page, station, client
):
    measuring.note_meter(evse_id=station.evses.get().pk, public_key=meter.key_hex)
    session = charge(told, meter.record([BEGIN, END]))
    response = page("energy:signed_values", session.public_id)
    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own text
    assert root.findtext("value/publicKey") == meter.key_hex.upper()
    assert root.findtext("value/signedData").startswith("OCMF|")
    client.logout()
    token = sign(LINK, str(session.public_id))
    by_link = client.get(reverse("payments:receipt_link_signed_values", args=[token]))
    assert by_link.content == response.content
    client.force_login(card.user)
    assert client.get(reverse("payments:receipt_signed_values", args=[session.public_id])).status_code == 200
    client.force_login(UserFactory())
    assert client.get(reverse("payments:receipt_signed_values", args=[session.public_id])).status_code == 404


def test_a_session_without_signed_values_has_no_file(told, card, page):
    session = charge(told)
    assert page("energy:signed_values", session.public_id).status_code == 404


def test_a_meters_key_is_noted_by_who_manages_hardware(page, client, station, meter, member):
    evse = station.evses.get()
    path = reverse("energy:note_meter", args=[evse.evse_id])
    client.force_login(member)
    assert client.post(path, {"public_key": meter.key_hex, "serial": "M7"}).status_code == 302
    assert Meter.objects.get().serial == "M7"
    assert AuditEntry.objects.filter(action="meter.note").exists()
    assert b"M7" in page("energy:meters").content
    client.post(path, {"public_key": "!!!"})
    assert Meter.objects.get().public_key == meter.key_hex
    member.memberships.update(role="viewer")
    assert client.post(path, {"public_key": ""}).status_code == 403


def test_calibration_law_is_set_by_who_manages_money(client, station, member):
    path = reverse("energy:calibration_law")
    client.force_login(member)
    assert client.post(path, {"applies": "yes"}).status_code == 302
    assert Organization.objects.get(pk=station.organization_id).is_under_calibration_law
    member.memberships.update(role="support")
    assert client.post(path, {"applies": "no"}).status_code == 403


def test_under_calibration_law_the_bill_waits_for_the_proof_and_for_a_synchronized_clock(
    told, card, meter, station
):
    Organization.objects.update(is_under_calibration_law=True)
    measuring.note_meter(evse_id=station.evses.get().pk, public_key=meter.key_hex)
    session = charge(told, meter.record([BEGIN, END]))
    assert bill_session(session_id=session.pk) is None
    measuring.measure_session(session_id=session.pk)
    assert bill_session(session_id=session.pk) is not None


def test_a_flagged_session_is_billed_only_after_its_release(told, card, station):
    Organization.objects.update(is_under_calibration_law=True)
    session = charge(told)
    measuring.measure_session(session_id=session.pk)
    assert bill_session(session_id=session.pk) is None
    sessions.review(session=ChargingSession.objects.get(), reviewed_by=UserFactory())
    assert bill_session(session_id=session.pk) is not None

"""Commissioning links and records through the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from accounts.models import AuditEntry
from core import clock, outbox
from stations.models import CommissioningLink, StationTemplate
from stations.services import commissioning, commissioning_record
from tests.factories import LocationFactory, StationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(station):
    return commissioning.make_link(location=station.location, station=station)


@pytest.fixture
def record(link):
    return commissioning_record.finish(link=link, installer="Ola")


def test_a_program_makes_a_link_for_a_station_and_gets_its_address(api, station, client):
    made = api.post("commissioning-links/", {"station": "HUB-1", "days": 1, "email": "ola@example.org"})
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["station"], told["status"], told["round"]) == ("HUB-1", "open", 1)
    assert "Begin on this device" in client.get(told["address"]).content.decode()
    link = CommissioningLink.objects.get()
    assert timedelta(hours=23) < link.expires_at - clock.now() <= timedelta(days=1)
    outbox.deliver_pending()
    assert mail.outbox[0].to == ["ola@example.org"]


def test_a_link_for_a_station_that_is_expected(api, place, organization):
    template = StationTemplate.objects.create(organization=organization, name="AC", max_power_w=11_000)
    made = api.post("commissioning-links/", {"location": place.pk, "template": template.pk}).json()
    assert (made["station"], made["location"], made["template"]) == (None, place.pk, template.pk)


@pytest.mark.parametrize("wrong", [{}, {"station": "HUB-1", "location": 1}, {"station": "HUB-1", "days": 31}])
def test_what_is_asked_wrongly_is_explained(api, station, wrong):
    assert api.post("commissioning-links/", wrong).status_code == 400


def test_nobody_gets_a_key_to_what_is_not_hers(api, place, organization):
    other = StationFactory(identity="FOREIGN")
    template = StationTemplate.objects.create(organization=other.organization, name="AC", max_power_w=1)
    foreign = LocationFactory(organization=other.organization)
    for wrong in (
        {"station": "FOREIGN"},
        {"location": foreign.pk},
        {"location": place.pk, "template": template.pk},
    ):
        assert api.post("commissioning-links/", wrong).status_code == 404
    assert not CommissioningLink.objects.exists()


def test_who_may_only_look_sees_the_link_and_no_address(api_as, owner, link, record):
    owner.memberships.update(role="viewer")
    viewer = api_as(scopes=["stations:read", "stations:write"])
    (row,) = viewer.get("commissioning-links/").json()["results"]
    assert "address" not in row
    assert row["record"] == str(record.public_id)
    assert viewer.post("commissioning-links/", {"station": "HUB-1"}).status_code == 403
    assert viewer.post(f"commissioning-links/{link.public_id}/renew/").status_code == 403
    assert viewer.post(f"commissioning-links/{link.public_id}/revoke/").status_code == 403


def test_a_renewed_link_has_another_address_and_a_revoked_one_opens_nothing(api, link, client):
    before = commissioning.address(link)
    renewed = api.post(f"commissioning-links/{link.public_id}/renew/", {"days": 2}).json()
    assert (renewed["round"], renewed["address"] != before) == (2, True)
    for _ in range(2):
        revoked = api.post(f"commissioning-links/{link.public_id}/revoke/")
        assert (revoked.status_code, revoked.json()["status"]) == (200, "revoked")
    assert AuditEntry.objects.filter(action="commissioning.revoke").count() == 1
    assert "Begin on this device" not in client.get(renewed["address"]).content.decode()


def test_a_finished_link_is_not_renewed(api, link, record):
    assert api.post(f"commissioning-links/{link.public_id}/renew/").status_code == 409


def test_a_record_is_read_as_data_and_as_pdf(api, record):
    (row,) = api.get("commissioning-records/?station=HUB-1").json()["results"]
    assert (row["installer"], row["link"]) == ("Ola", str(record.link.public_id))
    assert api.get(f"commissioning-records/{row['id']}/").json() == row
    paper = api.get(f"commissioning-records/{row['id']}/pdf/")
    assert (paper.status_code, paper.content[:5]) == (200, b"%PDF-")


def test_links_are_found_by_station_and_whether_they_are_finished(api, link, record):
    other = commissioning.make_link(location=link.location, station=link.station)
    for word, found in (("false", other), ("true", link)):
        (row,) = api.get(f"commissioning-links/?finished={word}&station=HUB-1").json()["results"]
        assert row["id"] == str(found.public_id)

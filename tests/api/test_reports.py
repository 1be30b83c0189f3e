"""Attempts, transfers, certificates, monitors, security events and files through the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import clock
from stations.models import SecurityEvent, StartAttempt, StationCertificate, StoredFile, VariableMonitor
from stations.services import monitoring, notices, transfers
from tests.factories import MembershipFactory, StationFactory

pytestmark = pytest.mark.django_db
PATHS = ("start-attempts", "transfers", "certificates", "monitors", "security-events", "files")


@pytest.fixture
def told(station):
    """One row of each, and the same of a stranger's station."""
    other = StationFactory(identity="FOREIGN")
    for one in (station, other):
        _tell(one)
    return station


def _tell(station):
    now = clock.now()
    StartAttempt.objects.create(
        organization=station.organization, station=station, evse=station.evses.first(), door="rfid",
        outcome="failed", cause="CX016", token_uid="04AB", began_at=now, ended_at=now,
    )  # fmt: skip
    transfers.record_transfer(station_id=station.pk, kind="log", status="running", word="Uploading")
    StationCertificate.objects.create(
        organization=station.organization, station=station, serial_number=f"{station.pk:x}",
        fingerprint=f"{station.pk:064x}", pem="PEM", valid_from=now, valid_until=now + timedelta(days=9),
    )  # fmt: skip
    monitor = {"number": 4, "component": "Connector", "variable": "Temperature", "kind": "UpperThreshold"}
    monitoring.store_monitors(station_id=station.pk, monitors=[{**monitor, "value": 80.0, "severity": 4}])
    notices.record_security_event(
        station_id=station.pk, type="TamperDetectionActivated", happened_at=now, info="lid", is_urgent=True
    )
    StoredFile.objects.create(
        organization=station.organization, station=station, kind="logs", name=f"log-{station.pk}",
        stored_as=f"logs/{station.pk}", size_bytes=3, sha256="0" * 64,
    )  # fmt: skip


def rows(api, path):
    response = api.get(path)
    assert response.status_code == 200, response.content
    return response.json()["results"]


@pytest.mark.parametrize("path", PATHS)
def test_a_program_sees_its_own_networks_rows_and_one_alone(api, told, path):
    (row,) = rows(api, f"{path}/")
    assert row["station"] == "HUB-1"
    assert api.get(f"{path}/{row['id']}/").json() == row


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("start-attempts/?cause=CX016&door=rfid&outcome=failed&token=04ab", 1),
        ("start-attempts/?cause=payment", 0),
        ("transfers/?kind=log&status=running&station=HUB-1", 1),
        ("transfers/?kind=firmware", 0),
        ("certificates/?status=issued&use=connection", 1),
        ("certificates/?status=revoked", 0),
        ("monitors/?component=connector&severity=4", 1),
        ("monitors/?severity=3", 0),
        ("security-events/?open=true&urgent=true", 1),
        ("security-events/?open=false", 0),
        ("files/?kind=logs&station=HUB-1", 1),
        ("files/?kind=firmware", 0),
    ],
)
def test_filters_narrow(api, told, query, count):
    assert len(rows(api, query)) == count


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_filter_is_refused_with_what_there_is(api, path):
    answer = api.get(f"{path}/?colour=red")
    assert answer.status_code == 400
    assert "station" in answer.json()["colour"][0]


@pytest.mark.parametrize("path", PATHS)
def test_lists_come_in_pages(api, told, path):
    assert set(api.get(f"{path}/?limit=1").json()) == {"next", "previous", "results"}


@pytest.mark.parametrize("path", PATHS)
def test_without_the_scope_nothing_opens(api_as, told, path):
    assert api_as(scopes=["tokens:read"]).get(f"{path}/").status_code == 403


def test_a_certificate_is_revoked_once_with_a_reason(api, told):
    (row,) = rows(api, "certificates/")
    assert api.post(f"certificates/{row['id']}/revoke/").status_code == 400
    revoked = api.post(f"certificates/{row['id']}/revoke/", {"because": "stolen"})
    assert (revoked.json()["status"], revoked.json()["revoked_because"]) == ("revoked", "stolen")
    assert api.post(f"certificates/{row['id']}/revoke/", {"because": "again"}).status_code == 409


def test_a_certificate_that_did_not_arrive_is_sent_again_once(api, told):
    StationCertificate.objects.filter(station=told).update(valid_until=clock.now() + timedelta(days=9))
    (row,) = rows(api, "certificates/")
    assert row["undelivered"] == "unknown"
    again = api.post(f"certificates/{row['id']}/send-again/")
    assert (again.status_code, again.json()["undelivered"]) == (200, "")
    assert api.post(f"certificates/{row['id']}/send-again/").status_code == 409


def test_clearing_a_monitor_is_a_command_to_its_station(api, told):
    (row,) = rows(api, "monitors/")
    asked = api.delete(f"monitors/{row['id']}/")
    assert asked.status_code == 202
    assert api.get(asked.headers["Location"]).json()["params"] == {"numbers": [4]}
    assert VariableMonitor.objects.filter(station=told).exists()


def test_security_events_are_looked_at_per_station(api, told):
    assert api.post("security-events/resolve/", {"station": "FOREIGN"}).status_code == 404
    assert api.post("security-events/resolve/", {"station": "HUB-1"}).json() == {"resolved": 1}
    assert SecurityEvent.objects.filter(resolved_at=None).get().station.identity == "FOREIGN"


def test_firmware_is_kept_checked_and_removed(api, client, organization, settings, tmp_path):
    settings.FILES_ROOT = tmp_path

    def upload(**fields):
        body = {"image": SimpleUploadedFile("duo.bin", b"image"), "version": "2.4", **fields}
        return client.post("/api/v1/files/", body, headers={"Authorization": f"Bearer {api.text}"})

    assert upload(sha256="0" * 64).json() == {"sha256": ["The upload has another one."]}
    assert upload(version="").status_code == 400
    kept = upload(vendor="Wallwerk")
    assert kept.status_code == 201, kept.content
    assert (kept.json()["kind"], kept.json()["size_bytes"]) == ("firmware", 5)
    assert api.delete(f"files/{kept.json()['id']}/").status_code == 204
    assert rows(api, "files/") == []


def test_who_may_only_look_changes_nothing(api_as, told, organization):
    viewer = MembershipFactory(organization=organization, role="viewer").user
    program = api_as(viewer, ["stations:read", "stations:write"])
    certificate = StationCertificate.objects.get(station=told)
    assert program.post(f"certificates/{certificate.pk}/revoke/", {"because": "x"}).status_code == 403
    assert program.delete(f"monitors/{VariableMonitor.objects.get(station=told).pk}/").status_code == 403
    assert program.post("security-events/resolve/", {"station": "HUB-1"}).status_code == 403
    assert program.delete(f"files/{StoredFile.objects.get(station=told).file_id}/").status_code == 403

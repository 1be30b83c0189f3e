"""Who did not get through TLS: counted with its reason, and shown to whom it may concern."""

from __future__ import annotations

import socket
import ssl
from contextlib import closing

import pytest

from accounts.models import Organization
from core import clock
from ocpp_bridge import failed_lines, selectors_door
from ocpp_bridge.models import FailedLine
from stations.models import ChargingStation
from tests.factories import MembershipFactory
from tests.ocpp.doors import come, wait_until
from tests.ocpp.pki import Maker, client_context, make_key

NAME = "Northwind Charging"


@pytest.fixture(autouse=True)
def nothing_met():
    failed_lines._met.clear()


def no_suite(door, ours, folder):
    context = client_context(ours.certificate, folder)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES256-SHA")
    come(door, context)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def old_tls(door, ours, folder):
    context = client_context(ours.certificate, folder)
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    come(door, context)


def unknown_authority(door, ours, folder):
    key = make_key()
    pem = Maker.called(NAME).sign(key, common_name="CP-1", organization=NAME)
    come(door, client_context(ours.certificate, folder, certificate=pem, key=key)).recv(5)


def distrusts_us(door, ours, folder):
    come(door, client_context(Maker.called("Elsewhere").certificate, folder))


def plain_text(door, ours, folder):
    with closing(socket.create_connection(("127.0.0.1", door["tls"]))) as line:
        line.sendall(b"GET /ocpp/CP-1 HTTP/1.1\r\nHost: x\r\n\r\n")
        line.settimeout(5)
        assert line.recv(100) == b""


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize(
    ("knock", "reason", "words"),
    [
        (no_suite, "no_common_suite", "NO_SHARED_CIPHER"),
        (old_tls, "old_tls", "UNSUPPORTED_PROTOCOL"),
        (unknown_authority, "untrusted_certificate", "unable to get local issuer certificate"),
        (distrusts_us, "distrusts_us", "ALERT"),
        (plain_text, "not_tls", "HTTP_REQUEST"),
    ],
)
def test_why_tls_failed_is_counted_by_address(door, ours, tmp_path, knock, reason, words):
    for _ in range(2):
        try:
            knock(door, ours, tmp_path)
        except Exception as error:  # each client has its own word for a closed door
            assert not isinstance(error, AssertionError)  # noqa: PT017
    wait_until(lambda: len(failed_lines._met) == 2 or FailedLine.objects.exists())
    failed_lines.write_down()
    row = FailedLine.objects.get()
    assert (row.remote_address, row.reason, row.count) == ("127.0.0.1", reason, 2)
    assert words in row.detail


@pytest.mark.django_db(transaction=True)
def test_who_says_nothing_is_not_counted_and_the_next_one_gets_in(door, ours, network, tmp_path):
    socket.create_connection(("127.0.0.1", door["tls"])).close()
    with come(door, client_context(ours.certificate, tmp_path), password=network.passwords["CP-1"]):
        assert ChargingStation.objects.get().remote_address == "127.0.0.1"
    assert not failed_lines._met


# --- counting ------------------------------------------------------------------------------


def fail(address: str, reason: str = "HTTP_REQUEST") -> None:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    failed_lines.note(address, error)


@pytest.mark.django_db
def test_a_storm_is_one_row_and_a_scan_is_counted_together(monkeypatch):
    monkeypatch.setattr(failed_lines, "KEPT_PER_DAY", 3)
    for _ in range(500):
        fail("203.0.113.9")
    failed_lines.write_down()
    fail("203.0.113.9", "SOMETHING_NEW")
    fail("203.0.113.10", "SSLV3_ALERT_BAD_CERTIFICATE")
    failed_lines.write_down()
    for number in range(50):
        fail(f"198.51.100.{number}")
    failed_lines.write_down()
    failed_lines.write_down()
    counted = {(row.remote_address, row.reason): row.count for row in FailedLine.objects.all()}
    assert counted == {
        ("203.0.113.9", "not_tls"): 500,
        ("203.0.113.9", "other"): 1,
        ("203.0.113.10", "distrusts_us"): 1,
        ("*", "not_tls"): 50,
    }


# --- who sees it ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_address_is_shown_to_those_whose_charger_came_from_it(network, station):
    mine = MembershipFactory(organization=network.organization).user
    fail("203.0.113.9")
    fail("203.0.113.10")
    failed_lines.write_down()
    assert {line.address for line in selectors_door.lines(mine)} == {"203.0.113.9", "203.0.113.10"}
    other = MembershipFactory().user
    assert Organization.objects.count() == 2
    assert selectors_door.lines(mine) == selectors_door.lines(other) == []
    ChargingStation.objects.filter(pk=station.pk).update(remote_address="203.0.113.9")
    (line,) = selectors_door.lines(mine)
    assert (line.address, line.count, [found.identity for found in line.stations]) == (
        "203.0.113.9",
        1,
        ["CP-1"],
    )
    assert selectors_door.lines(other) == []
    station.refresh_from_db()
    assert [found.address for found in selectors_door.lines(mine, station=station)] == ["203.0.113.9"]


@pytest.mark.django_db
def test_a_charger_that_never_came_is_blamed_for_nothing(network, station):
    mine = MembershipFactory(organization=network.organization).user
    FailedLine.objects.create(
        remote_address="203.0.113.9", reason="not_tls", day=clock.now().date(), last_at=clock.now()
    )
    assert len(selectors_door.lines(mine)) == 1
    assert selectors_door.lines(mine, station=station) == []

"""The bridge's own TLS port: both kinds of certificate, the named suites, and profiles 2 and 3."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from datetime import timedelta

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.sync.client import connect

from ocpp_bridge.models import FailedHandshake
from stations.models import ChargingStation, StationCertificate, StationCommand
from stations.services import certificate_delivery, certificates, security
from tests.ocpp.doors import basic, come
from tests.ocpp.pki import NOW, Maker, client_context, csr, make_key

pytestmark = pytest.mark.django_db(transaction=True)
BOOT = {"chargePointModel": "M", "chargePointVendor": "V"}


def ask(line, action="Heartbeat", payload=None):
    line.send(json.dumps([2, "m1", action, payload or {}]))
    return json.loads(line.recv(10))


def reason(door, context, **shown) -> str:
    with pytest.raises(InvalidStatus):
        come(door, context, **shown)
    return FailedHandshake.objects.latest("last_at").reason


@pytest.mark.parametrize(
    ("suite", "kind"),
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", "ec"),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", "ec"),
        ("AES128-GCM-SHA256", "rsa"),
        ("AES256-GCM-SHA384", "rsa"),
    ],
)
def test_each_suite_that_the_specification_names_is_spoken(door, network, ours, tmp_path, suite, kind):
    context = client_context(ours.certificate, tmp_path)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    with come(door, context, password=network.passwords["CP-1"]) as line:
        assert line.socket.cipher()[0] == suite
        assert ask(line)[0] == 3
        shown = line.socket.getpeercert(binary_form=True)
    assert (b"*\x86H\xce=\x02\x01" in shown) is (kind == "ec")


def test_an_older_tls_finds_no_way_in(door, ours, tmp_path):
    context = client_context(ours.certificate, tmp_path)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, OSError)):
        come(door, context)


def test_a_station_of_profile_2_is_refused_in_the_clear_and_let_in_over_tls(door, network, ours, tmp_path):
    ChargingStation.objects.update(security_profile=2)
    headers = basic("CP-1", network.passwords["CP-1"])
    with pytest.raises(InvalidStatus) as refusal:
        connect(
            f"ws://127.0.0.1:{door['plain']}/ocpp/CP-1", subprotocols=["ocpp1.6"], additional_headers=headers
        )
    assert refusal.value.response.status_code == 403
    assert FailedHandshake.objects.get().reason == "not_encrypted"
    with come(door, client_context(ours.certificate, tmp_path), password=network.passwords["CP-1"]) as line:
        assert ask(line)[0] == 3


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_station_asks_for_its_certificate_and_comes_in_with_it(
    door, network, station, ours, tmp_path, kind
):
    """Both kinds of keys (A00.FR.421), and from profile 2 to 3, never back (A05.FR.07)."""
    ChargingStation.objects.update(security_profile=2)
    key = make_key(kind)
    request = csr(key, common_name="CP-1", organization="Northwind Charging")
    issued = certificates.sign_request(station_id=station.pk, csr=request)
    station.refresh_from_db()
    security.upgrade_profile(station=station, profile=3)
    assert StationCommand.objects.get(pk=issued.command_id).params["chain"] == issued.pem
    context = client_context(ours.certificate, tmp_path, certificate=issued.pem, key=key)
    with come(door, context) as line:
        assert line.socket.version() == "TLSv1.3"
    issued.refresh_from_db()
    station.refresh_from_db()
    assert (issued.status, station.security_profile, station.next_security_profile) == ("installed", 3, None)
    password = network.passwords["CP-1"]
    assert reason(door, client_context(ours.certificate, tmp_path), password=password) == "no_certificate"


def test_a_wrong_certificate_is_refused_and_the_reason_is_told(door, network, station, ours, tmp_path):
    network.add("CP-2")
    ChargingStation.objects.update(security_profile=3)
    key = make_key()
    name = "Northwind Charging"

    def with_certificate(**subject):
        pem = ours.sign(key, **subject)
        return client_context(ours.certificate, tmp_path, certificate=pem, key=key)

    other = with_certificate(common_name="CP-2", organization=name)
    assert reason(door, other) == "other_certificate"
    foreign = with_certificate(common_name="CP-1", organization="Somebody Else")
    assert reason(door, foreign) == "other_organization"
    assert FailedHandshake.objects.latest("last_at").detail == "O=Somebody Else"
    old = with_certificate(common_name="CP-1", organization=name, at=NOW - timedelta(days=400))
    assert reason(door, old) == "expired_certificate"
    issued = certificates.sign_request(
        station_id=station.pk, csr=csr(key, common_name="CP-1", organization=name)
    )
    certificates.revoke(certificate=issued, because="stolen")
    lost = client_context(ours.certificate, tmp_path, certificate=issued.pem, key=key)
    assert reason(door, lost) == "revoked_certificate"
    assert issued.serial_number.encode() in revoked_serials()


def revoked_serials() -> bytes:
    from cryptography import x509

    listed = x509.load_pem_x509_crl(certificates.revocation_list().encode())
    return b" ".join(f"{entry.serial_number:x}".encode() for entry in listed)


def test_a_certificate_of_an_unknown_authority_does_not_pass_tls(door, station, ours, tmp_path):
    stranger, key = Maker.called("Northwind Charging"), make_key()
    pem = stranger.sign(key, common_name="CP-1", organization="Northwind Charging")
    ChargingStation.objects.update(security_profile=3)
    with pytest.raises((ssl.SSLError, ConnectionClosed, InvalidMessage, OSError, EOFError)):
        come(door, client_context(ours.certificate, tmp_path, certificate=pem, key=key)).recv(5)


@pytest.mark.parametrize("kind", ["ec", "rsa"])
@pytest.mark.parametrize("times", [30, pytest.param(1500, marks=pytest.mark.slow)])
def test_every_arrival_with_a_certificate_is_answered(door, station, ours, tmp_path, kind, times):
    """However often. A request that vanishes behind the handshake is a station that waits."""
    ChargingStation.objects.update(security_profile=3)
    key = make_key(kind)
    pem = ours.sign(key, common_name="CP-2", organization="Northwind Charging")
    context = client_context(ours.certificate, tmp_path, certificate=pem, key=key)
    for _ in range(times):
        assert reason(door, context) == "other_certificate"
    assert FailedHandshake.objects.get().count == times


def test_a_resumed_tls_session_still_shows_the_certificate(door, station, ours, tmp_path):
    """A station that comes back with its session ticket sends no certificate again."""
    ChargingStation.objects.update(security_profile=3)
    key = make_key()
    pem = ours.sign(key, common_name="CP-1", organization="Northwind Charging")
    context = client_context(ours.certificate, tmp_path, certificate=pem, key=key)
    with come(door, context) as line:
        assert ask(line)[0] == 3
        session = line.socket.session
    raw = socket.create_connection(("127.0.0.1", door["tls"]))
    again = context.wrap_socket(raw, server_hostname="127.0.0.1", session=session)
    with connect("ws://127.0.0.1/ocpp/CP-1", sock=again, subprotocols=["ocpp1.6"]) as line:
        assert again.session_reused
        assert ask(line)[0] == 3


def test_an_expired_certificate_may_come_once_to_be_renewed(door, station, ours, tmp_path):
    """A00.FR.429: pending, and asked for a new request at once."""
    ChargingStation.objects.update(security_profile=3, accepts_expired_certificate=True)
    key, name = make_key(), "Northwind Charging"
    old = ours.sign(key, common_name="CP-1", organization=name, at=NOW - timedelta(days=400))
    with come(door, client_context(ours.certificate, tmp_path, certificate=old, key=key)) as line:
        assert json.loads(line.recv(10))[3] == {"requestedMessage": "SignChargePointCertificate"}
    new = ours.sign(key, common_name="CP-1", organization=name)
    with come(door, client_context(ours.certificate, tmp_path, certificate=new, key=key)) as line:
        assert ask(line, "BootNotification", BOOT)[2]["status"] == "Accepted"
    station.refresh_from_db()
    assert not station.accepts_expired_certificate


def test_a_station_that_boots_with_another_serial_number_is_shown_out(door, station, ours, tmp_path):
    """B01.FR.12."""
    ChargingStation.objects.update(security_profile=3, serial="SN-7")
    key = make_key()
    pem = ours.sign(key, common_name="SN-7", organization="Northwind Charging")
    context = client_context(ours.certificate, tmp_path, certificate=pem, key=key)
    with come(door, context) as line:
        assert ask(line, "BootNotification", {**BOOT, "chargePointSerialNumber": "SN-7"})[0] == 3
    with come(door, context) as line:
        line.send(json.dumps([2, "m2", "BootNotification", {**BOOT, "chargePointSerialNumber": "SN-8"}]))
        with pytest.raises(ConnectionClosed):
            line.recv(10)
        assert line.close_code == 1008
    assert FailedHandshake.objects.get().reason == "other_serial"


def test_an_expiring_certificate_is_asked_to_be_renewed(station, settings, ours):
    settings.STATION_CA_CERT, settings.STATION_CA_KEY = ours.certificate, ours.key
    settings.STATION_CERTIFICATE_DAYS = 20
    request = csr(make_key(), common_name="CP-1", organization="Northwind Charging")
    issued = certificates.sign_request(station_id=station.pk, csr=request)
    certificate_delivery.mark_installed(certificate=issued)
    ChargingStation.objects.update(is_connected=True)
    assert certificates.ask_to_renew() == 1
    assert StationCommand.objects.get(kind="trigger").params["message"] == "sign_certificate"
    assert StationCertificate.objects.get().status == "installed"


def test_a_taken_address_ends_the_process_at_once(door, network, ours):
    from ocpp_bridge import tls

    port = tls.configured_port()
    assert port is not None
    with pytest.raises(SystemExit):
        asyncio.run(port.open())


def test_a_renewed_server_certificate_is_used_without_a_restart(door, network, settings, ours, tmp_path):
    from ocpp_bridge import tls

    port = tls.configured_port()
    assert port is not None
    before = port._stamps()
    ours.server(tmp_path, "ec")
    assert port._stamps() != before
    assert port._reload()

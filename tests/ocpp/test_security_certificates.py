"""Certificates: requests judged and signed, and shown to us through a proxy (2.0.1 A00, A02)."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from io import StringIO
from urllib.parse import quote

import pytest
from cryptography import x509
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry
from ocpp_bridge import batches, callers, credentials
from ocpp_bridge.callers import ClientCertificate
from ocpp_bridge.replay import Conversation
from stations import pki
from stations.models import ChargingStation, StationCertificate, StationCommand
from stations.services import certificates
from tests.ocpp.doors import Plug, uvicorn_door
from tests.ocpp.knocking import NAME, caller, settle
from tests.ocpp.pki import Maker, csr, make_key
from tests.ocpp.talk import call


@pytest.fixture
def ours(settings) -> Maker:
    maker = Maker.called(NAME)
    settings.STATION_CA_CERT, settings.STATION_CA_KEY = maker.certificate, maker.key
    return maker


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("version", "action", "extra"),
    [
        ("1.6", "SignCertificate", {}),
        ("2.0.1", "SignCertificate", {"certificateType": "ChargingStationCertificate"}),
    ],
)
def test_a_request_is_signed_delivered_and_known_as_installed(station, ours, version, action, extra):
    conversation = Conversation(station, version=version)
    request = csr(make_key(), common_name="CP-1", organization=NAME)
    (reply,) = conversation.exchange(call(action, {"csr": request, **extra}))
    assert json.loads(reply)[2] == {"status": "Accepted"}
    asked = settle(conversation, {"status": "Accepted"})
    assert asked["action"] == "CertificateSigned"
    issued = StationCertificate.objects.get()
    assert issued.status == "installed"
    signed = pki.read_certificate(asked["certificateChain"].encode())
    assert (signed.common_name, signed.organization) == ("CP-1", NAME)
    again = csr(make_key(), common_name="CP-1", organization=NAME)
    conversation.exchange(call(action, {"csr": again, **extra}))
    settle(conversation, {"status": "Rejected"})
    assert sorted(StationCertificate.objects.values_list("status", flat=True)) == ["installed", "refused"]


def ask_to_sign(conversation: Conversation, request: str) -> None:
    (reply,) = conversation.exchange(call("SignCertificate", {"csr": request}))
    assert json.loads(reply)[2] == {"status": "Accepted"}


@pytest.mark.django_db
def test_a_repeated_request_gets_the_same_certificate(station, ours):
    """A02.FR.17: a station that has heard of no certificate asks again."""
    conversation = Conversation(station)
    request = csr(make_key(), common_name="CP-1", organization=NAME)
    ask_to_sign(conversation, request)
    first = settle(conversation, {}, code="InternalError")
    StationCertificate.objects.update(status="issued")  # it never arrived
    ask_to_sign(conversation, request)
    assert settle(conversation, {"status": "Accepted"}) == first
    ask_to_sign(conversation, request)
    assert settle(conversation, {"status": "Accepted"}) == first
    assert StationCertificate.objects.get().status == "installed"
    assert AuditEntry.objects.filter(action="certificate.issue").count() == 1


@pytest.mark.django_db
def test_a_certificate_on_its_way_is_not_sent_twice(station, ours):
    conversation = Conversation(station)
    request = csr(make_key(), common_name="CP-1", organization=NAME)
    ask_to_sign(conversation, request)
    ask_to_sign(conversation, request)
    assert conversation.next_command() is not None
    ask_to_sign(conversation, request)
    assert conversation.next_command() is None
    assert sorted(StationCommand.objects.values_list("status", flat=True)) == ["expired", "sent"]


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["refused", "a year ago", "by another authority"])
def test_what_is_good_no_more_is_signed_anew(station, ours, settings, what):
    request = csr(make_key(), common_name="CP-1", organization=NAME)
    former = certificates.sign_request(station_id=station.pk, csr=request)
    mine = StationCertificate.objects.filter(pk=former.pk)
    if what == "refused":
        mine.update(status="refused")
    elif what == "a year ago":
        mine.update(issued_at=former.issued_at - timedelta(days=365))
    else:
        other = Maker.called(NAME)
        settings.STATION_CA_CERT, settings.STATION_CA_KEY = other.certificate, other.key
    assert certificates.sign_request(station_id=station.pk, csr=request).pk != former.pk


@pytest.mark.django_db(transaction=True)
def test_a_certificate_never_overtakes_the_answer_to_its_request(network, station, ours, monkeypatch):
    """However long the answer takes to be written down (A02: step 5, and then step 9)."""

    def slowly(jobs, notes=(), commit=batches.commit):
        time.sleep(0.8 if jobs else 0)
        commit(jobs, notes)

    monkeypatch.setattr(batches, "commit", slowly)
    with uvicorn_door() as port:
        plug = Plug(port, "CP-1", network.passwords["CP-1"])
        request = csr(make_key(), common_name="CP-1", organization=NAME)
        assert plug.ask("SignCertificate", {"csr": request}, "s-1") == [3, "s-1", {"status": "Accepted"}]
        assert plug.hear()[2] == "CertificateSigned"
        plug.close()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ({"common_name": "CP-2", "organization": NAME}, "the common name is not this charger"),
        ({"common_name": "CP-1", "organization": "Somebody"}, "the organization is not this network"),
    ],
)
def test_a_request_for_somebody_else_is_refused_and_told(station, ours, subject, why):
    request = csr(make_key(), **subject)
    assert not certificates.receive_request(station_id=station.pk, csr=request, use="connection")
    assert AuditEntry.objects.get(action="certificate.refuse").changes == {"reason": why}
    assert not StationCertificate.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "garbage", ["", "hello", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"]
)
def test_garbage_is_not_signed_and_neither_is_anything_without_an_authority(station, settings, garbage):
    assert not certificates.receive_request(station_id=station.pk, csr=garbage, use="connection")
    good = csr(make_key(), common_name="CP-1", organization=NAME)
    settings.STATION_CA_CERT = ""
    assert not certificates.receive_request(station_id=station.pk, csr=good, use="connection")


@pytest.mark.django_db
def test_a_revoked_certificate_cannot_be_revoked_again(station, ours):
    request = csr(make_key(), common_name="CP-1", organization=NAME)
    issued = certificates.sign_request(station_id=station.pk, csr=request)
    certificates.revoke(certificate=issued, because="lost")
    with pytest.raises(certificates.NotRevocable):
        certificates.revoke(certificate=issued, because="lost")


def test_a_key_that_belongs_to_another_certificate_is_no_authority():
    one, other = Maker.called("One"), Maker.called("Other")
    with pytest.raises(pki.Unusable):
        pki.load_authority(one.certificate.encode(), other.key.encode())


# --- behind a proxy ------------------------------------------------------------------------


def scope(address: str, **headers: str) -> dict:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "path": "/ocpp/CP-1",
        "headers": named,
        "client": (address, 5000),
        "scheme": "ws",
        "subprotocols": [],
    }


@pytest.mark.django_db
def test_a_trusted_proxy_tells_who_comes_and_with_which_certificate(settings, station, ours):
    settings.BRIDGE_TRUSTED_PROXIES = ["10.1.0.0/16"]
    ChargingStation.objects.update(security_profile=3)
    pem = ours.sign(make_key(), common_name="CP-1", organization=NAME)
    bare = "".join(pem.split("\n")[1:-2])
    for shown in (quote(pem), bare, f":{bare}:", pem.replace("\n", "\t")):
        head = scope(
            "10.1.2.3", x_forwarded_for="1.1.1.1, 203.0.113.9", x_forwarded_proto="https", x_client_cert=shown
        )
        read = callers.read_head(head)
        assert (read.remote_address, read.is_encrypted) == ("203.0.113.9", True)
        assert credentials.judge(ChargingStation.objects.get(), read).profile == 3


@pytest.mark.django_db
def test_nobody_else_can_claim_a_certificate_or_tls_by_a_header(settings, station, ours):
    settings.BRIDGE_TRUSTED_PROXIES = ["10.1.0.0/16"]
    pem = ours.sign(make_key(), common_name="CP-1", organization=NAME)
    read = callers.read_head(
        scope("203.0.113.9", x_forwarded_for="10.1.2.3", x_forwarded_proto="https", x_client_cert=quote(pem))
    )
    assert (read.remote_address, read.is_encrypted, read.certificate) == ("203.0.113.9", False, None)


@pytest.mark.django_db
def test_a_proxy_is_not_believed_that_a_certificate_is_good(station, ours):
    ChargingStation.objects.update(security_profile=3)
    pem = Maker.called(NAME).sign(make_key(), common_name="CP-1", organization=NAME)
    shown = ClientCertificate(pem.encode(), is_verified=False)
    with pytest.raises(credentials.Refused) as refused:
        credentials.judge(ChargingStation.objects.get(), caller(is_encrypted=True, certificate=shown))
    assert refused.value.reason == "untrusted_certificate"


# --- the authority -------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_authority_is_made_as_files_shown_and_never_overwritten(tmp_path, settings, station):
    said = StringIO()
    call_command("station_ca", "make", str(tmp_path), organization=NAME, stdout=said)
    named = dict(line.split("=", 1) for line in said.getvalue().splitlines())
    assert (tmp_path / "station-ca.key").stat().st_mode & 0o777 == 0o600
    settings.STATION_CA_CERT, settings.STATION_CA_KEY = named["STATION_CA_CERT"], named["STATION_CA_KEY"]
    with pytest.raises(CommandError):
        call_command("station_ca", "make", str(tmp_path), organization=NAME)
    request = csr(make_key("rsa"), common_name="CP-1", organization=NAME)
    issued = certificates.sign_request(station_id=station.pk, csr=request)
    certificates.revoke(certificate=issued, because="lost")
    listed = StringIO()
    call_command("station_ca", "crl", stdout=listed)
    (entry,) = x509.load_pem_x509_crl(listed.getvalue().strip().encode())
    assert f"{entry.serial_number:x}" == issued.serial_number
    shown = StringIO()
    call_command("station_ca", "show", stdout=shown)
    assert f"O={NAME}" in shown.getvalue()


@pytest.mark.django_db
def test_without_an_authority_the_command_says_what_to_set():
    with pytest.raises(CommandError, match="STATION_CA_CERT"):
        call_command("station_ca", "crl")

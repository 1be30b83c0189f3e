"""Contracts of cars (ISO 15118) through the provider's port, with the stand-in on loopback."""

from __future__ import annotations

import base64
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
import uvicorn
from cryptography.x509 import ocsp

from ocpp_bridge.replay import Conversation
from simulator.pki import app
from simulator.pki.world import World
from stations.services import contracts
from stations.services.contracts import CertificateHash
from tests.ocpp.doors import free_port, wait_until
from tests.ocpp.talk import call

EMAID = "DESTD00000042"
INSTALL = {
    "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef",
    "action": "Install",
    "exiRequest": "AAEC",
}


@pytest.fixture
def world(settings):
    """The stand-in, running, and named in the settings."""
    made, port = World(), free_port()
    config = uvicorn.Config(app.build(made, key="secret"), port=port, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    settings.ISO15118_URL, settings.ISO15118_KEY = f"http://127.0.0.1:{port}", "secret"
    settings.ISO15118_PROVIDER = "stations.services.contract_provider.PROVIDER"
    yield made
    server.should_exit = True
    thread.join(10)


def named(world: World, contract) -> CertificateHash:
    return CertificateHash(hash_algorithm="SHA256", **world.hash_of(contract))


def test_a_contract_is_judged_by_its_chain_and_by_its_hashes(world):
    contract = world.issue(EMAID)
    assert contracts.judge_contract(emaid=EMAID, chain=contract.pem) == "valid"
    assert contracts.judge_contract(emaid=EMAID, hashes=[named(world, contract)]) == "valid"
    assert contracts.judge_contract(emaid="DESTD00000043", chain=contract.pem) == "broken"
    assert contracts.judge_contract(emaid=EMAID, chain=World().issue(EMAID).pem) == "broken"
    world.revoked[contract.certificate.serial_number] = datetime.now(UTC)
    assert contracts.judge_contract(emaid=EMAID, chain=contract.pem) == "revoked"
    late = datetime.now(UTC) + timedelta(days=3000)
    other = world.issue("DESTD00000050")
    world.clock = lambda: late
    assert contracts.judge_contract(emaid="DESTD00000050", chain=other.pem) == "expired"


def test_an_ocsp_response_can_be_read_and_tells_a_revocation(world):
    contract = world.issue(EMAID)
    certificate = named(world, contract)
    assert read(contracts.ocsp_response(certificate=certificate)) is ocsp.OCSPCertStatus.GOOD
    assert contracts.chain_status(certificate=certificate, source="OCSP").status == "good"
    world.revoked[contract.certificate.serial_number] = datetime.now(UTC)
    assert read(contracts.ocsp_response(certificate=certificate)) is ocsp.OCSPCertStatus.REVOKED
    assert contracts.chain_status(certificate=certificate, source="CRL").status == "revoked"
    unknown = certificate._replace(serial_number="1")
    assert contracts.ocsp_response(certificate=unknown) is None
    assert contracts.chain_status(certificate=unknown, source="OCSP").status == "unknown"


def read(response: str | None):
    assert response is not None
    return ocsp.load_der_ocsp_response(base64.b64decode(response)).certificate_status


@pytest.mark.django_db
def test_a_car_gets_its_contract_through_the_station(world, station):
    (reply,) = Conversation(station, version="2.0.1").exchange(call("Get15118EVCertificate", INSTALL))
    answer = json.loads(reply)[2]
    assert answer["status"] == "Accepted"
    assert json.loads(base64.b64decode(answer["exiResponse"]))["emaid"] in world.contracts


@pytest.mark.django_db
def test_a_station_hears_of_a_certificate_what_the_provider_knows(world, station):
    certificate = named(world, world.issue(EMAID))
    data = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": certificate.issuer_name_hash,
        "issuerKeyHash": certificate.issuer_key_hash,
        "serialNumber": certificate.serial_number,
        "responderURL": "http://ocsp.example",
    }
    conversation = Conversation(station, version="2.0.1")
    (reply,) = conversation.exchange(call("GetCertificateStatus", {"ocspRequestData": data}))
    assert read(json.loads(reply)[2]["ocspResult"]) is ocsp.OCSPCertStatus.GOOD
    unknown = {"ocspRequestData": {**data, "serialNumber": "1"}}
    (reply,) = conversation.exchange(call("GetCertificateStatus", unknown))
    assert json.loads(reply)[2]["status"] == "Failed"


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", ["wrong key", "nobody there", "nobody named"])
def test_without_a_provider_every_question_has_an_answer(world, station, settings, trouble):
    if trouble == "wrong key":
        settings.ISO15118_KEY = "other"
    elif trouble == "nobody there":
        settings.ISO15118_URL = f"http://127.0.0.1:{free_port()}"
    else:
        settings.ISO15118_PROVIDER = ""
    (reply,) = Conversation(station, version="2.0.1").exchange(call("Get15118EVCertificate", INSTALL))
    assert json.loads(reply)[2]["status"] == "Failed"
    assert contracts.judge_contract(emaid=EMAID, chain=world.issue(EMAID).pem) == "broken"

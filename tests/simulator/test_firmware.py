"""New firmware: fetched, checked, installed when nobody charges, and told step by step."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from simulator.stations import snapshot
from simulator.stations.images import version_of
from simulator.stations.station import Station
from tests.simulator.fakes import NOON, Conversation, ac_spec

URL = "https://files/out/token/wallwerk-5.0.1.bin"
IMAGE = b"an image " * 1000
VERSIONS = ["1.6", "2.0.1", "2.1"]


class Maker:
    """Somebody who signs firmware."""

    def __init__(self, kind="rsa"):
        curve = ec.SECP256R1()
        self.key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(curve)
        self.pem = self._certificate(NOON - timedelta(days=1))

    def _certificate(self, since):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A maker")])
        built = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(7)
        built = built.public_key(self.key.public_key()).not_valid_before(since)
        signed = built.not_valid_after(since + timedelta(days=99)).sign(self.key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    def expired(self):
        return self._certificate(NOON - timedelta(days=400))

    def sign(self, image):
        if isinstance(self.key, rsa.RSAPrivateKey):
            pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
            raw = self.key.sign(image, pss, hashes.SHA256())
        else:
            raw = self.key.sign(image, ec.ECDSA(hashes.SHA256()))
        return base64.b64encode(raw).decode()


def begin(version="2.0.1", **settings):
    talk = Conversation(ac_spec(version, settings=settings))
    talk.web.files[URL] = IMAGE
    return talk


def ask(talk, *, number=5, url=URL, at=NOON, **firmware):
    """The version's own request; a signature makes 1.6's the whitepaper's."""
    tries = {key: firmware.pop(key) for key in ("retries", "retryInterval") if key in firmware}
    if talk.central.version != "1.6":
        body = {"location": url, "retrieveDateTime": at.isoformat(), **firmware}
        return talk.call("UpdateFirmware", requestId=number, firmware=body, **tries)
    if not firmware:
        return talk.call("UpdateFirmware", location=url, retrieveDate=at.isoformat(), **tries)
    body = {"location": url, "retrieveDateTime": at.isoformat(), **firmware}
    return talk.call("SignedUpdateFirmware", requestId=number, firmware=body, **tries)


def told(talk):
    actions = ("FirmwareStatusNotification", "SignedFirmwareStatusNotification")
    return [payload["status"] for action, payload, _ in talk.central.said if action in actions]


def booted_version(talk):
    boot = talk.central.of("BootNotification")[-1]
    return (boot.get("chargingStation") or boot)["firmwareVersion"]


def events(talk):
    return [item["type"] for item in talk.central.of("SecurityEventNotification")]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_update_is_told_step_by_step_and_lives_after_a_reboot(version):
    talk = begin(version)
    assert ask(talk).get("status", "Accepted") == "Accepted"
    talk.after(120)
    reboot = [] if version == "1.6" else ["InstallRebooting"]
    assert told(talk) == ["Downloading", "Downloaded", "Installing", *reboot, "Installed"]
    assert booted_version(talk) == "5.0.1"
    assert events(talk) == ["FirmwareUpdated"]
    assert talk.central.statuses()[-2:] == ["Unavailable", "Available"]
    assert talk.central.faults == []


def test_the_boot_after_an_update_says_why():
    talk = begin("2.0.1")
    ask(talk)
    talk.after(120)
    assert talk.central.of("BootNotification")[-1]["reason"] == "FirmwareUpdate"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_good_signature_is_verified(version, kind):
    talk, maker = begin(version), Maker(kind)
    answer = ask(talk, signingCertificate=maker.pem, signature=maker.sign(IMAGE))
    talk.after(120)
    assert answer["status"] == "Accepted"
    assert told(talk)[1:3] == ["Downloaded", "SignatureVerified"]
    assert told(talk)[-1] == "Installed"
    numbers = {item.get("requestId") for item in talk.central.of("SignedFirmwareStatusNotification")}
    assert numbers == ({5} if version == "1.6" else set())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_signature_over_another_image_is_found_out(version):
    talk, maker = begin(version), Maker()
    ask(talk, signingCertificate=maker.pem, signature=maker.sign(b"another"))
    talk.after(120)
    assert told(talk)[-1] == "InvalidSignature"
    assert events(talk) == ["InvalidFirmwareSignature"]
    assert talk.station.firmware.version == "4.2.1"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_expired_or_foreign_signing_certificate_is_refused_at_once(version):
    talk, maker, root = begin(version), Maker(), Maker("ec")
    signature = maker.sign(IMAGE)
    assert (
        ask(talk, signingCertificate=maker.expired(), signature=signature)["status"] == "InvalidCertificate"
    )
    talk.call("InstallCertificate", certificateType="ManufacturerRootCertificate", certificate=root.pem)
    assert ask(talk, signingCertificate=maker.pem, signature=signature)["status"] == "InvalidCertificate"
    talk.after(60)
    assert told(talk) == []
    assert events(talk) == ["InvalidFirmwareSigningCertificate"] * 2


@pytest.mark.parametrize("version", VERSIONS)
def test_a_dead_link_is_tried_again_as_often_as_asked(version):
    talk = begin(version)
    ask(talk, url="https://files/out/dead", retries=2, retryInterval=10)
    talk.after(120)
    assert talk.web.asked == ["https://files/out/dead"] * 3
    assert told(talk) == ["Downloading"] * 3 + ["DownloadFailed"]
    assert talk.central.statuses()[-1] == "Available"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_installation_may_fail_and_leaves_the_old_version_at_work(version):
    talk = begin(version)
    talk.station.mischief.fail_update("install")
    ask(talk)
    talk.after(120)
    assert told(talk)[-1] == "InstallationFailed"
    assert talk.station.firmware.version == "4.2.1"
    assert talk.central.statuses()[-1] == "Available"
    ask(talk)
    assert talk.after(120)
    assert told(talk)[-1] == "Installed"


@pytest.mark.parametrize("version", VERSIONS)
def test_whoever_charges_may_end_and_nobody_begins(version):
    talk = begin(version).plug_in().tap().after(30)
    ask(talk)
    talk.after(200)
    assert told(talk)[-1] == "Downloaded"
    assert talk.central.statuses(2)[-1] == "Unavailable"
    talk.tap().unplug().after(200)
    assert told(talk)[-1] == "Installed"
    assert talk.central.statuses(1)[-1] == talk.central.statuses(2)[-1] == "Available"


def test_what_was_out_of_order_before_stays_so_after():
    talk = begin("1.6")
    talk.call("ChangeAvailability", connectorId=2, type="Inoperative")
    ask(talk)
    talk.after(200)
    assert (talk.central.statuses(1)[-1], talk.central.statuses(2)[-1]) == ("Available", "Unavailable")


def test_an_update_for_later_waits_and_says_so():
    talk = begin("2.0.1")
    ask(talk, at=NOON + timedelta(hours=1), installDateTime=(NOON + timedelta(hours=2)).isoformat())
    talk.after(1800)
    assert told(talk) == ["DownloadScheduled"]
    talk.after(3600)
    assert told(talk)[-1] == "InstallScheduled"
    talk.after(3600)
    assert told(talk)[-1] == "Installed"


def test_a_second_update_takes_the_place_of_one_not_yet_installed():
    talk = begin("2.0.1")
    ask(talk, number=1, at=NOON + timedelta(hours=1))
    assert ask(talk, number=2)["status"] == "AcceptedCanceled"
    talk.after(12)
    assert ask(talk, number=3)["status"] == "Rejected"
    talk.after(7200)
    assert {item["requestId"] for item in talk.central.of("FirmwareStatusNotification")[1:]} == {2}
    assert told(talk).count("Installed") == 1


def test_a_word_lost_with_the_line_is_said_again():
    talk = begin("2.0.1")
    ask(talk)
    talk.station.mischief.go_offline(talk.now, 30)
    talk.after(31)
    assert told(talk) == ["Installing"]
    assert talk.after(120)
    assert told(talk)[-1] == "Installed"


def test_a_trigger_brings_the_last_word_and_idle_when_all_is_done():
    talk = begin("2.0.1")
    ask(talk)
    talk.after(5)
    talk.call("TriggerMessage", requestedMessage="FirmwareStatusNotification")
    assert talk.after(1)
    assert told(talk) == ["Downloading", "Downloading"]
    talk.after(120)
    talk.call("TriggerMessage", requestedMessage="FirmwareStatusNotification")
    assert talk.after(1)
    assert told(talk)[-1] == "Idle"


def test_an_update_that_another_process_began_has_failed_and_the_new_version_is_kept():
    talk = begin("2.0.1")
    ask(talk)
    talk.after(5)
    assert revived(talk).firmware.word == "DownloadFailed"
    talk.after(120)
    assert (revived(talk).firmware.word, revived(talk).firmware.version) == ("Installed", "5.0.1")


def revived(talk):
    kept = json.loads(json.dumps(snapshot.take(talk.station, talk.now)))
    later = Station(talk.station.spec, now=talk.now)
    snapshot.restore(later, kept, talk.now)
    return later


@pytest.mark.parametrize(
    ("image", "url", "version"),
    [
        (b"Version: 9.1-rc2\n...", "https://x/y-1.0.bin", "9.1-rc2"),
        (b"\x00\x01", "https://x/image%207.2.bin", "7.2"),
        (b"\x00\x01", "https://x/image.bin", "4.2.2"),
    ],
)
def test_an_images_version_stands_in_it_or_in_its_name_or_is_the_next(image, url, version):
    assert version_of(image, url, "4.2.1") == version

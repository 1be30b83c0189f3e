"""Logs, certificates, the local list: what an operator asks of a station besides charging."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulator.stations import snapshot
from simulator.stations.station import Station
from tests.simulator.fakes import NOON, Conversation, ac_spec

VERSIONS = ["1.6", "2.0.1", "2.1"]
IN = "https://files/in/token/"


@pytest.fixture(params=VERSIONS)
def talk(request):
    return Conversation(ac_spec(request.param, organization="Nordlys"))


def revived(talk):
    kept = json.loads(json.dumps(snapshot.take(talk.station, talk.now)))
    later = Station(talk.station.spec, now=talk.now)
    snapshot.restore(later, kept, talk.now)
    return later


# --- logs ------------------------------------------------------------------------------------


def get_log(talk, *, number=3, url=IN, kind="DiagnosticsLog", **more):
    log = {"remoteLocation": url, **more.pop("log", {})}
    return talk.call("GetLog", logType=kind, requestId=number, log=log, **more)


def words(talk):
    return [item["status"] for item in talk.central.of("LogStatusNotification")]


def test_a_log_tells_what_happened_and_is_handed_in(talk):
    talk.plug_in().tap().after(60).unplug()
    answer = get_log(talk)
    talk.after(5)
    assert answer["status"] == "Accepted"
    text = talk.web.received[answer["filename"]].decode()
    assert "AC-1" in text
    assert "firmware 4.2.1" in text
    assert "evse 1 started" in text
    assert "evse 1 ended" in text
    assert words(talk) == ["Uploading", "Uploaded"]
    assert {item["requestId"] for item in talk.central.of("LogStatusNotification")} == {3}
    assert talk.central.faults == []


def test_only_what_was_asked_for_is_in_it(talk):
    talk.plug_in().tap().after(3600).unplug()
    later = get_log(talk, log={"oldestTimestamp": (NOON + timedelta(minutes=30)).isoformat()})
    talk.after(5)
    text = talk.web.received[later["filename"]].decode()
    assert "ended" in text
    assert "evse 1 started" not in text
    talk.station.dialect.security_event("TamperDetectionActivated", talk.now)
    secure = get_log(talk, kind="SecurityLog")
    talk.after(5)
    lines = talk.web.received[secure["filename"]].decode().splitlines()
    assert [line.split()[-1] for line in lines if not line.startswith("#")] == ["TamperDetectionActivated"]


def test_a_dead_link_and_a_lost_upload_are_told(talk):
    get_log(talk, url="https://files/dead", retries=1, retryInterval=5)
    talk.after(20)
    assert words(talk) == ["Uploading", "Uploading", "UploadFailure"]
    talk.station.mischief.fail_upload()
    get_log(talk)
    assert talk.after(20)
    assert words(talk)[-1] == "UploadFailure"


def test_a_second_log_takes_the_place_of_the_first(talk):
    get_log(talk, number=1, url="https://files/dead", retries=3)
    talk.after(5)
    assert get_log(talk, number=2)["status"] == "AcceptedCanceled"
    talk.after(60)
    assert words(talk) == ["Uploading", "AcceptedCanceled", "Uploading", "Uploaded"]


def test_the_core_of_1_6_has_its_own_words_for_it():
    talk = Conversation(ac_spec("1.6"))
    answer = talk.call("GetDiagnostics", location=IN)
    talk.after(5)
    talk.call("TriggerMessage", requestedMessage="DiagnosticsStatusNotification")
    talk.after(1)
    assert answer["fileName"] in talk.web.received
    said = [item["status"] for item in talk.central.of("DiagnosticsStatusNotification")]
    assert said == ["Uploading", "Uploaded", "Idle"]


# --- certificates ----------------------------------------------------------------------------


def sign(csr, *, key=None, since=NOON):
    """What an authority makes of a request."""
    authority = ec.generate_private_key(ec.SECP256R1())
    request = x509.load_pem_x509_csr(csr.encode())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Root")])
    built = x509.CertificateBuilder().subject_name(request.subject).issuer_name(name).serial_number(9)
    built = built.public_key(key.public_key() if key else request.public_key()).not_valid_before(since)
    signed = built.not_valid_after(since + timedelta(days=90)).sign(authority, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def ask_for_request(talk):
    if talk.central.version == "1.6":
        talk.call("ExtendedTriggerMessage", requestedMessage="SignChargePointCertificate")
    else:
        talk.call("TriggerMessage", requestedMessage="SignChargingStationCertificate")
    talk.after(1)
    return talk.central.of("SignCertificate")[-1]["csr"]


def test_a_request_names_the_station_and_who_runs_it(talk):
    request = x509.load_pem_x509_csr(ask_for_request(talk).encode())
    assert request.subject.rfc4514_string() == "CN=AC-1,O=Nordlys"
    assert request.is_signature_valid


def test_the_certificate_of_its_own_key_is_taken_and_no_other(talk):
    csr = ask_for_request(talk)
    foreign, old = ec.generate_private_key(ec.SECP256R1()), NOON - timedelta(days=400)
    for chain in ("nonsense", sign(csr, key=foreign), sign(csr, since=old)):
        assert talk.call("CertificateSigned", certificateChain=chain)["status"] == "Rejected"
    good = sign(csr)
    assert talk.call("CertificateSigned", certificateChain=good)["status"] == "Accepted"
    assert talk.call("CertificateSigned", certificateChain=good)["status"] == "Rejected"
    talk.after(5)
    kinds = {item["type"] for item in talk.central.of("SecurityEventNotification")}
    name = "ChargePoint" if talk.central.version == "1.6" else "ChargingStation"
    assert kinds == {f"Invalid{name}Certificate"}
    assert revived(talk).keys.chain == good


def test_the_security_profile_of_1_6_goes_up_and_needs_a_certificate_for_its_highest():
    talk = Conversation(ac_spec("1.6"))

    def write(value):
        return talk.call("ChangeConfiguration", key="SecurityProfile", value=value)["status"]

    assert [write("3"), write("2"), write("1")] == ["Rejected", "Accepted", "Rejected"]
    talk.after(5)
    talk.call("CertificateSigned", certificateChain=sign(ask_for_request(talk)))
    assert write("3") == "Accepted"
    assert talk.after(5).station.settings.security_profile == 3


def root_names(version):
    return "CentralSystemRootCertificate" if version == "1.6" else "CSMSRootCertificate"


def test_roots_are_installed_listed_and_deleted_by_their_hashes(talk):
    version, root = talk.central.version, sign(ask_for_request(talk))
    kind = root_names(version)
    asked = {"certificateType": kind} if version == "1.6" else {"certificateType": [kind]}
    assert talk.call("GetInstalledCertificateIds", **asked)["status"] == "NotFound"
    assert talk.call("InstallCertificate", certificateType=kind, certificate="x")["status"] == "Rejected"
    for _ in range(2):
        assert talk.call("InstallCertificate", certificateType=kind, certificate=root)["status"] == "Accepted"
    listed = talk.call("GetInstalledCertificateIds", **asked)
    found = listed.get("certificateHashData") or [
        item["certificateHashData"] for item in listed["certificateHashDataChain"]
    ]
    assert [item["serialNumber"] for item in found] == ["9"]
    assert revived(talk).keys.roots == talk.station.keys.roots
    for status in ("Accepted", "NotFound"):
        assert talk.call("DeleteCertificate", certificateHashData=found[0])["status"] == status


# --- the local list --------------------------------------------------------------------------


def send(talk, version, *cards, is_full=False):
    kind = "Full" if is_full else "Differential"
    if talk.central.version == "1.6":
        entries = [{"idTag": uid, **({"idTagInfo": info} if info else {})} for uid, info in cards]
        named = {"listVersion": version}
    else:
        entries = [
            {"idToken": {"idToken": uid, "type": "ISO14443"}, **({"idTokenInfo": info} if info else {})}
            for uid, info in cards
        ]
        named = {"versionNumber": version}
    listed = {"localAuthorizationList": entries} if entries else {}
    return talk.call("SendLocalList", updateType=kind, **named, **listed)["status"]


def version_of(talk):
    return next(iter(talk.call("GetLocalListVersion").values()))


GOOD, BLOCKED = {"status": "Accepted"}, {"status": "Blocked"}


def test_a_list_is_replaced_and_changed_and_knows_its_version(talk):
    assert version_of(talk) == 0
    assert send(talk, 5, ("A", GOOD), ("B", GOOD), is_full=True) == "Accepted"
    assert send(talk, 6, ("B", None), ("C", BLOCKED)) == "Accepted"
    assert (version_of(talk), len(talk.station.tokens)) == (6, 2)
    assert send(talk, 6, ("D", GOOD)) == "VersionMismatch"
    assert (version_of(talk), len(talk.station.tokens)) == (6, 2)
    assert send(talk, 2, ("Z", GOOD), is_full=True) == "Accepted"
    assert (version_of(talk), len(talk.station.tokens)) == (2, 1)
    assert (revived(talk).tokens.version, len(revived(talk).tokens)) == (2, 1)


def test_a_list_that_is_too_long_or_names_a_card_twice_is_refused_whole(talk):
    cards = [(f"C{number}", GOOD) for number in range(101)]
    assert send(talk, 1, *cards, is_full=True) == "Failed"
    assert send(talk, 1, ("A", GOOD), ("a", BLOCKED), is_full=True) == "Failed"
    assert (version_of(talk), len(talk.station.tokens)) == (0, 0)


def test_offline_the_list_decides_whom_it_lets_charge(talk):
    expiry = "expiryDate" if talk.central.version == "1.6" else "cacheExpiryDateTime"
    old = {"status": "Accepted", expiry: (NOON - timedelta(days=1)).isoformat()}
    send(talk, 1, ("GOOD", GOOD), ("BAD", BLOCKED), ("OLD", old), is_full=True)
    talk.station.mischief.go_offline(talk.now)
    talk.after(1).plug_in()
    for tag in ("BAD", "OLD"):
        assert talk.tap(tag).station.cabinet.evse(1).transaction is None
    assert talk.tap("good").station.cabinet.evse(1).transaction is not None


def test_emptying_the_cache_leaves_the_list(talk):
    send(talk, 1, ("GOOD", GOOD), is_full=True)
    talk.plug_in().tap("CACHED").after(10).unplug()
    talk.call("ClearCache")
    talk.station.settings.allow_offline_unknown = False
    talk.station.mischief.go_offline(talk.now)
    talk.after(1).plug_in()
    assert talk.tap("CACHED").station.cabinet.evse(1).transaction is None
    assert talk.tap("GOOD").station.cabinet.evse(1).transaction is not None


def test_a_listed_card_need_not_be_asked_about_where_that_is_set(talk):
    talk.station.settings.local_pre_authorize = True
    send(talk, 1, ("GOOD", GOOD), is_full=True)
    talk.plug_in().tap("GOOD").after(5)
    assert talk.central.of("Authorize") == []
    assert talk.station.cabinet.evse(1).transaction is not None


# --- power -----------------------------------------------------------------------------------


def test_when_the_mains_fail_a_session_is_told_after_the_boot_as_it_was_then(talk):
    talk.plug_in().tap().after(600)
    register_wh = talk.station.cabinet.evse(1).register_wh
    talk.station.mischief.lose_power(talk.now, 300)
    failed_at = talk.now
    talk.after(400)
    assert talk.central.actions().count("BootNotification") == 2
    if talk.central.version == "1.6":
        ended = talk.central.of("StopTransaction")[-1]
        assert (ended["reason"], ended["meterStop"]) == ("PowerLoss", int(register_wh))
    else:
        ended = talk.central.of("TransactionEvent")[-1]
        assert (ended["transactionInfo"]["stoppedReason"], ended["offline"]) == ("PowerLoss", True)
    assert ended["timestamp"].startswith(f"{failed_at:%Y-%m-%dT%H:%M:%S}")

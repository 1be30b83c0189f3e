"""What a caller shows, judged against what its station must show: the security profiles 0 to 3.

Profile 0: nothing, where the network allows it. 1: a password. 2: a password over TLS.
3: a certificate over TLS. A station's profile is the least that is accepted (2.0.1 A00.FR.002):
what is safer may come in, what is less safe may not.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from core import clock
from ocpp_bridge.callers import Caller, ClientCertificate
from ocpp_bridge.models import FailedHandshake
from stations import pki
from stations.models import ChargingStation, DoorPolicy, StationCertificate
from stations.services import certificate_delivery, certificates, foreign_addresses, security
from stations.services.secrets import hash_secret

MAX_KEY_HEX_DIGITS: Final = 40
Reason = FailedHandshake.Reason


class Refused(Exception):
    """Not let in. `detail` tells an operator what was shown instead; never a secret."""

    def __init__(self, reason: Reason, detail: str = "", *, organization_id: int | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail
        self.organization_id = organization_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was accepted. `is_next_password`: the one that is on its way to the station; `first_hash`: of
    a password that was not known before, and is to be kept."""

    profile: int
    first_hash: str = ""
    is_next_password: bool = False
    certificate: StationCertificate | None = None
    certified_serial: str = ""
    is_expired: bool = False


def judge(station: ChargingStation, caller: Caller) -> Shown:
    """Raises Refused with the first thing that is wrong."""
    required = station.security_profile
    if required >= 2 and not caller.is_encrypted:
        raise Refused(Reason.NOT_ENCRYPTED, f"security profile {required} is required")
    if required == 3:
        return judge_certificate(station, caller.certificate)
    if caller.certificate is not None and caller.is_encrypted and caller.password is None:
        return judge_certificate(station, caller.certificate)
    if required == 0 and (caller.password is None or not station.secret_hash):
        return _judge_nothing(station)
    return judge_station_password(station, caller)


def _judge_nothing(station: ChargingStation) -> Shown:
    if not DoorPolicy.objects.filter(pk=station.organization_id, allows_unsecured=True).exists():
        raise Refused(Reason.UNSECURED)
    return Shown(profile=0)


def follow(station: ChargingStation, shown: Shown, caller: Caller) -> None:
    """What the way it came tells us: it has its new password, certificate, or profile. Raises Refused."""
    if shown.first_hash:
        _keep_first_password(station, shown.first_hash, caller)
    if shown.is_next_password:
        security.password_arrived(station=station)
    if station.next_security_profile is not None and shown.profile >= station.next_security_profile:
        security.profile_arrived(station=station)
    if shown.certificate is not None and shown.certificate.status != StationCertificate.Status.INSTALLED:
        certificate_delivery.mark_installed(certificate=shown.certificate)
    if shown.is_expired:
        certificates.hold_until_renewed(station=station)
    elif shown.profile == 3 and station.accepts_expired_certificate:
        certificates.release_renewed(station=station)


def _keep_first_password(station: ChargingStation, secret_hash: str, caller: Caller) -> None:
    if foreign_addresses.keep_first_password(
        station=station, secret_hash=secret_hash, remote_address=caller.remote_address
    ):
        return
    station.refresh_from_db(fields=["secret_hash"])  # another one was quicker: its password holds
    judge_password(caller, station.secret_hash)


# --- passwords -----------------------------------------------------------------------------


def judge_station_password(station: ChargingStation, caller: Caller) -> Shown:
    """Its password, or the one that is on its way to it (A01.FR.03, A01.FR.04)."""
    profile = 2 if caller.is_encrypted else 1
    if not station.secret_hash and not station.next_secret_hash:
        return _judge_first_password(station, caller, profile)
    try:
        judge_password(caller, station.secret_hash)
    except Refused:
        if not station.next_secret_hash:
            raise
        judge_password(caller, station.next_secret_hash)
        return Shown(profile=profile, is_next_password=True)
    return Shown(profile=profile)


def _judge_first_password(station: ChargingStation, caller: Caller, profile: int) -> Shown:
    """Its password is not known: where the network allows that for now, the first one is kept."""
    sent = sent_password(caller)
    if not foreign_addresses.keeps_first_passwords(station.organization_id):
        raise Refused(Reason.PASSWORD_NOT_KNOWN)
    return Shown(profile=profile, first_hash=hash_secret(next(readings(sent))))


def judge_password(caller: Caller, secret_hash: str) -> None:
    """Basic authentication, A00.FR.204 and following. Raises Refused."""
    if not is_password(sent_password(caller), secret_hash):
        raise Refused(Reason.WRONG_PASSWORD)


def sent_password(caller: Caller) -> bytes:
    """What stands under the caller's own name. Raises Refused."""
    if not caller.password:
        raise Refused(Reason.NO_PASSWORD)
    if caller.username != caller.identity.encode():
        raise Refused(Reason.OTHER_USERNAME, caller.username.decode("utf-8", "replace")[:48])
    return caller.password


def is_password(sent: bytes, secret_hash: str) -> bool:
    """Whether one reading of what was sent is the password."""
    return bool(secret_hash) and any(
        hmac.compare_digest(hash_secret(reading), secret_hash) for reading in readings(sent)
    )


def readings(sent: bytes) -> Iterator[str]:
    """The password as text; and a 1.6 key, configured in hex, sent raw or in other letters."""
    text = _as_text(sent)
    yield text
    if len(sent) * 2 <= MAX_KEY_HEX_DIGITS:
        yield sent.hex()
        yield sent.hex().upper()
    if len(text) <= MAX_KEY_HEX_DIGITS and text.lower() != text.upper():
        yield text.lower()
        yield text.upper()


def _as_text(sent: bytes) -> str:
    try:
        return sent.decode()
    except UnicodeDecodeError:
        return sent.decode("latin-1")


# --- certificates --------------------------------------------------------------------------


def judge_certificate(station: ChargingStation, shown: ClientCertificate | None) -> Shown:
    """A certificate of a trusted authority, for this station and network, valid now (A00.FR.402-407)."""
    if shown is None:
        raise Refused(Reason.NO_CERTIFICATE)
    try:
        found = pki.load_certificate(shown.pem)
    except pki.Unusable as error:
        raise Refused(Reason.UNTRUSTED_CERTIFICATE, str(error)) from None
    if not shown.is_verified and not pki.is_signed_by(found, certificates.trusted_authorities()):
        raise Refused(Reason.UNTRUSTED_CERTIFICATE, found.issuer.rfc4514_string())
    return _judge_subject(station, pki.describe(found))


def _judge_subject(station: ChargingStation, found: pki.Certificate) -> Shown:
    if found.common_name not in {station.identity, station.serial} - {""}:
        raise Refused(Reason.OTHER_CERTIFICATE, f"CN={found.common_name}")
    if found.organization != certificates.organization_name(station.organization):
        raise Refused(Reason.OTHER_ORGANIZATION, f"O={found.organization}")
    known = StationCertificate.objects.filter(fingerprint=found.fingerprint).first()
    if known is not None and known.station_id != station.pk:
        raise Refused(Reason.OTHER_CERTIFICATE, f"serial number {found.serial_number}")
    if known is not None and known.status == StationCertificate.Status.REVOKED:
        raise Refused(Reason.REVOKED_CERTIFICATE, f"serial number {found.serial_number}")
    is_expired = not found.valid_from <= clock.now() <= found.valid_until
    if is_expired and not station.accepts_expired_certificate:
        raise Refused(
            Reason.EXPIRED_CERTIFICATE, f"{found.valid_from:%Y-%m-%d} – {found.valid_until:%Y-%m-%d}"
        )
    return Shown(
        profile=3,
        certificate=known,
        certified_serial="" if found.common_name == station.identity else found.common_name,
        is_expired=is_expired,
    )

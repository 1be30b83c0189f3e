"""Station certificates: signed by our own authority, watched, renewed, revoked (2.0.1 A02, A03).

The authority's key comes from the environment or a secret file and is never written anywhere.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

from cryptography import x509
from django.conf import settings
from django.db import transaction

from accounts.models import Organization, User
from accounts.services import note_action
from core import clock
from core.live import nudge
from stations import pki
from stations.command_kinds import Trigger
from stations.models import ChargingStation, DoorPolicy, StationCertificate
from stations.services import commands, connectivity
from stations.services.certificate_delivery import deliver, lock_station, move
from stations.services.certificate_keys import demand_good_key, note_refusal

CRL_DAYS: Final = 7
RENEW_BEFORE: Final = timedelta(days=30)
"""Stations begin to renew a month before the end themselves (A03.FR.02)."""
SAME_REQUEST_WITHIN: Final = timedelta(days=1)
"""Longer than stations repeat a request; much shorter than until a renewal, perhaps with the same key."""
REQUESTS_REMEMBERED: Final = 10

Status = StationCertificate.Status
GOOD: Final = (Status.ISSUED, Status.INSTALLED)


class NoAuthority(LookupError):
    """No authority is configured (STATION_CA_CERT, STATION_CA_KEY): we cannot sign."""


class NotRevocable(ValueError):
    """The certificate was revoked before, or the station never took it."""


def authority() -> pki.Authority:
    """Our authority. Raises NoAuthority, or pki.Unusable when it is configured wrongly."""
    if not settings.STATION_CA_CERT or not settings.STATION_CA_KEY:
        raise NoAuthority("Set STATION_CA_CERT and STATION_CA_KEY.")
    return _load(settings.STATION_CA_CERT, settings.STATION_CA_KEY)


@cache
def _load(certificate: str, key: str) -> pki.Authority:
    return pki.load_authority(text_or_file(certificate), text_or_file(key))


def text_or_file(value: str) -> bytes:
    """A setting that is a PEM text itself, or the path of a file with one."""
    return value.encode() if "-----BEGIN" in value else Path(value).read_bytes()


def trusted_authorities() -> tuple[x509.Certificate, ...]:
    """Who may have signed what a station shows: we, and the makers of STATION_TRUSTED_CAS."""
    return _trusted(settings.STATION_CA_CERT, settings.STATION_TRUSTED_CAS)


@cache
def _trusted(*bundles: str) -> tuple[x509.Certificate, ...]:
    return tuple(
        found for bundle in bundles if bundle for found in pki.load_certificates(text_or_file(bundle))
    )


def trusted_bundle() -> str:
    """The same authorities as one PEM text; empty when there are none."""
    return "".join(pki.as_pem(found) for found in trusted_authorities())


def organization_name(organization: Organization) -> str:
    """What the O of a station's certificate must say (A00.FR.404, A00.FR.509)."""
    policy = DoorPolicy.objects.filter(pk=organization.pk).first()
    return (policy.certificate_organization if policy else "") or organization.name


# --- signing -------------------------------------------------------------------------------


@transaction.atomic
def sign_request(
    *, station_id: int, csr: str, use: str = StationCertificate.Use.CONNECTION, request_number: int = 0
) -> StationCertificate:
    """A certificate for the station's own request, on its way to it as a command (A02.FR.03).

    A repetition gets the same certificate: a station asks again until one comes (A02.FR.17, A03.FR.17).
    Raises NoAuthority, pki.Unusable (somebody else's name, a weak or a revoked key, no request).
    """
    station = lock_station(station_id)
    names = [name for name in (station.identity, station.serial) if name]
    request = pki.read_request(
        csr.encode(), common_names=names, organization=organization_name(station.organization)
    )
    demand_good_key(request)
    issued = _signed_before(station, request, use) or _sign(station, request, use)
    deliver(certificate=issued, request_number=request_number)
    return issued


def _signed_before(
    station: ChargingStation, request: x509.CertificateSigningRequest, use: str
) -> StationCertificate | None:
    """What was signed lately for the same request, and is still good."""
    lately = StationCertificate.objects.filter(
        station=station, use=use, status__in=GOOD, issued_at__gt=clock.now() - SAME_REQUEST_WITHIN
    )
    for issued in lately[:REQUESTS_REMEMBERED]:
        certificate = pki.load_certificate(issued.pem.encode())
        if pki.answers(certificate, request) and pki.is_signed_by(certificate, [authority().certificate]):
            return issued
    return None


def _sign(station: ChargingStation, request: x509.CertificateSigningRequest, use: str) -> StationCertificate:
    pem = pki.sign(request, authority(), at=clock.now(), days=settings.STATION_CERTIFICATE_DAYS)
    issued = _keep(station, pki.read_certificate(pem.encode()), use)
    _note(station, None, "certificate.issue", issued)
    return issued


def receive_request(*, station_id: int, csr: str, use: str, request_number: int = 0) -> bool:
    """For CERTIFICATE_SIGNER: whether a certificate is on its way; why not, for the operator, otherwise."""
    try:
        sign_request(station_id=station_id, csr=csr, use=use, request_number=request_number)
    except (NoAuthority, pki.Unusable) as error:
        note_refusal(station_id=station_id, error=error)
        return False
    return True


def _keep(station: ChargingStation, signed: pki.Certificate, use: str) -> StationCertificate:
    return StationCertificate.objects.create(
        organization_id=station.organization_id,
        station=station,
        use=use,
        serial_number=signed.serial_number,
        fingerprint=signed.fingerprint,
        pem=signed.pem,
        valid_from=signed.valid_from,
        valid_until=signed.valid_until,
    )


@transaction.atomic
def hold_until_renewed(*, station: ChargingStation) -> None:
    """It came with an expired certificate and may: pending, and asked to renew at once (A00.FR.429)."""
    pending = ChargingStation.Registration.PENDING
    ChargingStation.objects.filter(pk=station.pk).update(registration=pending)
    station.registration = pending
    commands.request(station=station, kind=Trigger(message="sign_certificate"))


def release_renewed(*, station: ChargingStation) -> None:
    """It came with a good certificate again: the allowance was for once."""
    accepted = ChargingStation.Registration.ACCEPTED
    ChargingStation.objects.filter(pk=station.pk).update(
        registration=accepted, accepts_expired_certificate=False
    )
    station.registration = accepted


@transaction.atomic
def ask_to_renew() -> int:
    """Sweep: stations whose certificate ends soon are asked for a new request. Returns how many."""
    ending = StationCertificate.objects.filter(
        status=Status.INSTALLED,
        use=StationCertificate.Use.CONNECTION,
        valid_until__lte=clock.now() + RENEW_BEFORE,
        station__is_connected=True,
    ).select_related("station")
    for certificate in ending:
        commands.request(station=certificate.station, kind=Trigger(message="sign_certificate"))
    return len(ending)


@transaction.atomic
def revoke(*, certificate: StationCertificate, because: str, actor: User | None = None) -> None:
    """From now on nobody comes in with it, and who is in goes out. Raises NotRevocable."""
    now = clock.now()
    if not move(certificate, Status.REVOKED, revoked_at=now, revoked_because=because[:80]):
        raise NotRevocable(certificate.serial_number)
    if certificate.station.security_profile == 3:
        connectivity.send_away(station_id=certificate.station_id)
    _note(certificate.station, actor, "certificate.revoke", certificate)


def revocation_list() -> str:
    """The CRL of everything that was revoked and has not ended yet, PEM. Raises NoAuthority."""
    now = clock.now()
    revoked = StationCertificate.objects.filter(status=Status.REVOKED, valid_until__gt=now)
    pairs = revoked.order_by("pk").values_list("serial_number", "revoked_at")
    entries = [(serial, at) for serial, at in pairs if at is not None]
    return pki.revocation_list(authority(), entries, at=now, days=CRL_DAYS)


def _note(station: ChargingStation, actor: User | None, action: str, certificate: StationCertificate) -> None:
    note_action(
        actor=actor,
        organization=station.organization,
        action=action,
        subject=f"station.{station.pk}",
        changes={"serial_number": certificate.serial_number},
    )
    nudge(f"station.{station.pk}", f"org.{station.organization_id}")

"""Keys that get no certificate of ours any more, and how the operator hears of a refused request.

A revoked certificate means that its key may be known to somebody else. A station makes a new pair when it
is asked for a request (2.0.1 A02.FR.02); one that shows the old key is refused (A02.FR.12).
"""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db.models import BinaryField, F, Func, IntegerField, Value

from accounts.services import note_action
from core import clock
from core.live import nudge
from stations import pki
from stations.models import ChargingStation, SecurityEvent, StationCertificate
from stations.services.notices import record_security_event

REVOKED_KEY: Final = "RequestWithRevokedKey"
ADVICE: Final = (
    "Its key belongs to a revoked certificate and gets no new one. Ask for a request once more: the "
    "charger must make a new key. If it shows the old one again, delete the key at the charger."
)


class RevokedKey(pki.Unusable):
    """The request shows the key of a certificate that was revoked."""


def demand_good_key(request: x509.CertificateSigningRequest) -> None:
    """Raises RevokedKey. Also for the key of another station's certificate: it may have been copied."""
    key = request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    at = Func(_der(), Value(key), function="pg_catalog.position", output_field=IntegerField())
    revoked = StationCertificate.objects.filter(status=StationCertificate.Status.REVOKED)
    if revoked.annotate(at=at).filter(at__gt=0).exists():
        raise RevokedKey("the key belongs to a certificate that was revoked; the charger must make a new key")


def _der() -> Func:
    """The certificate's bytes; the key stands in them as it does in the request (RFC 5280, RFC 2986)."""
    body = Func(F("pem"), Value("-----"), Value(3), function="split_part")
    return Func(body, Value("base64"), function="decode", output_field=BinaryField())


def note_refusal(*, station_id: int, error: Exception) -> None:
    """Why a request was refused, in the log; a revoked key also among what needs a person."""
    station = ChargingStation.objects.select_related("organization").get(pk=station_id)
    note_action(
        actor=None,
        organization=station.organization,
        action="certificate.refuse",
        subject=f"station.{station.pk}",
        changes={"reason": str(error)},
    )
    if isinstance(error, RevokedKey):
        _warn_of_key(station)
    nudge(f"station.{station.pk}")


def _warn_of_key(station: ChargingStation) -> None:
    """Once until somebody has looked: stations repeat their requests (A02.FR.17)."""
    known = SecurityEvent.objects.filter(station=station, type=REVOKED_KEY, resolved_at=None)
    if not known.exists():
        record_security_event(
            station_id=station.pk, type=REVOKED_KEY, happened_at=clock.now(), info=ADVICE, is_urgent=True
        )

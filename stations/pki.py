"""A small certificate authority for station certificates. Pure: keys and bytes in, bytes out.

The properties of certificates are those of 2.0.1 part 2 section A00 (A00.FR.501 to 514, the same
as in the 1.6 security whitepaper): X.509 in PEM, at least 112 bits of security, SHA-256, the
organization in O, the station in CN, key usage restricted, no extended key usage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

MIN_RSA_BITS: Final = 2048
MIN_CURVE_BITS: Final = 224
CLOCK_TOLERANCE: Final = timedelta(hours=1)
"""A certificate begins this long ago: a station whose clock is late may use it at once."""

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Unusable(ValueError):
    """Not a certificate, a request or a key that we can work with; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What of a certificate is looked at. `serial_number` and `fingerprint` (SHA-256) are hex."""

    common_name: str
    organization: str
    serial_number: str
    fingerprint: str
    valid_from: datetime
    valid_until: datetime
    pem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A certificate that may sign, with its key."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def pem(self) -> str:
        return as_pem(self.certificate)


# --- reading -------------------------------------------------------------------------------


def read_certificate(pem: bytes) -> Certificate:
    """The first certificate of a PEM text. Raises Unusable."""
    return describe(load_certificate(pem))


def load_certificate(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unusable("not a certificate") from error


def load_certificates(pem: bytes) -> list[x509.Certificate]:
    """All certificates of a bundle. Raises Unusable."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unusable("not a bundle of certificates") from error


def describe(found: x509.Certificate) -> Certificate:
    return Certificate(
        common_name=_named(found.subject, NameOID.COMMON_NAME),
        organization=_named(found.subject, NameOID.ORGANIZATION_NAME),
        serial_number=f"{found.serial_number:x}",
        fingerprint=found.fingerprint(hashes.SHA256()).hex(),
        valid_from=found.not_valid_before_utc,
        valid_until=found.not_valid_after_utc,
        pem=as_pem(found),
    )


def _named(name: x509.Name, part: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(part)
    return str(found[0].value) if found else ""


def is_signed_by(certificate: x509.Certificate, authorities: Iterable[x509.Certificate]) -> bool:
    """Whether one of these signed it. Only the direct signature; dates are looked at elsewhere."""
    return any(_is_signed_by(certificate, authority) for authority in authorities)


def _is_signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


# --- signing -------------------------------------------------------------------------------


def load_authority(certificate_pem: bytes, key_pem: bytes) -> Authority:
    """Raises Unusable when the two do not belong together."""
    certificate = load_certificate(certificate_pem)
    try:
        key = serialization.load_pem_private_key(key_pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Unusable("not a private key without a password") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise Unusable("the authority's key is neither RSA nor of an elliptic curve")
    if key.public_key() != certificate.public_key():
        raise Unusable("the authority's key does not belong to its certificate")
    return Authority(certificate=certificate, key=key)


def make_authority(*, organization: str, at: datetime, days: int) -> tuple[str, str]:
    """A new authority (P-256): its certificate and its key, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Station certificates", organization)
    builder = (
        _begin(name, at, days)
        .issuer_name(name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return as_pem(builder.sign(key, hashes.SHA256())), secret.decode()


def read_request(
    pem: bytes, *, common_names: Sequence[str], organization: str
) -> x509.CertificateSigningRequest:
    """A request for one of these names, signed by its own strong key. Raises Unusable."""
    try:
        request = x509.load_pem_x509_csr(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unusable("not a certificate signing request") from error
    if not request.is_signature_valid:
        raise Unusable("the request is not signed with its own key")
    _demand_strength(request)
    if _named(request.subject, NameOID.COMMON_NAME) not in common_names:
        raise Unusable("the common name is not this charger")
    if _named(request.subject, NameOID.ORGANIZATION_NAME) != organization:
        raise Unusable("the organization is not this network")
    return request


def _demand_strength(request: x509.CertificateSigningRequest) -> None:
    key = request.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
        return
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size >= MIN_CURVE_BITS:
        return
    raise Unusable("the key is too weak, or of an unknown kind")


def answers(certificate: x509.Certificate, request: x509.CertificateSigningRequest) -> bool:
    """Whether this certificate is what was asked for: the same key, for the same station."""
    same_key = certificate.public_key() == request.public_key()
    return same_key and _named(certificate.subject, NameOID.COMMON_NAME) == _named(
        request.subject, NameOID.COMMON_NAME
    )


def sign(request: x509.CertificateSigningRequest, authority: Authority, *, at: datetime, days: int) -> str:
    """The certificate for a judged request, PEM; its subject is the request's CN and O, no more."""
    common_name = _named(request.subject, NameOID.COMMON_NAME)
    name = _name(common_name, _named(request.subject, NameOID.ORGANIZATION_NAME))
    issuer_key = authority.certificate.public_key()
    builder = (
        _begin(name, at, days)
        .issuer_name(authority.certificate.subject)
        .public_key(request.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature", "key_agreement"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(request.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key),  # type: ignore[arg-type]
            critical=False,
        )
    )
    return as_pem(_signed(builder, authority.key))


def _signed(builder: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    """RSA signs with PSS (A00.FR.505)."""
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)
        return builder.sign(key, hashes.SHA256(), rsa_padding=pss)
    return builder.sign(key, hashes.SHA256())


def revocation_list(
    authority: Authority, revoked: Iterable[tuple[str, datetime]], *, at: datetime, days: int
) -> str:
    """A CRL of (serial number in hex, when), PEM."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(at)
        .next_update(at + timedelta(days=days))
    )
    for serial_number, revoked_at in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(int(serial_number, 16))
        builder = builder.add_revoked_certificate(entry.revocation_date(revoked_at).build())
    signed = builder.sign(authority.key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def _begin(name: x509.Name, at: datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - CLOCK_TOLERANCE)
        .not_valid_after(at + timedelta(days=days))
    )


def _name(common_name: str, organization: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*allowed: str) -> x509.KeyUsage:
    parts = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{part: part in allowed for part in parts})


def as_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()

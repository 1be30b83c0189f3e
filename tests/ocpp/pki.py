"""Certificates for the tests: a server's of both kinds, makers' authorities, and stations' keys."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from stations import pki
from tests.ocpp.turns import TakingTurns

NOW = datetime.now(UTC)


def make_key(kind: str = "ec"):
    return ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)


def key_pem(key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def csr(key, *, common_name: str, organization: str) -> str:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


@dataclass
class Maker:
    """An authority: ours, or a maker's."""

    certificate: str
    key: str

    @classmethod
    def called(cls, organization: str) -> Maker:
        return cls(*pki.make_authority(organization=organization, at=NOW, days=3650))

    def sign(self, key, *, common_name: str, organization: str, at: datetime = NOW, days: int = 365) -> str:
        request = x509.load_pem_x509_csr(
            csr(key, common_name=common_name, organization=organization).encode()
        )
        authority = pki.load_authority(self.certificate.encode(), self.key.encode())
        return pki.sign(request, authority, at=at, days=days)

    def server(self, folder: Path, kind: str) -> tuple[Path, Path]:
        """A certificate for 127.0.0.1, and its key, as files."""
        key = make_key(kind)
        authority = pki.load_authority(self.certificate.encode(), self.key.encode())
        signed = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]))
            .issuer_name(authority.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(hours=1))
            .not_valid_after(NOW + timedelta(days=30))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
                critical=False,
            )
            .sign(authority.key, hashes.SHA256())
        )
        paths = folder / f"{kind}.pem", folder / f"{kind}.key"
        paths[0].write_text(pki.as_pem(signed))
        paths[1].write_text(key_pem(key))
        return paths


def client_context(trusted: str, folder: Path, *, certificate: str = "", key=None) -> ssl.SSLContext:
    """What a station uses: it trusts one authority, and shows a certificate when it has one."""
    context = ssl.create_default_context(cadata=trusted)
    context.sslsocket_class = TakingTurns
    if certificate:
        file = folder / f"client-{abs(hash(certificate))}.pem"
        file.write_text(certificate + key_pem(key))
        context.load_cert_chain(file)
    return context

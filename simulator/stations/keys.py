"""A station's own key and certificate, and the roots it trusts (2.0.1 A02, M03 to M05; 1.6 whitepaper).

A new pair is made for every request and used once its certificate has come (A02.FR.03, A02.FR.08).
"""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

MOST_ROOTS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A certificate to trust. `use`: "central", "manufacturer", "v2g", "contract", "vehicle"."""

    use: str
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def hashes(self, algorithm: str = "SHA256") -> dict[str, str]:
        """CertificateHashDataType: the names that OCSP gives a certificate (RFC 6960 section 4.1.1)."""
        return {
            "hashAlgorithm": algorithm,
            "issuerNameHash": _digest(algorithm, self.certificate.issuer.public_bytes()),
            "issuerKeyHash": _digest(algorithm, _key_bits(self.certificate)),
            "serialNumber": f"{self.certificate.serial_number:x}",
        }


class Keys:
    """`identity` is the name in our certificates. Every PEM text may raise ValueError."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.roots: list[Root] = []
        self.chain = ""
        self._key: ec.EllipticCurvePrivateKey | None = None
        self._next_key: ec.EllipticCurvePrivateKey | None = None

    # --- our own

    def request(self, organization: str) -> str:
        """A certificate signing request (PEM) for a new key: O the operator, CN ourselves (A00.FR.509)."""
        names = [(NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, self.identity)]
        subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names if value])
        self._next_key = ec.generate_private_key(ec.SECP256R1())
        asked = x509.CertificateSigningRequestBuilder().subject_name(subject)
        return asked.sign(self._next_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def install_own(self, chain: str, at: datetime) -> str:
        """Take the certificate that was made for our request; what is wrong with it, or nothing."""
        try:
            own = x509.load_pem_x509_certificates(chain.encode())[0]
        except ValueError:
            return "not a certificate"
        if self._next_key is None or own.public_key() != self._next_key.public_key():
            return "not for our key"
        if not own.not_valid_before_utc <= at <= own.not_valid_after_utc:
            return "not valid now"
        self.chain, self._key, self._next_key = chain, self._next_key, None
        return ""

    def context(self, *, extra_trust: str = "", shows_own: bool) -> ssl.SSLContext:
        """For our side of TLS: whom we trust, and with `shows_own` who we are."""
        trusted = extra_trust + "".join(self.roots_of("central"))
        context = ssl.create_default_context(cadata=trusted or None)
        if shows_own and self._key is not None:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "own.pem"
                file.write_text(self.chain + _pem(self._key))
                context.load_cert_chain(file)
        return context

    # --- those we trust

    def roots_of(self, use: str) -> list[str]:
        return [root.pem for root in self.roots if root.use == use]

    def trust(self, use: str, pem: str, at: datetime) -> str:
        """InstallCertificateStatusEnumType. The same again is no second one."""
        try:
            found = x509.load_pem_x509_certificate(pem.encode())
        except ValueError:
            return "Rejected"
        if found.not_valid_after_utc <= at:
            return "Rejected"
        root = Root(use=use, certificate=found)
        if root not in self.roots:
            if len(self.roots) >= MOST_ROOTS:
                return "Failed"
            self.roots.append(root)
        return "Accepted"

    def distrust(self, named: dict[str, str]) -> str:
        """DeleteCertificateStatusEnumType, by hashes."""
        wanted = {key: value.lower() for key, value in named.items() if key != "customData"}
        for root in self.roots:
            hashed = root.hashes(named["hashAlgorithm"])
            if {key: value.lower() for key, value in hashed.items()} == wanted:
                self.roots.remove(root)
                return "Accepted"
        return "NotFound"

    # --- remembered

    def memory(self) -> dict[str, Any]:
        own = {"chain": self.chain, "key": _pem(self._key) if self._key else ""}
        return own | {"roots": [[root.use, root.pem] for root in self.roots]}

    def recall(self, data: dict[str, Any]) -> None:
        self.chain = data["chain"]
        if data["key"]:
            key = serialization.load_pem_private_key(data["key"].encode(), None)
            self._key = key if isinstance(key, ec.EllipticCurvePrivateKey) else None
        self.roots = [
            Root(use=use, certificate=x509.load_pem_x509_certificate(pem.encode()))
            for use, pem in data["roots"]
        ]


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The public key as the bits that OCSP hashes. A root's issuer is itself."""
    key = certificate.public_key()
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.PKCS1
    if isinstance(key, ec.EllipticCurvePublicKey):
        encoding, form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    return key.public_bytes(encoding, form)


def _digest(algorithm: str, data: bytes) -> str:
    kinds: dict[str, hashes.HashAlgorithm] = {
        "SHA256": hashes.SHA256(),
        "SHA384": hashes.SHA384(),
        "SHA512": hashes.SHA512(),
    }
    digest = hashes.Hash(kinds[algorithm])
    digest.update(data)
    return digest.finalize().hex()

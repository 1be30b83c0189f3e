"""The stand-in's authority: a mobility operator's root, the contracts it signed, and which it revoked."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

ROOT_DAYS: Final = 3650
CONTRACT_DAYS: Final = 730
OCSP_DAYS: Final = 7
ALGORITHMS: Final[dict[str, Callable[[], hashes.HashAlgorithm]]] = {
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A contract certificate of a car, with the key that would travel in the EXI."""

    emaid: str
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


class World:
    """`clock` may be set by a test; certificates are kept in memory only."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.clock = clock
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.root = self._sign("Stand-in mobility operator root", self.key, days=ROOT_DAYS, is_root=True)
        self.contracts: dict[str, Contract] = {}
        self.revoked: dict[int, datetime] = {}

    def issue(self, emaid: str, *, days: int = CONTRACT_DAYS) -> Contract:
        """A new contract; an earlier one of the same name is forgotten and not revoked."""
        key = ec.generate_private_key(ec.SECP256R1())
        self.contracts[emaid] = Contract(emaid=emaid, certificate=self._sign(emaid, key, days=days))
        return self.contracts[emaid]

    def _sign(self, name: str, key: ec.EllipticCurvePrivateKey, *, days: int, is_root: bool = False) -> Any:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = self.clock()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if is_root else self.root.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )

    # --- what the server asks ------------------------------------------------------------------

    def answer_car(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """What a car gets for its CertificateInstallationReq; None for a request we cannot read."""
        wanted = list(asked.get("preferred") or ()) or ["DESTD00000001"]
        if not asked.get("request"):
            return None
        contract = self.contracts.get(wanted[0]) or self.issue(wanted[0])
        said = {"stand-in": "not EXI", "emaid": contract.emaid, "chain": contract.pem}
        return {
            "response": base64.b64encode(json.dumps(said).encode()).decode(),
            "remaining": len(wanted) - 1,
        }

    def ocsp(self, named: Mapping[str, Any]) -> bytes | None:
        """The DER of an OCSPResponse; None for a certificate that is not ours."""
        contract = self._named(named)
        if contract is None:
            return None
        revoked_at = self.revoked.get(contract.certificate.serial_number)
        now = self.clock()
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=contract.certificate,
            issuer=self.root,
            algorithm=hashes.SHA256(),
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD,
            this_update=now,
            next_update=now + timedelta(days=OCSP_DAYS),
            revocation_time=revoked_at,
            revocation_reason=None,
        )
        signed = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.root).sign(
            self.key, hashes.SHA256()
        )
        return signed.public_bytes(serialization.Encoding.DER)

    def status(self, named: Mapping[str, Any]) -> dict[str, Any]:
        contract = self._named(named)
        if contract is None:
            return {"status": "unknown", "next_update_at": None}
        is_revoked = contract.certificate.serial_number in self.revoked
        until = self.clock() + timedelta(days=OCSP_DAYS)
        return {"status": "revoked" if is_revoked else "good", "next_update_at": until.isoformat()}

    def judge(self, asked: Mapping[str, Any]) -> str:
        """valid, expired, revoked or broken."""
        found = self._shown(asked)
        if found is None:
            return "broken"
        if found.serial_number in self.revoked:
            return "revoked"
        is_valid = found.not_valid_before_utc <= self.clock() <= found.not_valid_after_utc
        return "valid" if is_valid else "expired"

    def _shown(self, asked: Mapping[str, Any]) -> x509.Certificate | None:
        """The certificate of this eMAID that our root signed, shown whole or by its hashes."""
        if asked.get("chain"):
            try:
                found = x509.load_pem_x509_certificate(str(asked["chain"]).encode())
                found.verify_directly_issued_by(self.root)
            except (ValueError, TypeError, InvalidSignature):
                return None
            return found if self._emaid(found) == asked.get("emaid") else None
        named = [contract for contract in map(self._named, asked.get("hashes") or ()) if contract]
        return next((c.certificate for c in named if c.emaid == asked.get("emaid")), None)

    def _emaid(self, certificate: x509.Certificate) -> str:
        return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    def _named(self, named: Mapping[str, Any]) -> Contract | None:
        for contract in self.contracts.values():
            expected = self.hash_of(contract, str(named.get("hash_algorithm", "")))
            if all(str(named.get(key, "")).lower() == value for key, value in expected.items()):
                return contract
        return None

    def hash_of(self, contract: Contract, algorithm: str = "SHA256") -> dict[str, str]:
        """The names that OCSP gives a certificate (RFC 6960 section 4.1.1), hex."""
        make = ALGORITHMS.get(algorithm, hashes.SHA256)
        key = self.root.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return {
            "issuer_name_hash": _digest(make(), self.root.subject.public_bytes()),
            "issuer_key_hash": _digest(make(), key),
            "serial_number": f"{contract.certificate.serial_number:x}",
        }


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> str:
    digest = hashes.Hash(algorithm)
    digest.update(data)
    return digest.finalize().hex()

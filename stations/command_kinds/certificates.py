"""Certificates on a station. PEM throughout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from stations.command_kinds.base import CommandKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverCertificate(CommandKind):
    """A certificate chain that was signed on the station's request (CertificateSigned).

    `use`: "connection" or "vehicle" (2.x, ISO 15118). `request_number`: of the request (2.1).
    """

    name: ClassVar[str] = "deliver_certificate"
    chain: str
    use: str = "connection"
    request_number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallCertificate(CommandKind):
    """A root certificate to trust.

    `use`: "central" (ours), "manufacturer" (of firmware), and in 2.x "v2g", "contract", and in
    2.1 "vehicle" (OEM).
    """

    name: ClassVar[str] = "install_certificate"
    use: str
    certificate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCertificate(CommandKind):
    """By the hashes that ReadCertificates told. `hash_algorithm`: SHA256, SHA384 or SHA512."""

    name: ClassVar[str] = "delete_certificate"
    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCertificates(CommandKind):
    """Which certificates are installed, of these uses. 1.6 asks for one; 2.x: empty means all."""

    name: ClassVar[str] = "read_certificates"
    uses: tuple[str, ...] = ()


KINDS: Final = (
    DeliverCertificate,
    InstallCertificate,
    DeleteCertificate,
    ReadCertificates,
)

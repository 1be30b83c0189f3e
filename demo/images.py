"""Firmware to try a campaign with: an image for the chargers that lag behind, and a signed one."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accounts.models import Organization
from stations.services import files

BYTES: Final = 400_000
VALID: Final = timedelta(days=3650)


def keep_images(organization: Organization, *, at: datetime) -> None:
    """Two images of made-up makers; the second is signed by its maker, valid from `at`."""
    files.keep_firmware(
        organization=organization,
        name="wallwerk-duo22-4.2.1.bin",
        chunks=[image("Wallwerk", "4.2.1")],
        version="4.2.1",
        vendor="Wallwerk",
        model="Duo 22",
    )
    signed = image("Kilovar", "5.3.0")
    signature, certificate = _sign("Kilovar", signed, at)
    files.keep_firmware(
        organization=organization,
        name="kilovar-cube150-5.3.0.bin",
        chunks=[signed],
        version="5.3.0",
        vendor="Kilovar",
        model="Cube 150",
        signature=signature,
        certificate=certificate,
    )


def image(maker: str, version: str) -> bytes:
    """Bytes that a station of the town can read its new version from."""
    head = f"maker={maker}\nversion={version}\n".encode()
    return head + b"".join(_filling(head))


def _filling(seed: bytes) -> Iterator[bytes]:
    """Something that looks like a program, and always the same."""
    for number in range(BYTES // 32):
        digest = hashes.Hash(hashes.SHA256())
        digest.update(seed + number.to_bytes(4, "big"))
        yield digest.finalize()


def _sign(maker: str, content: bytes, at: datetime) -> tuple[str, str]:
    """The signature (Base64) and the certificate (PEM) of a key that is forgotten then."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{maker} firmware signing")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at)
        .not_valid_after(at + VALID)
        .sign(key, hashes.SHA256())
    )
    signature = base64.b64encode(key.sign(content, ec.ECDSA(hashes.SHA256()))).decode()
    return signature, certificate.public_bytes(serialization.Encoding.PEM).decode()

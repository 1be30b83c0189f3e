"""Firmware images: whether the maker signed one, and which version it is. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

_HEAD_BYTES: Final = 4096
_SAID: Final = re.compile(rb"version\s*[=:]\s*([0-9A-Za-z][0-9A-Za-z.\-]{0,40})", re.IGNORECASE)
_IN_NAME: Final = re.compile(r"(\d+(?:\.\d+)+)")


def version_of(image: bytes, url: str, present: str) -> str:
    """What the image says of itself ("version=2.1" near its beginning), else what its file's name says,
    else the next after `present`."""
    if said := _SAID.search(image[:_HEAD_BYTES]):
        return said.group(1).decode()
    name = unquote(urlsplit(url).path).rpartition("/")[2]
    if named := _IN_NAME.search(name):
        return named.group(1)
    return _next(present)


def _next(version: str) -> str:
    head, dot, last = version.rpartition(".")
    return f"{head}{dot}{int(last) + 1}" if last.isdigit() else f"{version}.1"


def certificate_fault(pem: str, at: datetime, makers: Sequence[str] = ()) -> str:
    """What is wrong with a signing certificate; empty when nothing is (2.0.1 L01.FR.21).

    `makers`: PEM of installed manufacturer roots; without any, whoever signed it is believed.
    """
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
    except ValueError:
        return "not a certificate"
    if not found.not_valid_before_utc <= at <= found.not_valid_after_utc:
        return "not valid now"
    roots = [x509.load_pem_x509_certificate(maker.encode()) for maker in makers]
    return "" if not roots or any(_comes_from(found, root) for root in roots) else "of an unknown maker"


def _comes_from(certificate: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature):
        return certificate == root
    return True


def is_signed(image: bytes, signature: str, pem: str) -> bool:
    """Does the signature (Base64) over the image's SHA-256 fit the certificate (L01.FR.04)?

    RSA with PSS, and ECDSA; and RSA with PKCS #1 v1.5, which many makers still use.
    """
    try:
        raw = base64.b64decode(signature, validate=True)
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return False
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _fits_curve(key, image, raw)
    return isinstance(key, rsa.RSAPublicKey) and _fits_rsa(key, image, raw)


def _fits_curve(key: ec.EllipticCurvePublicKey, image: bytes, raw: bytes) -> bool:
    try:
        key.verify(raw, image, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _fits_rsa(key: rsa.RSAPublicKey, image: bytes, raw: bytes) -> bool:
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.AUTO)
    for scheme in (pss, padding.PKCS1v15()):
        try:
            key.verify(raw, image, scheme, hashes.SHA256())
        except InvalidSignature:
            continue
        return True
    return False

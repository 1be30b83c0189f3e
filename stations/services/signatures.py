"""A maker's signature under a firmware image (1.6 security whitepaper L01; 2.0.1 part 2, L01).

SHA-256 of the image, signed with RSA (PSS or PKCS 1.5) or ECDSA; Base64 on the wire.
"""

from __future__ import annotations

import base64
import binascii

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils


class BadSignature(ValueError):
    """The signature is not of this image by this certificate; the message says what is wrong."""


def check_signature(*, sha256: str, signature: str, certificate: str) -> None:
    """Raises BadSignature. `sha256` in hex, `signature` in Base64, `certificate` in PEM."""
    key = _key_of(certificate)
    signed = _decoded(signature)
    digest = bytes.fromhex(sha256)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _check_ecdsa(key, signed, digest)
    return _check_rsa(key, signed, digest)


def _key_of(certificate: str) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except ValueError as error:
        raise BadSignature("The signing certificate cannot be read (PEM).") from error
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise BadSignature("The signing certificate has neither an RSA nor an EC key.")
    return key


def _decoded(signature: str) -> bytes:
    try:
        return base64.b64decode("".join(signature.split()), validate=True)
    except binascii.Error as error:
        raise BadSignature("The signature is not Base64.") from error


def _check_ecdsa(key: ec.EllipticCurvePublicKey, signed: bytes, digest: bytes) -> None:
    try:
        key.verify(signed, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    except InvalidSignature as error:
        raise BadSignature("The signature does not fit the image and the certificate.") from error


def _check_rsa(key: rsa.RSAPublicKey, signed: bytes, digest: bytes) -> None:
    ways = (
        padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.AUTO),
        padding.PKCS1v15(),
    )
    for way in ways:
        try:
            return key.verify(signed, digest, way, utils.Prehashed(hashes.SHA256()))
        except InvalidSignature:
            continue
    raise BadSignature("The signature does not fit the image and the certificate.")

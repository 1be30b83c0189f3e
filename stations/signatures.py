"""Elliptic signatures over meter values: keys in all the forms they come in. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

CURVES: Final[dict[str, type[ec.EllipticCurve]]] = {
    "secp192r1": ec.SECP192R1,
    "secp256r1": ec.SECP256R1,
    "secp256k1": ec.SECP256K1,
    "secp384r1": ec.SECP384R1,
    "secp521r1": ec.SECP521R1,
    "brainpool256r1": ec.BrainpoolP256R1,
    "brainpoolp256r1": ec.BrainpoolP256R1,
    "brainpool384r1": ec.BrainpoolP384R1,
    "brainpoolp384r1": ec.BrainpoolP384R1,
}
_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class UnreadableKey(ValueError):
    """This is no public key of an elliptic curve that we know."""


class UnknownAlgorithm(ValueError):
    """A signature scheme that we cannot check."""


def verify(*, signed: bytes, signature: bytes, algorithm: str, public_key: str) -> bool:
    """Does the signature fit? `algorithm` as OCMF writes it: `ECDSA-secp256r1-SHA256`.

    The signature is DER, or r and s one after the other. Raises UnreadableKey, UnknownAlgorithm.
    """
    curve, digest = _algorithm(algorithm)
    key = read_key(public_key, curve=curve)
    if key.curve.name.lower() != curve().name.lower():
        return False
    try:
        key.verify(_der(signature, curve), signed, ec.ECDSA(digest()))
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm as error:
        raise UnknownAlgorithm(algorithm) from error
    return True


def _algorithm(text: str) -> tuple[type[ec.EllipticCurve], type[hashes.HashAlgorithm]]:
    scheme, _, rest = text.partition("-")
    curve, _, digest = rest.partition("-")
    found = CURVES.get(curve.lower()), _HASHES.get(digest.lower())
    if scheme.upper() != "ECDSA" or found[0] is None or found[1] is None:
        raise UnknownAlgorithm(text)
    return found[0], found[1]


def read_key(text: str, *, curve: type[ec.EllipticCurve] | None = None) -> ec.EllipticCurvePublicKey:
    """A key as PEM, or DER or a bare point in hex or Base64. A bare point needs the curve.

    Raises UnreadableKey.
    """
    raw = key_bytes(text)
    try:
        key = serialization.load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        key = _point(raw, curve)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise UnreadableKey("no key of an elliptic curve")
    return key


def key_bytes(text: str) -> bytes:
    """The key's bytes, whatever form it was written in. Raises UnreadableKey."""
    body = re.sub(r"-----[^-]*-----", "", text)
    compact = re.sub(r"[\s:]", "", body)
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", compact):
        return bytes.fromhex(compact)
    try:
        return base64.b64decode(compact, validate=True)
    except (ValueError, binascii.Error) as error:
        raise UnreadableKey("neither hex, nor Base64, nor PEM") from error


def _point(raw: bytes, curve: type[ec.EllipticCurve] | None) -> ec.EllipticCurvePublicKey:
    """A bare point: 04 and both coordinates, compressed, or the coordinates alone."""
    if curve is None:
        raise UnreadableKey("a bare point needs its curve")
    width = (curve().key_size + 7) // 8
    encoded = b"\x04" + raw if len(raw) == 2 * width else raw
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curve(), encoded)
    except ValueError as error:
        raise UnreadableKey("no point on that curve") from error


def _der(signature: bytes, curve: type[ec.EllipticCurve]) -> bytes:
    width = (curve().key_size + 7) // 8
    if len(signature) != 2 * width or (signature[:1] == b"\x30" and len(signature) == 2 + signature[1]):
        return signature
    halves = signature[:width], signature[width:]
    return encode_dss_signature(*(int.from_bytes(half, "big") for half in halves))

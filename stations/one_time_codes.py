"""One-time passwords of dynamic QR codes: OCPP 2.1 part 2, C25, "TOTP algorithm, version 1". Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

VERSION: Final = "v1"
PRINTED: Final = "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The alphabet as both listings print it: 61 characters, without the small o."""
WHOLE: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What its name there, base62, promises; stations exist that read it so."""
OFFSET_BITS: Final = 0x0F
NEIGHBORS: Final = (0, -1, 1)
"""The present interval, the previous and the next ("Validation of TOTP")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What both ends must share: WebPaymentsCtrlr's SharedSecret, ValidityTime and Length."""

    secret: str
    validity_s: int
    length: int


def password_at(recipe: Recipe, at: datetime, *, alphabet: str = PRINTED) -> str:
    """The password that is shown at this instant."""
    return _password(recipe, _interval(recipe, at), alphabet)


def is_valid(password: str, recipe: Recipe, at: datetime) -> bool:
    """C25.FR.07: of this interval, or of one beside it. Every candidate is compared, in constant time."""
    said = password.encode()
    matches = [hmac.compare_digest(said, candidate.encode()) for candidate in _candidates(recipe, at)]
    return any(matches)


def _candidates(recipe: Recipe, at: datetime) -> Iterator[str]:
    for neighbor in NEIGHBORS:
        for alphabet in (PRINTED, WHOLE):
            yield _password(recipe, _interval(recipe, at) + neighbor, alphabet)


def _interval(recipe: Recipe, at: datetime) -> int:
    return int(at.timestamp()) // recipe.validity_s


def _password(recipe: Recipe, interval: int, alphabet: str) -> str:
    """The hash's bytes as characters, from an offset that its last byte names."""
    counted = interval.to_bytes(8, "big")
    digest = hmac.new(recipe.secret.encode(), counted, hashlib.sha256).digest()
    offset = digest[-1] & OFFSET_BITS
    bytes_ = (digest[(offset + place) % len(digest)] for place in range(recipe.length))
    return "".join(alphabet[byte % len(alphabet)] for byte in bytes_)

"""Station passwords: random, ours, kept only as a keyed hash.

Not with a password hasher: 240 ms a check would be forty minutes of one core when ten thousand
stations return; and a random 128-bit secret needs no stretching.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from django.conf import settings

PASSWORD_BYTES = 16


def new_password() -> str:
    """128 bits as 32 hex digits: fits 1.6 (up to 40) and 2.0.1 (16 to 40 characters)."""
    return secrets.token_hex(PASSWORD_BYTES)


def hash_secret(password: str) -> str:
    """HMAC-SHA-256 under the server's key, hex."""
    key = settings.STATION_SECRET_KEY.encode()
    return hmac.new(key, password.encode(), hashlib.sha256).hexdigest()


def is_password(password: str, secret_hash: str) -> bool:
    return bool(secret_hash) and hmac.compare_digest(hash_secret(password), secret_hash)

"""Secrets of commands on their way: encrypted beside parameters that are fit to be shown.

A password in a setting or an address must leave in clear at the moment of sending, and must be readable
nowhere before and nothing after. The key is made of the server's, so a copy of the database tells nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from stations.redaction import redacted


class CannotOpen(ValueError):
    """The secrets were sealed under another key; the command must be given anew."""


def shown_and_sealed(params: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """What may be shown, and all of it sealed; "" where nothing is secret."""
    plain = dict(params)
    shown: dict[str, Any] = redacted(plain)
    return shown, "" if shown == plain else _seal(plain)


def opened(params: Mapping[str, Any], sealed: str) -> dict[str, Any]:
    """The parameters as they were asked; what was added to `params` since is kept. Raises CannotOpen."""
    if not sealed:
        return dict(params)
    try:
        asked: dict[str, Any] = json.loads(_box().decrypt(sealed.encode()))
    except InvalidToken as error:
        raise CannotOpen("The secrets of this command cannot be read any more.") from error
    return {**asked, **{name: value for name, value in params.items() if asked.get(name) is None}}


def _seal(params: Mapping[str, Any]) -> str:
    return _box().encrypt(json.dumps(params).encode()).decode()


def _box() -> Fernet:
    key = hmac.new(settings.STATION_SECRET_KEY.encode(), b"secrets of commands", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))

"""How large a body each address of the site takes (core/bodies.py)."""

from __future__ import annotations

from typing import Final

from django.conf import settings

from core.bodies import Scope
from stations.services.files import is_signed_by_us

USUAL_BYTES: Final = 8 * 1024 * 1024
FORM_AROUND_BYTES: Final = 64 * 1024
_HAND_IN: Final = "/files/in/"
_UPLOAD: Final = "/operate/files/upload/"


def body_limit(scope: Scope) -> int:
    """Bytes: much only where a signed link, or somebody with a session, hands in a file."""
    path = str(scope.get("path", ""))
    if path.startswith(_HAND_IN):
        token = path.removeprefix(_HAND_IN).partition("/")[0]
        return int(settings.LOGS_MAX_BYTES) + FORM_AROUND_BYTES if is_signed_by_us(token) else 0
    if path == _UPLOAD and _has_session(scope):
        return int(settings.FIRMWARE_MAX_BYTES) + FORM_AROUND_BYTES
    return USUAL_BYTES


def _has_session(scope: Scope) -> bool:
    cookie = settings.SESSION_COOKIE_NAME.encode()
    return any(name == b"cookie" and cookie in value for name, value in scope.get("headers", ()))

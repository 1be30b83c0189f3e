"""The QR code on a station's display for paying on the web (OCPP 2.1 part 2, C25)."""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

_SIGNS = "0123456789" + "abcdefghijklmn" + "pqrstuvwxyz" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""As the standard prints it: 61 signs, no small o."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def one_time_password(secret: str, at: datetime, *, validity_s: int, length: int) -> str:
    """TOTP algorithm, version 1."""
    interval = (at - _EPOCH) // timedelta(seconds=validity_s)
    mac = hmac.new(secret.encode("utf-8"), struct.pack(">Q", interval), hashlib.sha256).digest()
    start = mac[31] % 16
    twice = mac + mac
    signs = [_SIGNS[value % 61] for value in twice[start : start + min(length, 32)]]
    while len(signs) < length:
        signs.append(signs[len(signs) - 32])
    return "".join(signs)


@dataclass(slots=True, kw_only=True)
class WebPayments:
    """WebPaymentsCtrlr, and which EVSEs are kept for somebody who pays."""

    is_enabled: bool = False
    url_template: str = ""
    secret: str = ""
    validity_s: int = 30
    length: int = 8
    version: str = "v1"
    _kept_until: dict[int, datetime] = field(default_factory=dict)

    def url(self, identity: str, evse: int, at: datetime, **limits: Any) -> str | None:
        """What the QR code of this EVSE says now (C25.FR.50 to 58); None when none is shown."""
        if not (self.is_enabled and self.url_template and self.secret):
            return None
        password = one_time_password(self.secret, at, validity_s=self.validity_s, length=self.length)
        filled = {"chargingstationid": identity, "evse": evse, "totp": password, "version": self.version}
        url = self.url_template
        for place, value in filled.items():
            url = url.replace("{" + place + "}", quote(str(value), safe=""))
        return f"{url}?{urlencode(limits)}" if limits else url

    def memory(self) -> dict[str, Any]:
        """What a new life needs of it."""
        kept = ("is_enabled", "url_template", "secret", "validity_s", "length", "version")
        return {name: getattr(self, name) for name in kept}

    def keep(self, evse: int, until: datetime) -> None:
        """No local start meanwhile (C25.FR.22)."""
        self._kept_until[evse] = until

    def release(self, evse: int) -> None:
        self._kept_until.pop(evse, None)

    def is_kept(self, evse: int, at: datetime) -> bool:
        until = self._kept_until.get(evse)
        return until is not None and at < until

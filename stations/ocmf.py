"""OCMF, the Open Charge Metering Format: read a signed record and check its signature. Pure.

A record is `OCMF|{payload}|{signature}`, both JSON (OCMF 1.x, sections "Structure", "Readings" and
"Signature Data"). What is signed are the payload's exact characters between the first and the last
separator. A reading that leaves a field out repeats the one before it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

HEADER: Final = "OCMF|"
DEFAULT_ALGORITHM: Final = "ECDSA-secp256r1-SHA256"
SYNCHRONIZED: Final = "S"
GOOD: Final = "G"
BEGINNINGS: Final = frozenset({"B"})
ENDINGS: Final = frozenset({"E", "L", "R", "A", "P"})
"""Why a reading was taken (TX): begin; end, and end by local, remote, abort or power failure."""

_TIME: Final = re.compile(
    r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)[,.](\d{1,6})\s*([+-]\d{2}):?(\d{2})\s+([UIRS])$"
)
_IMPORT: Final = re.compile(r"(?:^|:)(?:0?1|98|B[0-3])\.0?8\.", re.IGNORECASE)
"""OBIS codes of import registers, those of OCMF (B0 to B3) among them."""

_UNIT_WH: Final = {"kwh": 1000, "wh": 1, "mwh": 1_000_000}


class NotOcmf(ValueError):
    """This text is no OCMF record; its words say what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of a record.

    `time_status`: U unknown, I informative, S synchronized, R relative. `error_flags`: E energy,
    t time. `state`: G is good. `energy_wh` is None where it is no import register in (k)Wh.
    """

    taken_at: datetime | None
    time_status: str
    reason: str
    energy_wh: Decimal | None
    code: str
    error_flags: str
    state: str

    @property
    def is_good(self) -> bool:
        return self.state in (GOOD, "")

    def to_json(self) -> dict[str, Any]:
        return {
            "taken_at": self.taken_at.isoformat() if self.taken_at else None,
            "time_status": self.time_status,
            "reason": self.reason,
            "energy_wh": str(self.energy_wh) if self.energy_wh is not None else None,
            "code": self.code,
            "error_flags": self.error_flags,
            "state": self.state,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A whole record. `signed` is the text that the signature covers."""

    text: str
    signed: str
    algorithm: str
    signature: bytes
    meter_serial: str
    readings: tuple[Reading, ...]


def is_ocmf(text: str) -> bool:
    return text.lstrip().startswith(HEADER)


def read_record(text: str) -> Record:
    """Raises NotOcmf."""
    trimmed = text.strip()
    payload_text, signature_text = _parts(trimmed)
    payload, signature = _json(payload_text), _json(signature_text)
    return Record(
        text=trimmed,
        signed=payload_text,
        algorithm=str(signature.get("SA") or DEFAULT_ALGORITHM),
        signature=_bytes(signature),
        meter_serial=str(payload.get("MS") or ""),
        readings=tuple(_readings(payload.get("RD"))),
    )


def _parts(text: str) -> tuple[str, str]:
    """Payload and signature. A separator inside the payload's own strings does not split it."""
    if not text.startswith(HEADER):
        raise NotOcmf("it does not begin with OCMF")
    payload, separator, signature = text.removeprefix(HEADER).rpartition("|")
    if not separator:
        raise NotOcmf("it has no signature")
    return payload, signature


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise NotOcmf("a part is no JSON") from error
    if not isinstance(found, dict):
        raise NotOcmf("a part is no object")
    return found


def _bytes(signature: dict[str, Any]) -> bytes:
    data, encoding = str(signature.get("SD") or ""), str(signature.get("SE") or "hex").lower()
    try:
        return base64.b64decode(data, validate=True) if encoding == "base64" else bytes.fromhex(data)
    except (ValueError, binascii.Error) as error:
        raise NotOcmf("the signature is not readable") from error


def _readings(told: Any) -> Iterator[Reading]:
    before: dict[str, Any] = {}
    for one in told if isinstance(told, list) else ():
        if isinstance(one, dict):
            before = {**{key: value for key, value in before.items() if key != "EF"}, **one}
            yield _reading(before)


def _reading(said: dict[str, Any]) -> Reading:
    taken_at, time_status = read_time(str(said.get("TM") or ""))
    return Reading(
        taken_at=taken_at,
        time_status=time_status,
        reason=str(said.get("TX") or ""),
        energy_wh=_energy_wh(said),
        code=str(said.get("RI") or ""),
        error_flags=str(said.get("EF") or ""),
        state=str(said.get("ST") or ""),
    )


def read_time(text: str) -> tuple[datetime | None, str]:
    """`2026-11-20T12:00:00,000+0100 S`: the instant and the status of its clock ("" if unreadable)."""
    found = _TIME.match(text.strip())
    if not found:
        return None, ""
    whole, fraction, hours, minutes, status = found.groups()
    try:
        return datetime.fromisoformat(f"{whole}.{fraction.ljust(6, '0')}{hours}:{minutes}"), status
    except ValueError:
        return None, status


def _energy_wh(said: dict[str, Any]) -> Decimal | None:
    """The register in Wh where the reading is an import register; a code left out means it is."""
    factor = _UNIT_WH.get(str(said.get("RU") or "").lower())
    code = str(said.get("RI") or "")
    if factor is None or (code and not _IMPORT.search(code)):
        return None
    try:
        value = Decimal(str(said.get("RV")))
    except InvalidOperation:
        return None
    return value * factor if value.is_finite() else None

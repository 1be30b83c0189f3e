"""Signed meter values as stations wrap them: find the record inside, and what scheme it follows. Pure.

OCPP 1.6 puts the record into the value of a `SignedData` sample (section 7.42): as it is, in hex or
Base64, or as the JSON object of 2.x. OCPP 2.0.1 sends `signedMeterValue` (part 2, 2.39), whose data
and key are Base64.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from stations import ocmf

OCMF: Final = "OCMF"
RAW: Final = "raw"
_KNOWN: Final = {"ocmf": OCMF, "alfen": "ALFEN", "edl": "EDL_40_P", "edl_40_p": "EDL_40_P"}
_BEGINS: Final = {"OCMF|": OCMF, "AP;": "ALFEN", "<?xml": "XML", "<values": "XML"}
_KEY_PREFIXES: Final = ("oca:base16:asn1:", "oca:base64:asn1:")
_DEPTH: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One record as text. `format` is the transparency software's name for it, or raw."""

    body: str
    format: str
    encoding: str = "plain"
    context: str = ""
    public_key: str = ""

    @property
    def digest(self) -> str:
        """The same record, told twice, is one."""
        return sha256(self.body.encode()).hexdigest()


def read_signed(told: Mapping[str, Any]) -> Signed:
    """One entry of a reading's `other["signed"]`: {"context", "measurand", "value"}. Total."""
    found = _open(told.get("value"), _DEPTH)
    return replace(found, context=str(told.get("context") or ""))


def _open(value: Any, depth: int) -> Signed:
    """What is inside, through a few wrappings."""
    if isinstance(value, Mapping):
        return _from_object(value, depth)
    text = str(value or "").strip()
    scheme = next((name for begin, name in _BEGINS.items() if text.startswith(begin)), "")
    if scheme or depth == 0:
        return Signed(body=text, format=scheme or RAW)
    inner = _unwrapped(text)
    if inner is None:
        return Signed(body=text, format=RAW)
    opened = _open(inner, depth - 1)
    return opened if opened.format != RAW else Signed(body=text, format=RAW)


def _from_object(value: Mapping[str, Any], depth: int) -> Signed:
    data = str(value.get("signedMeterData") or "")
    inner = _open(data, depth - 1) if depth else Signed(body=data, format=RAW)
    if inner.format == RAW:
        scheme = _KNOWN.get(str(value.get("encodingMethod") or "").lower(), RAW)
        inner = Signed(body=data, format=scheme, encoding=_encoding(data) if scheme != RAW else "plain")
    return replace(inner, public_key=_key(str(value.get("publicKey") or "")) or inner.public_key)


def _unwrapped(text: str) -> Any:
    """A JSON object, or what hex or Base64 hide, as text; None when it is none of these."""
    if text.startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            return None
    for decode in (bytes.fromhex, _base64):
        try:
            return decode(text).decode()
        except (ValueError, binascii.Error):
            continue
    return None


def _base64(text: str) -> bytes:
    return base64.b64decode("".join(text.split()), validate=True)


def _encoding(text: str) -> str:
    try:
        bytes.fromhex(text)
    except ValueError:
        return "base64"
    return "hex"


def _key(text: str) -> str:
    """The key in 2.x is Base64 of a text, which may name its form; anything else stays as it is."""
    try:
        plain = _base64(text).decode()
    except (ValueError, binascii.Error):
        plain = text
    for prefix in _KEY_PREFIXES:
        if plain.startswith(prefix):
            return plain.removeprefix(prefix)
    return plain if plain.isascii() and plain.isprintable() else text


# --- for the driver ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One entry of the file: a record, and the key (hex) to check it with, if one is known."""

    signed: Signed
    key_hex: str = ""


def transparency_file(values: Sequence[Value], *, transaction_id: int) -> str:
    """The container that the transparency software (S.A.F.E.) opens, in its schema's order."""
    entries = "".join(_entry(value, transaction_id) for value in values)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<values>\n{entries}</values>\n'


def _entry(value: Value, transaction_id: int) -> str:
    signed = value.signed
    context = f" context={quoteattr(signed.context)}" if signed.context else ""
    key = f'    <publicKey encoding="hex">{value.key_hex}</publicKey>\n' if value.key_hex else ""
    data = (
        f'    <signedData format={quoteattr(signed.format)} encoding="{signed.encoding}"'
        f' transactionId="{transaction_id}">{escape(signed.body)}</signedData>\n'
    )
    return f'  <value transactionId="{transaction_id}"{context}>\n{key}{data}  </value>\n'


def readable(signed: Signed) -> ocmf.Record | None:
    """The record, where it is one that we can read."""
    if signed.format != OCMF:
        return None
    try:
        return ocmf.read_record(signed.body)
    except ocmf.NotOcmf:
        return None

"""A car's own address as a token: EVCCID or MAC, however the station writes it. Pure.

2.0.1 sends a token of type MacAddress (part 2, 3.36 IdTokenEnumType), 2.1 also EVCCID; 1.6 knows no
types, and stations that offer autocharge put `VID:` before the twelve digits.
"""

from __future__ import annotations

import re
from typing import Final

TYPES: Final = frozenset({"macaddress", "evccid", "vehicle"})
PREFIX: Final = "VID:"
_NOISE: Final = re.compile(r"[^0-9A-Z]")


def address_of(uid: str, type: str) -> str:
    """The address, upper case and without separators; empty when this token is no car's."""
    text = uid.upper()
    if text.startswith(PREFIX):
        return _NOISE.sub("", text.removeprefix(PREFIX))
    return _NOISE.sub("", text) if type.lower() in TYPES else ""


def grouped(address: str) -> str:
    """As people read it: AA:BB:CC:DD:EE:FF."""
    return ":".join(address[n : n + 2] for n in range(0, len(address), 2)) if len(address) == 12 else address

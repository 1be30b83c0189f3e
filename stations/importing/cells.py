"""What a cell means: numbers with either comma, powers, yes and no, days, plugs. Pure.

Each function takes the text of a cell that is not empty and raises NotUnderstood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final

KILO: Final = 1000
YES: Final = frozenset({"1", "true", "yes", "y", "ja", "wahr", "x", "on"})
NO: Final = frozenset({"0", "false", "no", "n", "nein", "falsch", "off"})
DAY_FORMS: Final = ("%d.%m.%Y", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S")
PLUGS: Final[dict[str, str]] = {
    "type2": "IEC_62196_T2",
    "t2": "IEC_62196_T2",
    "typ2": "IEC_62196_T2",
    "mennekes": "IEC_62196_T2",
    "iec62196t2": "IEC_62196_T2",
    "ccs": "IEC_62196_T2_COMBO",
    "ccs2": "IEC_62196_T2_COMBO",
    "combo": "IEC_62196_T2_COMBO",
    "iec62196t2combo": "IEC_62196_T2_COMBO",
    "chademo": "CHADEMO",
    "type1": "IEC_62196_T1",
    "typ1": "IEC_62196_T1",
    "t1": "IEC_62196_T1",
    "j1772": "IEC_62196_T1",
    "iec62196t1": "IEC_62196_T1",
    "nacs": "SAE_J3400",
    "tesla": "SAE_J3400",
    "saej3400": "SAE_J3400",
    "unknown": "UNKNOWN",
}
DC: Final = frozenset({"IEC_62196_T2_COMBO", "CHADEMO", "SAE_J3400"})
STALLS_AT_MOST: Final = 64


class NotUnderstood(ValueError):
    """The cell's text is not what its column wants."""


@dataclass(frozen=True, slots=True)
class Stall:
    """An EVSE in a file; `max_power_w` 0 when it is not said."""

    standards: tuple[str, ...]
    max_power_w: int = 0

    @property
    def is_dc(self) -> bool:
        return bool(DC & set(self.standards))


def squash(text: str) -> str:
    """A head or word without what people write differently: `Charge Box-ID` and `chargeBoxId` are one."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


def decimal(text: str) -> Decimal:
    """1234.5, 1.234,5, 1,234.5, 1 234,5: the last of point and comma is the decimal one."""
    bare = text.replace("\u00a0", "").replace(" ", "").replace("'", "")
    if "," in bare and bare.rfind(",") > bare.rfind("."):
        bare = bare.replace(".", "").replace(",", ".")
    else:
        bare = bare.replace(",", "")
    try:
        number = Decimal(bare)
    except InvalidOperation as error:
        raise NotUnderstood(text) from error
    if not number.is_finite() or abs(number) >= 10**12:
        raise NotUnderstood(text)
    return number


def whole(text: str) -> int:
    number = decimal(text)
    if number != int(number):
        raise NotUnderstood(text)
    return int(number)


def power_w(text: str) -> int:
    """Watts of `22`, `22 kW`, `22000`, `22000 W`, `0.35 MW`: without a unit, below a thousand is kW."""
    found = re.fullmatch(r"(.*?\d)\s*([kKmM]?)[wW]?", text.strip())
    if not found:
        raise NotUnderstood(text)
    number, prefix = decimal(found[1]), found[2].lower()
    is_bare = not text.strip().lower().endswith("w")
    factor = {"k": KILO, "m": KILO * KILO}.get(prefix) or (KILO if is_bare and number < KILO else 1)
    watts = int(number * factor)
    if not 0 < watts <= 10_000_000:
        raise NotUnderstood(text)
    return watts


def yes(text: str) -> bool:
    word = text.strip().lower()
    if word not in YES | NO:
        raise NotUnderstood(text)
    return word in YES


def instant(text: str, zone: tzinfo = UTC) -> datetime:
    """An instant; a day alone ends at its last second in `zone`."""
    bare = text.strip()
    try:
        found = datetime.fromisoformat(bare)
    except ValueError:
        found = _by_form(bare)
    if not any(mark in bare for mark in (":", "T")):
        found = datetime.combine(found.date(), time(23, 59, 59))
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _by_form(text: str) -> datetime:
    for form in DAY_FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 (the caller gives it its zone)
        except ValueError:
            continue
    raise NotUnderstood(text)


# --- stalls ----------------------------------------------------------------------------------


def plug(text: str) -> str:
    """OCPI's word for a connector."""
    found = PLUGS.get(squash(text))
    if found is None:
        raise NotUnderstood(text)
    return found


def stalls(text: str) -> tuple[Stall, ...]:
    """`2x Type2 22kW | CCS + CHAdeMO 150`, or JSON: a list of EVSEs in our words or OCPI's."""
    found = _from_json(text) if text.lstrip().startswith("[") else _from_words(text)
    if not 0 < len(found) <= STALLS_AT_MOST:
        raise NotUnderstood(text)
    return tuple(found)


def _from_words(text: str) -> list[Stall]:
    found: list[Stall] = []
    for part in text.split("|"):
        counted = re.fullmatch(r"\s*(?:(\d{1,2})\s*[x×]\s*)?(.*?)\s*", part, re.DOTALL)
        if not counted:
            raise NotUnderstood(part)
        found += [_stall(counted[2])] * int(counted[1] or 1)
    return found


def _stall(words: str) -> Stall:
    """`Type 2`, `CCS + CHAdeMO 150 kW`: plugs, and at the end perhaps a power."""
    try:
        return Stall(_plugs(words))
    except NotUnderstood:
        split = re.fullmatch(r"(.*?)\s+(\d[\d.,]*\s*[kKmM]?[wW]?)", words, re.DOTALL)
        if not split:
            raise
        return Stall(_plugs(split[1]), power_w(split[2]))


def _plugs(words: str) -> tuple[str, ...]:
    return tuple(plug(word) for word in words.split("+"))


def _from_json(text: str) -> list[Stall]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(text) from error
    return [_evse(one) for one in said]


def _evse(said: Any) -> Stall:
    if isinstance(said, str):
        return _from_words(said)[0]
    if not isinstance(said, Mapping):
        raise NotUnderstood(str(said))
    plugs = [one if isinstance(one, Mapping) else {"standard": one} for one in said.get("connectors", [said])]
    powers = [_power_in(one) for one in (said, *plugs)]
    standards = tuple(plug(str(one.get("standard") or one.get("type") or "")) for one in plugs)
    return Stall(standards, max(powers))


def _power_in(said: Mapping[str, Any]) -> int:
    if said.get("max_electric_power"):
        return int(said["max_electric_power"])
    if said.get("max_power_w"):
        return int(said["max_power_w"])
    return power_w(str(said["max_power"])) if said.get("max_power") else 0

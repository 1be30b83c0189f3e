"""What a station's local list should hold, and how much of it the station can hold."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.db.models import Q, QuerySet

from accounts.models import IdToken
from core import clock
from stations.list_steps import Entries
from stations.models import ChargingStation, DeviceVariable, LocalList

LENGTH: Final = 1000
"""Entries to a list when the station does not say."""
AT_ONCE: Final = 50
"""Entries to a message when the station does not say."""
UID_CHARS: Final = {"1.6": 20}
LONGEST_UID: Final = 36
NAMES: Final = {
    "1.6": ("LocalAuthListEnabled", "LocalAuthListMaxLength", "SendLocalListMaxLength"),
    "2": (
        "LocalAuthListCtrlr.Enabled",
        "LocalAuthListCtrlr.Entries",
        "LocalAuthListCtrlr.ItemsPerMessage",
    ),
}


class Room(NamedTuple):
    """How many entries the list takes, and how many one message takes."""

    length: int
    at_once: int


class Wanted(NamedTuple):
    """The list as it should be; `left_out` tokens do not fit."""

    entries: Entries
    left_out: int


def names_for(station: ChargingStation) -> tuple[str, ...]:
    """The settings that tell the room, in the station's version (1.6 section 9.3; 2.0.1 2.7)."""
    return NAMES["1.6"] if station.ocpp_version == "1.6" else NAMES["2"]


def room_of(station: ChargingStation) -> Room:
    told = station.variables.filter(
        Q(component="", variable__in=NAMES["1.6"]) | Q(component="LocalAuthListCtrlr")
    )
    length, at_once = LENGTH, AT_ONCE
    for variable in told:
        if variable.variable in ("LocalAuthListMaxLength", "Entries"):
            length = _positive(_most(variable)) or length
        elif variable.variable in ("SendLocalListMaxLength", "ItemsPerMessage"):
            at_once = _positive(variable.value) or at_once
    return Room(length, min(at_once, length))


def _most(variable: DeviceVariable) -> str:
    """2.x tells how many there are as the value, and how many there may be as its limit."""
    if variable.variable != "Entries":
        return variable.value
    limit = str(variable.characteristics.get("maxLimit", ""))
    return limit or (variable.value if variable.attribute == "MaxSet" else "")


def _positive(text: str) -> int:
    try:
        return max(int(float(text)), 0)
    except (ValueError, OverflowError):
        return 0


def wanted_list(station: ChargingStation, room: Room) -> Wanted:
    """The accepted cards of the station's organization, the oldest first, as many as fit."""
    longest = UID_CHARS.get(station.ocpp_version, LONGEST_UID)
    usable = [token for token in _cards(station) if len(token.uid) <= longest]
    chosen = usable[: room.length]
    entries = {token.uid.upper(): _entry(token, longest) for token in chosen}
    return Wanted(entries, len(usable) - len(chosen))


def _cards(station: ChargingStation) -> QuerySet[IdToken]:
    lasting = Q(valid_until=None) | Q(valid_until__gt=clock.now())
    return IdToken.objects.filter(
        lasting,
        organization_id=station.organization_id,
        type=IdToken.Type.RFID,
        status=IdToken.Status.ACCEPTED,
    ).order_by("pk")


def _entry(token: IdToken, longest: int) -> dict[str, str]:
    entry = {"type": "rfid", "status": "accepted"}
    if token.group_uid and len(token.group_uid) <= longest:
        entry["group_uid"] = token.group_uid.upper()
    if token.valid_until:
        entry["valid_until"] = token.valid_until.isoformat(timespec="seconds")
    return entry


def list_of(station: ChargingStation) -> LocalList | None:
    return LocalList.objects.select_related("command").filter(station=station).first()

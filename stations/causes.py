"""Why a start came to nothing: one cause from a closed table. Pure.

A station that speaks ChargeX names it itself with a Minimum Required Error Code (MREC: CX001 to
CX026, sent as `vendorErrorCode`, `info` or `techCode`); everything else is one of six families.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

FAMILIES: Final = ("payment", "authorization", "vehicle", "connector", "network", "station")

DOORS: Final = ("app", "qr", "card", "rfid", "plug", "autocharge", "remote")
"""By which door a start came: app (signed in), QR (a guest), card (a payment terminal), RFID, plug
(Plug & Charge, or nothing but the plug), autocharge (the car's address), remote (an operator)."""

STEPS: Final = ("asked", "paid", "authorized", "sent", "accepted", "started", "charging")
"""How far a start can come, in order; not every door has every step."""

OUTCOMES: Final = ("open", "succeeded", "failed", "withdrawn")


class Mrec(NamedTuple):
    """A ChargeX code: its name, and whose side of the plug it is on."""

    name: str
    family: str


MREC: Final = {
    "CX001": Mrec("ConnectorLockFailure", "connector"),
    "CX002": Mrec("GroundFailure", "station"),
    "CX003": Mrec("HighTemperature", "station"),
    "CX004": Mrec("OverCurrentFailure", "station"),
    "CX005": Mrec("OverVoltage", "station"),
    "CX006": Mrec("UnderVoltage", "station"),
    "CX007": Mrec("WeakSignal", "network"),
    "CX008": Mrec("EmergencyStop", "station"),
    "CX009": Mrec("AuthorizationTimeout", "authorization"),
    "CX010": Mrec("InvalidVehicleMode", "vehicle"),
    "CX011": Mrec("CableCheckFailure", "connector"),
    "CX012": Mrec("PreChargeFailure", "vehicle"),
    "CX013": Mrec("NoInternet", "network"),
    "CX014": Mrec("PilotFault", "connector"),
    "CX015": Mrec("PowerLoss", "station"),
    "CX016": Mrec("EVContactorFault", "vehicle"),
    "CX017": Mrec("EVSEContactorFault", "station"),
    "CX018": Mrec("CableOverTempDerate", "connector"),
    "CX019": Mrec("CableOverTempStop", "connector"),
    "CX020": Mrec("PartialInsertion", "connector"),
    "CX021": Mrec("CapacitanceFault", "vehicle"),
    "CX022": Mrec("ResistanceFault", "vehicle"),
    "CX023": Mrec("ProximityFault", "connector"),
    "CX024": Mrec("ConnectorVoltageHigh", "connector"),
    "CX025": Mrec("BrokenLatch", "connector"),
    "CX026": Mrec("CutCable", "connector"),
}
CAUSES: Final = (*FAMILIES, *MREC)
"""The closed table: what the column `cause` may hold."""

_BY_NAME: Final = {mrec.name.lower(): code for code, mrec in MREC.items()}
_CODE: Final = re.compile(r"(?<![A-Z0-9])CX-?0?(\d{2,3})(?![0-9])", re.IGNORECASE)
_STATION_WORDS: Final = {
    "evcommunicationerror": "vehicle",
    "readerfailure": "authorization",
    "locallistconflict": "authorization",
}
"""Words of OCPP 1.6 (section 7.6) that are no MREC and not the station's own trouble."""

_ABANDONED: Final = {
    "not_plugged_in": "vehicle",
    "start_rejected": "station",
    "start_failed": "station",
    "start_expired": "network",
}
_COMMAND: Final = {"rejected": "station", "failed": "station", "timed_out": "network", "expired": "network"}


def mrec_of(*told: str) -> str:
    """The first ChargeX code in what a station said (a code, or exactly its name), or empty."""
    for text in told:
        for digits in _CODE.findall(text):
            code = f"CX{int(digits):03d}"
            if code in MREC:
                return code
        if text.strip().lower() in _BY_NAME:
            return _BY_NAME[text.strip().lower()]
    return ""


def cause_of_fault(error_code: str, *told: str) -> str:
    """The cause behind a station's error: its MREC, else whose trouble the word means; or empty."""
    code = mrec_of(*told, error_code)
    if code or not error_code:
        return code
    return _STATION_WORDS.get(error_code.lower(), "station")


def cause_of_abandoned(reason: str) -> str:
    """Why a requested start was let go; empty when the person took it back."""
    return "" if reason == "cancelled" else _ABANDONED.get(reason, "station")


def cause_of_command(status: str) -> str:
    """Why the station was not told, or did not want to; empty when it agreed."""
    return _COMMAND.get(status, "")


def cause_without_energy(phase: str, end_reason: str, *, has_fault: bool) -> str:
    """A session began and nothing flowed: who kept it from flowing, as far as the station says."""
    if has_fault or phase == "suspended_by_station" or end_reason in _STATION_ENDS:
        return "station"
    return "authorization" if end_reason == "DeAuthorized" else "vehicle"


_STATION_ENDS: Final = frozenset(
    {"EmergencyStop", "GroundFault", "OvercurrentFault", "PowerLoss", "PowerQuality", "Reboot", "HardReset"}
    | {"SoftReset", "ImmediateReset", "Timeout", "Other", "UnlockCommand"}
)


def family_of(cause: str) -> str:
    """The family of a cause: itself, or that of its MREC; empty stays empty."""
    return MREC[cause].family if cause in MREC else cause


_EMAID: Final = re.compile(r"^[A-Z]{2}-?[A-Z0-9]{3}-?C[A-Z0-9-]{8,11}$", re.IGNORECASE)


def door_of_token(token_type: str, uid: str) -> str:
    """The door of a start at the station: by its token (our types, `accounts.IdToken`), or none at all."""
    if not uid or _EMAID.match(uid):
        return "plug"
    return "autocharge" if token_type == "vehicle" else "rfid"

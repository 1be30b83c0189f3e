"""Pure tables: the words of OCPP 2.0.1 (part 2, section 3) and ours."""

from __future__ import annotations

from typing import Final

STATUS: Final = {
    "Available": "available",
    "Occupied": "occupied",
    "Reserved": "reserved",
    "Unavailable": "unavailable",
    "Faulted": "faulted",
}

PHASE: Final = {
    "EVConnected": "connected",
    "Charging": "charging",
    "SuspendedEV": "suspended_by_vehicle",
    "SuspendedEVSE": "suspended_by_station",
    "Idle": "idle",
}

NO_AUTHORIZATION: Final = "NoAuthorization"
"""A token type that says that nobody was asked; always accepted (C03)."""

TOKEN_TYPES: Final = frozenset(
    {"Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "NoAuthorization"}
)
TOKEN_TYPE: Final = {"rfid": "ISO14443", "app": "Central", "other": "Local"}
"""Our types of token as the standard's; its own words pass as they are."""

RESET: Final = {True: "Immediate", False: "OnIdle"}

PROFILE_PURPOSE: Final = {
    "session": "TxProfile",
    "default": "TxDefaultProfile",
    "station": "ChargingStationMaxProfile",
}

TRIGGER: Final = {
    "boot": "BootNotification",
    "heartbeat": "Heartbeat",
    "status": "StatusNotification",
    "meter_values": "MeterValues",
}

DEFAULT_STOP_REASON: Final = "Local"
"""What a missing reason means (part 2, TransactionType)."""

SECRET_VARIABLES: Final = frozenset({"basicauthpassword"})
"""Variables whose value stays out of the journal, in lower case."""

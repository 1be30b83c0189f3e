"""Pure tables: the words of OCPP 1.6 (section 7) and ours."""

from __future__ import annotations

from typing import Final

STATUS: Final = {
    "Available": "available",
    "Preparing": "occupied",
    "Charging": "occupied",
    "SuspendedEV": "occupied",
    "SuspendedEVSE": "occupied",
    "Finishing": "occupied",
    "Reserved": "reserved",
    "Unavailable": "unavailable",
    "Faulted": "faulted",
}

PHASE: Final = {
    "Preparing": "connected",
    "Charging": "charging",
    "SuspendedEV": "suspended_by_vehicle",
    "SuspendedEVSE": "suspended_by_station",
}
"""What the finer statuses say about the session on that connector."""

RESET: Final = {True: "Hard", False: "Soft"}

PROFILE_PURPOSE: Final = {
    "session": "TxProfile",
    "default": "TxDefaultProfile",
    "station": "ChargePointMaxProfile",
}

TRIGGER: Final = {
    "boot": "BootNotification",
    "heartbeat": "Heartbeat",
    "status": "StatusNotification",
    "meter_values": "MeterValues",
    "firmware": "FirmwareStatusNotification",
    "diagnostics": "DiagnosticsStatusNotification",
}
EXTENDED_TRIGGER: Final = {
    "log": "LogStatusNotification",
    "sign_certificate": "SignChargePointCertificate",
}
"""What only ExtendedTriggerMessage of the security whitepaper can ask for."""

LOG_TYPE: Final = {"diagnostics": "DiagnosticsLog", "security": "SecurityLog"}

CERTIFICATE_TYPE: Final = {
    "central": "CentralSystemRootCertificate",
    "manufacturer": "ManufacturerRootCertificate",
}

DEFAULT_STOP_REASON: Final = "Local"
"""What a missing reason means (section 6.47)."""

SECRET_KEYS: Final = frozenset({"authorizationkey"})
"""Configuration whose value stays out of the journal, in lower case."""

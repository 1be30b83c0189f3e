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

SETTLED_ELSEWHERE: Final = frozenset({"NoAuthorization", "DirectPayment"})
"""Types of token on which it is not ours to decide, always accepted: nobody was asked (C02, C03), or the
station's own payment terminal was and holds the money (2.1 C18)."""

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
    "transaction": "TransactionEvent",
    "firmware": "FirmwareStatusNotification",
    "publishing": "PublishFirmwareStatusNotification",
    "log": "LogStatusNotification",
    "diagnostics": "LogStatusNotification",
    "sign_certificate": "SignChargingStationCertificate",
    "sign_vehicle_certificate": "SignV2GCertificate",
    "sign_both_certificates": "SignCombinedCertificate",
}

DEFAULT_STOP_REASON: Final = "Local"
"""What a missing reason means (part 2, TransactionType)."""

SECRET_VARIABLES: Final = frozenset({"basicauthpassword", "sharedsecret"})
"""Variables whose value stays out of the journal, in lower case; the last one is of 2.1 (C25)."""

PUBLISHING: Final = {
    "DownloadScheduled": "running",
    "Downloading": "running",
    "DownloadPaused": "running",
    "Downloaded": "running",
    "ChecksumVerified": "running",
    "Published": "done",
    "DownloadFailed": "failed",
    "InvalidChecksum": "failed",
    "PublishFailed": "failed",
}
"""What a local controller says about firmware that it shall offer; Idle says that there is none."""

RELEASE: Final = {"Expired": "expired", "Removed": "removed", "NoTransaction": "unused"}
"""Why a reservation ended at the station; the last word is of 2.1."""

LOG_TYPE: Final = {"diagnostics": "DiagnosticsLog", "security": "SecurityLog"}

SIGNED_FOR: Final = {"connection": "ChargingStationCertificate", "vehicle": "V2GCertificate"}

ROOT_TYPE: Final = {
    "central": "CSMSRootCertificate",
    "manufacturer": "ManufacturerRootCertificate",
    "v2g": "V2GRootCertificate",
    "contract": "MORootCertificate",
}
CERTIFICATE_TYPE: Final = {**ROOT_TYPE, "vehicle_chain": "V2GCertificateChain"}

REPORT_BASE: Final = {
    "full": "FullInventory",
    "configuration": "ConfigurationInventory",
    "summary": "SummaryInventory",
}
REPORT_CRITERION: Final = {
    "active": "Active",
    "available": "Available",
    "enabled": "Enabled",
    "problem": "Problem",
}

MONITORING_BASE: Final = {"all": "All", "factory": "FactoryDefault", "hard_wired": "HardWiredOnly"}
MONITORING_CRITERION: Final = {
    "threshold": "ThresholdMonitoring",
    "delta": "DeltaMonitoring",
    "periodic": "PeriodicMonitoring",
}
MONITOR_TYPE: Final = {
    "upper": "UpperThreshold",
    "lower": "LowerThreshold",
    "delta": "Delta",
    "periodic": "Periodic",
    "periodic_clock": "PeriodicClockAligned",
    "target_delta": "TargetDelta",
    "target_delta_relative": "TargetDeltaRelative",
}
"""The last two are of 2.1; the schema of 2.0.1 refuses them."""

MESSAGE_PRIORITY: Final = {"always": "AlwaysFront", "front": "InFront", "normal": "NormalCycle"}
MESSAGE_STATE: Final = {
    "charging": "Charging",
    "faulted": "Faulted",
    "idle": "Idle",
    "unavailable": "Unavailable",
    "suspended": "Suspended",
    "discharging": "Discharging",
}
"""The last two are of 2.1."""

LIMIT_SOURCES: Final = ("CSO", "EMS", "SO", "Other")

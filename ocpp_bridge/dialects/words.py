"""Pure tables: the words that every version of OCPP shares, and ours."""

from __future__ import annotations

from typing import Final

REGISTRATION: Final = {"accepted": "Accepted", "pending": "Pending", "rejected": "Rejected"}

DECISION: Final = {
    "accepted": "Accepted",
    "blocked": "Blocked",
    "expired": "Expired",
    "invalid": "Invalid",
    "concurrent": "ConcurrentTx",
}

AVAILABILITY: Final = {True: "Operative", False: "Inoperative"}

PROFILE_KIND: Final = {
    "absolute": "Absolute",
    "recurring": "Recurring",
    "relative": "Relative",
    "dynamic": "Dynamic",
}
"""The last is of 2.1; the schemas of the others refuse it."""
RECURRENCY: Final = {"daily": "Daily", "weekly": "Weekly"}

FIRMWARE: Final = {
    "DownloadScheduled": "running",
    "Downloading": "running",
    "DownloadPaused": "running",
    "Downloaded": "running",
    "SignatureVerified": "running",
    "InstallScheduled": "running",
    "Installing": "running",
    "InstallRebooting": "running",
    "Installed": "done",
    "DownloadFailed": "failed",
    "InstallationFailed": "failed",
    "InstallVerificationFailed": "failed",
    "InvalidSignature": "failed",
}
"""What a firmware status says about the update; Idle says that there is none."""

UPLOAD: Final = {
    "Uploading": "running",
    "Uploaded": "done",
    "UploadFailed": "failed",
    "UploadFailure": "failed",
    "BadMessage": "failed",
    "NotSupportedOperation": "failed",
    "PermissionDenied": "failed",
    "AcceptedCanceled": "canceled",
}
"""What a log or diagnostics status says about the upload; Idle says that there is none."""

INSTEAD_OF_FORMER: Final = "AcceptedCanceled"
"""A yes which says that the transfer before this one was given up for it."""

VENDOR_ANSWER: Final = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "unknown_message": "UnknownMessageId",
    "unknown_vendor": "UnknownVendorId",
}

CERTIFICATE_USE: Final = {
    "ChargingStationCertificate": "connection",
    "V2GCertificate": "vehicle",
    "V2G20Certificate": "vehicle",
}
"""What a signed certificate is for; 1.6 knows only the connection to us."""

URGENT_SECURITY_EVENTS: Final = frozenset(
    {
        "AttemptedReplayAttacks",
        "DiscardedRenewedClientCertificate",
        "InvalidCentralSystemCertificate",
        "InvalidChargePointCertificate",
        "InvalidChargingStationCertificate",
        "InvalidCsmsCertificate",
        "InvalidFirmwareSignature",
        "InvalidFirmwareSigningCertificate",
        "InvalidTLSCipherSuite",
        "InvalidTLSVersion",
        "MaintenanceLoginFailed",
        "MemoryExhaustion",
        "SecurityLogWasCleared",
        "TamperDetectionActivated",
    }
)
"""Those of the standard's list on which a person should act. "Critical" there says only that a station
has to push it, and every start-up is."""

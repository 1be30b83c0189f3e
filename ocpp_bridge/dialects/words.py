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

"""What may pass before a station is accepted, and what its boot must say (2.0.1 B01 to B03). Pure."""

from __future__ import annotations

from typing import Any, Final

BOOT: Final = "BootNotification"
TRIGGERS: Final = ("TriggerMessage", "ExtendedTriggerMessage")
TRIGGERED: Final = {
    "SignChargePointCertificate": "SignCertificate",
    "SignChargingStationCertificate": "SignCertificate",
    "SignV2GCertificate": "SignCertificate",
    "SignV2G20Certificate": "SignCertificate",
    "SignCombinedCertificate": "SignCertificate",
}
"""Triggers that are not called as the message which they bring."""
EVOKED: Final = {
    "GetBaseReport": "NotifyReport",
    "GetReport": "NotifyReport",
    "GetMonitoringReport": "NotifyMonitoringReport",
}


def evoked(action: str, payload: dict[str, Any]) -> str:
    """The message that a call of ours brings, and which a pending station may send (B02.FR.09)."""
    if action in TRIGGERS:
        wanted = str(payload.get("requestedMessage"))
        return TRIGGERED.get(wanted, wanted)
    return EVOKED.get(action, "")


def serial_of(boot: dict[str, Any]) -> str:
    """The serial number in a boot notification of any version; "" when it tells none."""
    station = boot.get("chargingStation")
    if isinstance(station, dict):
        return str(station.get("serialNumber") or "")
    return str(boot.get("chargePointSerialNumber") or boot.get("chargeBoxSerialNumber") or "")

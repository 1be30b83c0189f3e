"""1.6's words for what a station is, measures and does. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from simulator.stations.evse import Evse
from simulator.stations.profiles import Purpose
from simulator.stations.settings import Settings
from simulator.stations.words import Sample, StopReason

REASONS: Final[dict[StopReason, str]] = {
    StopReason.LOCAL: "Local",
    StopReason.REMOTE: "Remote",
    StopReason.EV_DISCONNECTED: "EVDisconnected",
    StopReason.DEAUTHORIZED: "DeAuthorized",
    StopReason.TIMEOUT: "Other",
    StopReason.IMMEDIATE_RESET: "HardReset",
    StopReason.SOFT_RESET: "SoftReset",
    StopReason.UNLOCK: "UnlockCommand",
    StopReason.POWER_LOSS: "PowerLoss",
    StopReason.OTHER: "Other",
}

PURPOSES: Final[dict[str, Purpose]] = {
    "ChargePointMaxProfile": "max",
    "TxDefaultProfile": "default",
    "TxProfile": "session",
}

FIRMWARE: Final[dict[str, str]] = {
    "Idle": "Idle",
    "Downloading": "Downloading",
    "Downloaded": "Downloaded",
    "DownloadFailed": "DownloadFailed",
    "Installing": "Installing",
    "Installed": "Installed",
    "InstallationFailed": "InstallationFailed",
    "InstallVerificationFailed": "InstallationFailed",
}
"""FirmwareStatus (section 7.25) has no word for the other steps."""

DIAGNOSTICS: Final[dict[str, str]] = {
    "Idle": "Idle",
    "Uploading": "Uploading",
    "Uploaded": "Uploaded",
    "UploadFailure": "UploadFailed",
}
"""DiagnosticsStatus (section 7.24)."""

ROOTS: Final[dict[str, str]] = {
    "CentralSystemRootCertificate": "central",
    "ManufacturerRootCertificate": "manufacturer",
}

ERROR_CODES: Final = frozenset(
    {
        "ConnectorLockFailure", "EVCommunicationError", "GroundFailure", "HighTemperature",
        "InternalError", "OtherError", "OverCurrentFailure", "PowerMeterFailure",
        "PowerSwitchFailure", "ReaderFailure", "UnderVoltage", "OverVoltage", "WeakSignal",
    }
)  # fmt: skip


def status(evse: Evse) -> str:
    """ChargePointStatus of a connector (1.6 section 7.7)."""
    if evse.fault:
        return "Faulted"
    if evse.transaction is not None:
        state = evse.charging_state
        return "Preparing" if state in ("EVConnected", "Idle") else state
    return _status_without_session(evse)


def _status_without_session(evse: Evse) -> str:
    if not evse.is_operative:
        return "Unavailable"
    if evse.permit is None and evse.reservation is not None:
        return "Reserved"
    if evse.vehicle is not None and evse.is_finished:
        return "Finishing"
    return "Preparing" if evse.vehicle is not None or evse.permit is not None else "Available"


def error_code(fault: str) -> str:
    """A code of 1.6's list; a vendor's own word travels elsewhere."""
    if not fault:
        return "NoError"
    return fault if fault in ERROR_CODES else "OtherError"


def sampled_values(sample: Sample, settings: Settings) -> list[dict[str, Any]]:
    """SampledValue list (1.6 section 7.43): values are text."""
    chosen = set(settings.measurands) or {"Energy.Active.Import.Register"}
    context = str(sample.context)
    return [
        {"context": context, "format": "Raw", **value}
        for value in _values(sample, settings)
        if value["measurand"] in chosen
    ]


def _values(sample: Sample, settings: Settings) -> Iterator[dict[str, Any]]:
    yield _energy(sample, settings)
    yield _value("Power.Active.Import", f"{sample.power_w:.1f}", "W")
    yield from _per_phase(sample)
    yield _value("Power.Offered", f"{sample.offered_w:.1f}", "W")
    if sample.soc_percent is not None:
        yield _value("SoC", str(int(sample.soc_percent)), "Percent", location="EV")


def _energy(sample: Sample, settings: Settings) -> dict[str, Any]:
    if settings.meter_unit == "kWh":
        return _value("Energy.Active.Import.Register", f"{int(sample.register_wh) / 1000:.3f}", "kWh")
    return _value("Energy.Active.Import.Register", str(int(sample.register_wh)), "Wh")


def _per_phase(sample: Sample) -> Iterator[dict[str, Any]]:
    if sample.phases == 0:
        yield _value("Current.Import", f"{sample.current_a:.1f}", "A")
        yield _value("Voltage", f"{sample.voltage_v:.1f}", "V")
        return
    for phase in range(1, 4):
        amperes = sample.current_a if phase <= sample.phases else 0.0
        yield _value("Current.Import", f"{amperes:.1f}", "A", phase=f"L{phase}")
    for phase in range(1, 4):
        yield _value("Voltage", f"{sample.voltage_v + phase * 0.2:.1f}", "V", phase=f"L{phase}-N")


def _value(
    measurand: str, value: str, unit: str, *, phase: str = "", location: str = "Outlet"
) -> dict[str, Any]:
    said = {"measurand": measurand, "value": value, "unit": unit, "location": location}
    return said | ({"phase": phase} if phase else {})

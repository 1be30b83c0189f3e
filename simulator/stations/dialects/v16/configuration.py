"""1.6 configuration keys (section 9), each with its knob."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from simulator.stations.dialects import knobs
from simulator.stations.dialects.charging import rate_units
from simulator.stations.dialects.knobs import Knob
from simulator.stations.frames import Payload

if TYPE_CHECKING:
    from simulator.stations.station import Station

_RATE_WORDS: Final = {"A": "Current", "W": "Power"}


def _rate_unit(station: Station) -> str:
    return ",".join(_RATE_WORDS[unit] for unit in rate_units(station))


KEYS: Final[dict[str, Knob]] = {
    "AllowOfflineTxForUnknownId": knobs.flag("allow_offline_unknown"),
    "AuthorizationKey": knobs.password(),
    "AuthorizeRemoteTxRequests": knobs.flag("authorize_remote_starts"),
    "ChargeProfileMaxStackLevel": knobs.told(lambda it: it.settings.max_stack_level),
    "ChargingScheduleAllowedChargingRateUnit": knobs.told(_rate_unit),
    "ChargingScheduleMaxPeriods": knobs.told(lambda it: it.settings.max_periods),
    "ClockAlignedDataInterval": knobs.number("clock_aligned_interval_s"),
    "ConnectionTimeOut": knobs.number("connection_timeout_s", at_least=1),
    "ConnectorPhaseRotation": knobs.noted("ConnectorPhaseRotation", "NotApplicable"),
    "GetConfigurationMaxKeys": knobs.fixed("50"),
    "HeartbeatInterval": knobs.number("heartbeat_interval_s", at_least=1),
    "LocalAuthListEnabled": knobs.noted("LocalAuthListEnabled", "true", "boolean"),
    "LocalAuthListMaxLength": knobs.fixed("500"),
    "LocalAuthorizeOffline": knobs.noted("LocalAuthorizeOffline", "true", "boolean"),
    "LocalPreAuthorize": knobs.noted("LocalPreAuthorize", "false", "boolean"),
    "MaxChargingProfilesInstalled": knobs.told(lambda it: it.settings.max_profiles),
    "MeterValueSampleInterval": knobs.number("sample_interval_s"),
    "MeterValuesAlignedData": knobs.noted("MeterValuesAlignedData", "Energy.Active.Import.Register"),
    "MeterValuesSampledData": knobs.words("measurands", knobs.MEASURABLE),
    "NumberOfConnectors": knobs.told(lambda it: len(it.spec.evses)),
    "ReserveConnectorZeroSupported": knobs.fixed("false"),
    "ResetRetries": knobs.noted("ResetRetries", "1", "integer"),
    "SecurityProfile": knobs.fixed("1"),
    "SendLocalListMaxLength": knobs.fixed("100"),
    "StopTransactionOnEVSideDisconnect": knobs.fixed("true"),
    "StopTransactionOnInvalidId": knobs.flag("stop_on_invalid_token"),
    "StopTxnAlignedData": knobs.noted("StopTxnAlignedData", ""),
    "StopTxnSampledData": knobs.noted("StopTxnSampledData", ""),
    "SupportedFeatureProfiles": knobs.fixed(
        "Core,LocalAuthListManagement,RemoteTrigger,Reservation,SmartCharging"
    ),
    "TransactionMessageAttempts": knobs.number("message_attempts", at_least=1),
    "TransactionMessageRetryInterval": knobs.number("message_retry_interval_s"),
    "UnlockConnectorOnEVSideDisconnect": knobs.noted("UnlockConnectorOnEVSideDisconnect", "true", "boolean"),
    "WebSocketPingInterval": knobs.noted("WebSocketPingInterval", "60", "integer", needs_reboot=True),
}


def read(station: Station, wanted: list[str]) -> Payload:
    """GetConfiguration.conf: all keys, or the named ones and those we do not know."""
    names = wanted or sorted(KEYS)
    known = [_entry(station, name) for name in names if name in KEYS]
    unknown = [name for name in names if name not in KEYS]
    return {"configurationKey": known} | ({"unknownKey": unknown} if unknown else {})


def _entry(station: Station, name: str) -> dict[str, Any]:
    knob = KEYS[name]
    entry: dict[str, Any] = {"key": name, "readonly": knob.write is None}
    return entry if knob.read is None else entry | {"value": knob.read(station)}


def write(station: Station, name: str, value: str) -> str:
    """ChangeConfiguration.conf status."""
    knob = KEYS.get(name)
    if knob is None:
        return "NotSupported"
    if knob.write is None:
        return "Rejected"
    try:
        knob.write(station, value)
    except ValueError:
        return "Rejected"
    return "RebootRequired" if knob.needs_reboot else "Accepted"

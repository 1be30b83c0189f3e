"""1.6 configuration keys (section 9), each with its knob."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from simulator.stations import keys, known_tokens
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
    "LocalAuthListEnabled": knobs.flag("local_list_enabled"),
    "LocalAuthListMaxLength": knobs.fixed(str(known_tokens.MOST)),
    "LocalAuthorizeOffline": knobs.flag("local_authorize_offline"),
    "LocalPreAuthorize": knobs.flag("local_pre_authorize"),
    "MaxChargingProfilesInstalled": knobs.told(lambda it: it.settings.max_profiles),
    "MeterValueSampleInterval": knobs.number("sample_interval_s"),
    "MeterValuesAlignedData": knobs.noted("MeterValuesAlignedData", "Energy.Active.Import.Register"),
    "MeterValuesSampledData": knobs.words("measurands", knobs.MEASURABLE),
    "NumberOfConnectors": knobs.told(lambda it: len(it.spec.evses)),
    "ReserveConnectorZeroSupported": knobs.fixed("false"),
    "ResetRetries": knobs.noted("ResetRetries", "1", "integer"),
    "SendLocalListMaxLength": knobs.fixed(str(known_tokens.MOST_AT_ONCE)),
    "StopTransactionOnEVSideDisconnect": knobs.fixed("true"),
    "StopTransactionOnInvalidId": knobs.flag("stop_on_invalid_token"),
    "StopTxnAlignedData": knobs.noted("StopTxnAlignedData", ""),
    "StopTxnSampledData": knobs.noted("StopTxnSampledData", ""),
    "SupportedFeatureProfiles": knobs.fixed(
        "Core,FirmwareManagement,LocalAuthListManagement,RemoteTrigger,Reservation,SmartCharging"
    ),
    "SupportedFileTransferProtocols": knobs.fixed("HTTP,HTTPS"),
    "TransactionMessageAttempts": knobs.number("message_attempts", at_least=1),
    "TransactionMessageRetryInterval": knobs.number("message_retry_interval_s"),
    "UnlockConnectorOnEVSideDisconnect": knobs.noted("UnlockConnectorOnEVSideDisconnect", "true", "boolean"),
    "WebSocketPingInterval": knobs.noted("WebSocketPingInterval", "60", "integer", needs_reboot=True),
}

_SECURE: Final[dict[str, Knob]] = {
    "AdditionalRootCertificateCheck": knobs.fixed("false"),
    "CertificateStoreMaxLength": knobs.fixed(str(keys.MOST_ROOTS)),
    "CpoName": knobs.organization(),
    "SecurityProfile": knobs.security_profile(),
}
"""The keys of the security whitepaper (chapter 7)."""


def known_to(station: Station) -> dict[str, Knob]:
    return KEYS | _SECURE if station.settings.has_security_extension else KEYS


def read(station: Station, wanted: list[str]) -> Payload:
    """GetConfiguration.conf: all keys, or the named ones and those we do not know."""
    knobs_here = known_to(station)
    names = wanted or sorted(knobs_here)
    known = [_entry(station, name, knobs_here[name]) for name in names if name in knobs_here]
    unknown = [name for name in names if name not in knobs_here]
    return {"configurationKey": known} | ({"unknownKey": unknown} if unknown else {})


def _entry(station: Station, name: str, knob: Knob) -> dict[str, Any]:
    entry: dict[str, Any] = {"key": name, "readonly": knob.write is None}
    return entry if knob.read is None else entry | {"value": knob.read(station)}


def write(station: Station, name: str, value: str) -> str:
    """ChangeConfiguration.conf status."""
    knob = known_to(station).get(name)
    if knob is None:
        return "NotSupported"
    if knob.write is None:
        return "Rejected"
    try:
        knob.write(station, value)
    except ValueError:
        return "Rejected"
    return "RebootRequired" if knob.needs_reboot else "Accepted"

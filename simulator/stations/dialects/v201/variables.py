"""The device model of a small 2.0.1 station (part 2, appendix 3): components, variables, knobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from simulator.stations import known_tokens
from simulator.stations.dialects import knobs
from simulator.stations.dialects.charging import rate_units
from simulator.stations.dialects.knobs import Knob
from simulator.stations.dialects.v201 import wire
from simulator.stations.frames import Payload

if TYPE_CHECKING:
    from simulator.stations.spec import EvseSpec
    from simulator.stations.station import Station

_TX_POINTS: Final = frozenset({"EVConnected", "Authorized", "PowerPathClosed"})


class Address(NamedTuple):
    """Where a variable lives. `evse` 0: the station."""

    component: str
    variable: str
    instance: str = ""
    evse: int = 0
    connector: int = 0


_CONTROLLERS: Final[dict[Address, Knob]] = {
    Address("AlignedDataCtrlr", "Interval"): knobs.number("clock_aligned_interval_s"),
    Address("AuthCtrlr", "AuthorizeRemoteStart"): knobs.flag("authorize_remote_starts"),
    Address("AuthCtrlr", "LocalAuthorizeOffline"): knobs.flag("local_authorize_offline"),
    Address("AuthCtrlr", "LocalPreAuthorize"): knobs.flag("local_pre_authorize"),
    Address("AuthCtrlr", "OfflineTxForUnknownIdEnabled"): knobs.flag("allow_offline_unknown"),
    Address("ChargingStation", "FirmwareVersion"): knobs.told(lambda it: it.firmware.version),
    Address("ChargingStation", "Model"): knobs.told(lambda it: it.spec.model),
    Address("ChargingStation", "SerialNumber"): knobs.told(lambda it: it.spec.serial),
    Address("ChargingStation", "VendorName"): knobs.told(lambda it: it.spec.vendor),
    Address("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables"): knobs.fixed("50", "integer"),
    Address("DeviceDataCtrlr", "ItemsPerMessage", "SetVariables"): knobs.fixed("50", "integer"),
    Address("DisplayMessageCtrlr", "Available"): knobs.fixed("true", "boolean"),
    Address("DisplayMessageCtrlr", "SupportedFormats"): knobs.fixed("ASCII,UTF8", "MemberList"),
    Address("DisplayMessageCtrlr", "SupportedPriorities"): knobs.fixed(
        "AlwaysFront,InFront,NormalCycle", "MemberList"
    ),
    Address("LocalAuthListCtrlr", "Available"): knobs.fixed("true", "boolean"),
    Address("LocalAuthListCtrlr", "Enabled"): knobs.flag("local_list_enabled"),
    Address("LocalAuthListCtrlr", "Entries"): knobs.told(lambda it: len(it.tokens), "integer"),
    Address("LocalAuthListCtrlr", "ItemsPerMessage"): knobs.fixed(str(known_tokens.MOST_AT_ONCE), "integer"),
    Address("MonitoringCtrlr", "Available"): knobs.fixed("true", "boolean"),
    Address("OCPPCommCtrlr", "FileTransferProtocols"): knobs.fixed("HTTP,HTTPS", "MemberList"),
    Address("OCPPCommCtrlr", "NetworkConfigurationPriority"): knobs.network_priority(),
    Address("OCPPCommCtrlr", "HeartbeatInterval"): knobs.number("heartbeat_interval_s", at_least=1),
    Address("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"): knobs.number(
        "message_attempts", at_least=1
    ),
    Address("OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"): knobs.number(
        "message_retry_interval_s"
    ),
    Address("OCPPCommCtrlr", "WebSocketPingInterval"): knobs.noted(
        "WebSocketPingInterval", "60", "integer", needs_reboot=True
    ),
    Address("ReservationCtrlr", "Available"): knobs.fixed("true", "boolean"),
    Address("ReservationCtrlr", "NonEvseSpecific"): knobs.fixed("false", "boolean"),
    Address("SampledDataCtrlr", "TxUpdatedInterval"): knobs.number("sample_interval_s"),
    Address("SampledDataCtrlr", "TxUpdatedMeasurands"): knobs.words("measurands", knobs.MEASURABLE),
    Address("SecurityCtrlr", "BasicAuthPassword"): knobs.password(),
    Address("SecurityCtrlr", "Identity"): knobs.told(lambda it: it.spec.identity),
    Address("SecurityCtrlr", "CertificateEntries"): knobs.told(lambda it: len(it.keys.roots), "integer"),
    Address("SecurityCtrlr", "OrganizationName"): knobs.organization(),
    Address("SecurityCtrlr", "SecurityProfile"): knobs.told(
        lambda it: it.settings.security_profile, "integer"
    ),
    Address("SmartChargingCtrlr", "Available"): knobs.fixed("true", "boolean"),
    Address("SmartChargingCtrlr", "Entries", "ChargingProfiles"): knobs.told(
        lambda it: len(it.cabinet.profiles.installed), "integer"
    ),
    Address("SmartChargingCtrlr", "PeriodsPerSchedule"): knobs.told(
        lambda it: it.settings.max_periods, "integer"
    ),
    Address("SmartChargingCtrlr", "ProfileStackLevel"): knobs.told(
        lambda it: it.settings.max_stack_level, "integer"
    ),
    Address("SmartChargingCtrlr", "RateUnit"): knobs.told(lambda it: ",".join(rate_units(it)), "MemberList"),
    Address("TxCtrlr", "EVConnectionTimeOut"): knobs.number("connection_timeout_s", at_least=1),
    Address("TxCtrlr", "StopTxOnInvalidId"): knobs.flag("stop_on_invalid_token"),
    Address("TxCtrlr", "TxStartPoint"): knobs.words("tx_start_points", _TX_POINTS),
    Address("TxCtrlr", "TxStopPoint"): knobs.words("tx_stop_points", _TX_POINTS),
}


_WEB: Final = "WebPaymentsCtrlr"
_NEWER: Final[dict[Address, Knob]] = {
    Address("TxCtrlr", "SupportedLimits"): knobs.fixed("maxCost,maxEnergy,maxTime", "MemberList"),
    Address(_WEB, "Enabled"): knobs.web_flag("is_enabled"),
    Address(_WEB, "Length"): knobs.web_number("length", at_least=6, at_most=64),
    Address(_WEB, "SharedSecret"): knobs.web_secret(),
    Address(_WEB, "TOTPVersion"): knobs.web_text("version", allowed=("v1",)),
    Address(_WEB, "URLParameters"): knobs.fixed("maxenergy,maxtime,maxcost", "MemberList"),
    Address(_WEB, "URLTemplate"): knobs.web_text("url_template"),
    Address(_WEB, "ValidityTime"): knobs.web_number("validity_s", at_least=6, at_most=3600),
}
"""What 2.1 adds."""


def inventory(station: Station) -> dict[Address, Knob]:
    """Every variable of this station."""
    found = dict(_CONTROLLERS)
    if station.spec.version == "2.1":
        found.update(_NEWER)
    found[Address("ChargingStation", "AvailabilityState")] = knobs.told(_availability, "OptionList")
    for spec in station.spec.evses:
        found.update(_of_evse(spec))
    return found


def _availability(station: Station) -> str:
    return "Available" if station.cabinet.is_operative else "Unavailable"


def _of_evse(spec: EvseSpec) -> Iterator[tuple[Address, Knob]]:
    evse = spec.number
    yield Address("EVSE", "Power", evse=evse), knobs.fixed(str(spec.max_power_w), "decimal")
    phases = "0" if spec.current == "DC" else str(spec.phases)
    yield Address("EVSE", "SupplyPhases", evse=evse), knobs.fixed(phases, "integer")
    kind = wire.connector_type(spec.standard)
    yield Address("Connector", "ConnectorType", evse=evse, connector=1), knobs.fixed(kind)
    state = knobs.told(lambda it: wire.status(it.cabinet.evse(evse)), "OptionList")
    yield Address("EVSE", "AvailabilityState", evse=evse), state
    yield Address("Connector", "AvailabilityState", evse=evse, connector=1), state
    register = knobs.told(lambda it: int(it.cabinet.evse(evse).register_wh), "decimal")
    yield Address("FiscalMetering", "EnergyImportRegister", evse=evse), register


def get(station: Station, item: Payload) -> dict[str, Any]:
    """One GetVariableResult."""
    address, knobs_here = address_of(item), inventory(station)
    result = _echo(item)
    status = _status(address, knobs_here, item)
    if status != "Accepted":
        return result | {"attributeStatus": status}
    read = knobs_here[address].read
    if read is None:
        return result | {"attributeStatus": "Rejected"}
    return result | {"attributeStatus": "Accepted", "attributeValue": read(station)}


def put(station: Station, item: Payload) -> dict[str, Any]:
    """One SetVariableResult."""
    address, knobs_here = address_of(item), inventory(station)
    status = _status(address, knobs_here, item)
    if status == "Accepted":
        status = _write(station, knobs_here[address], item["attributeValue"])
    return _echo(item) | {"attributeStatus": status}


def _write(station: Station, knob: Knob, value: str) -> str:
    if knob.write is None:
        return "Rejected"
    try:
        knob.write(station, value)
    except ValueError:
        return "Rejected"
    return "RebootRequired" if knob.needs_reboot else "Accepted"


def _status(address: Address, known: dict[Address, Knob], item: Payload) -> str:
    if item.get("attributeType", "Actual") != "Actual":
        return "NotSupportedAttributeType"
    return _find(address, known)


def known(station: Station, address: Address) -> str:
    """Accepted, UnknownVariable or UnknownComponent."""
    return _find(address, inventory(station))


def _find(address: Address, known: dict[Address, Knob]) -> str:
    if address in known:
        return "Accepted"
    components = {(other.component, other.evse) for other in known}
    return "UnknownVariable" if (address.component, address.evse) in components else "UnknownComponent"


def address_of(item: Payload) -> Address:
    """Of anything that names a component and a variable."""
    component, variable = item["component"], item["variable"]
    evse = component.get("evse") or {}
    return Address(
        component["name"],
        variable["name"],
        variable.get("instance", ""),
        evse.get("id", 0),
        evse.get("connectorId", 0),
    )


def _echo(item: Payload) -> dict[str, Any]:
    kept = {"component": item["component"], "variable": item["variable"]}
    return kept | ({"attributeType": item["attributeType"]} if "attributeType" in item else {})


def report(station: Station) -> list[dict[str, Any]]:
    """ReportData of everything, in a stable order."""
    return [_report(station, address, knob) for address, knob in sorted(inventory(station).items())]


def _report(station: Station, address: Address, knob: Knob) -> dict[str, Any]:
    component: dict[str, Any] = {"name": address.component}
    if address.evse:
        component["evse"] = {"id": address.evse} | ({"connectorId": 1} if address.connector else {})
    variable = {"name": address.variable} | ({"instance": address.instance} if address.instance else {})
    return {
        "component": component,
        "variable": variable,
        "variableAttribute": [_attribute(station, knob)],
        "variableCharacteristics": {"dataType": knob.kind, "supportsMonitoring": knob.read is not None},
    }


def _attribute(station: Station, knob: Knob) -> dict[str, Any]:
    if knob.read is None:
        return {"mutability": "WriteOnly"}
    mutability = "ReadOnly" if knob.write is None else "ReadWrite"
    return {"value": knob.read(station), "mutability": mutability}

"""OCPP 2.0.1, what we ask about the device model: variables, reports, monitors, network, transactions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ocpp_bridge.dialects.base import Encode, Request
from ocpp_bridge.dialects.common import given
from ocpp_bridge.dialects.v201 import mapping
from ocpp_bridge.dialects.v201.names import as_attribute, as_component
from ocpp_bridge.frames import Payload
from stations import command_kinds as kinds

UNASKED: Final = 1
"""The request number of a report that nobody numbered."""


def read_variables(command: kinds.ReadVariables) -> Request:
    """All of them is a report, which comes later in NotifyReport (B07)."""
    if not command.names:
        return Request("GetBaseReport", {"requestId": UNASKED, "reportBase": "FullInventory"})
    return Request("GetVariables", {"getVariableData": [as_attribute(name) for name in command.names]})


def write_variable(command: kinds.WriteVariable) -> Request:
    wanted = {**as_attribute(command.variable), "attributeValue": command.value}
    return Request("SetVariables", {"setVariableData": [wanted]})


def read_report(command: kinds.ReadReport) -> Request:
    payload: Payload = {"requestId": command.request_number or UNASKED}
    if command.base:
        return Request("GetBaseReport", {**payload, "reportBase": mapping.REPORT_BASE[command.base]})
    criteria = [mapping.REPORT_CRITERION[word] for word in command.criteria]
    return Request("GetReport", {**payload, **_choice("componentCriteria", criteria, command.names)})


def read_monitors(command: kinds.ReadMonitors) -> Request:
    payload: Payload = {"requestId": command.request_number or UNASKED}
    criteria = [mapping.MONITORING_CRITERION[word] for word in command.criteria]
    chosen = _choice("monitoringCriteria", criteria, command.names)
    return Request("GetMonitoringReport", {**payload, **chosen})


def _choice(member: str, criteria: list[str], names: tuple[str, ...]) -> Payload:
    variables = [as_component(name) for name in names]
    return given(**{member: criteria or None, "componentVariable": variables or None})


def set_monitor(command: kinds.SetMonitor) -> Request:
    monitor = {
        **as_component(command.variable),
        **given(id=command.number),
        "type": mapping.MONITOR_TYPE[command.kind],
        "value": command.value,
        "severity": command.severity,
        "transaction": command.is_transactional,
    }
    return Request("SetVariableMonitoring", {"setMonitoringData": [monitor]})


def clear_monitors(command: kinds.ClearMonitors) -> Request:
    return Request("ClearVariableMonitoring", {"id": list(command.numbers)})


def set_monitoring_base(command: kinds.SetMonitoringBase) -> Request:
    return Request("SetMonitoringBase", {"monitoringBase": mapping.MONITORING_BASE[command.base]})


def set_monitoring_level(command: kinds.SetMonitoringLevel) -> Request:
    return Request("SetMonitoringLevel", {"severity": command.severity})


def set_network_profile(command: kinds.SetNetworkProfile) -> Request:
    """The version is what edition 3 calls all of 2.0; identity and password go along only in 2.1."""
    connection = {"ocppVersion": "OCPP20", **network(command)}
    payload = {"configurationSlot": command.slot, "connectionData": connection}
    return Request("SetNetworkProfile", payload)


def network(command: kinds.SetNetworkProfile) -> Payload:
    return {
        "ocppTransport": "JSON",
        "ocppCsmsUrl": command.url,
        "messageTimeout": command.message_timeout_s,
        "securityProfile": command.security_profile,
        "ocppInterface": command.interface,
    }


def read_transaction_state(command: kinds.ReadTransactionState) -> Request:
    return Request("GetTransactionStatus", given(transactionId=command.transaction_id or None))


ENCODERS: Final[Mapping[type[kinds.CommandKind], Encode]] = {
    kinds.ClearMonitors: clear_monitors,
    kinds.ReadMonitors: read_monitors,
    kinds.ReadReport: read_report,
    kinds.ReadTransactionState: read_transaction_state,
    kinds.ReadVariables: read_variables,
    kinds.SetMonitor: set_monitor,
    kinds.SetMonitoringBase: set_monitoring_base,
    kinds.SetMonitoringLevel: set_monitoring_level,
    kinds.SetNetworkProfile: set_network_profile,
    kinds.WriteVariable: write_variable,
}

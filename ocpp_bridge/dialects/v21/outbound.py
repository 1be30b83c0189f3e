"""OCPP 2.1, what we ask: 2.0.1's encoders, and here is all that differs from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ocpp_bridge.dialects import v201
from ocpp_bridge.dialects.base import Answered, Encode, Interpret, Request
from ocpp_bridge.dialects.common import given
from ocpp_bridge.dialects.v201 import mapping as mapping_201
from ocpp_bridge.dialects.v201.answers import by_all
from ocpp_bridge.dialects.v201.outbound_device import network
from ocpp_bridge.frames import Payload
from stations import command_kinds as kinds
from stations.one_time_codes import VERSION

TOKEN_TYPES: Final = frozenset({"DirectPayment", "EVCCID", "VIN"})
"""Types of token that 2.1 adds; they are no longer a closed list."""
TOKEN_TYPE: Final = {"payment": "DirectPayment"}
"""Ours that only 2.1 has a word for (C25.FR.23)."""
ROOT_TYPE: Final = {**mapping_201.ROOT_TYPE, "vehicle": "OEMRootCertificate"}
CERTIFICATE_TYPE: Final = {**mapping_201.CERTIFICATE_TYPE, **ROOT_TYPE}
LOG_TYPE: Final = {**mapping_201.LOG_TYPE, "data_collector": "DataCollectorLog"}
NO_TARIFFS: Final = "NoTariff"
WEB_PAYMENTS: Final = "WebPaymentsCtrlr"


def in_201(command: kinds.CommandKind) -> Request:
    return v201.DIALECT.encode(command)


def with_token(command: kinds.StartSession | kinds.Reserve) -> Request:
    """The newer types of token may be said (C17, C24, C25.FR.23)."""
    request = in_201(command)
    return Request(
        request.action, {**request.payload, "idToken": retyped(request.payload["idToken"], command)}
    )


def retyped(token: Payload, command: kinds.StartSession | kinds.Reserve) -> Payload:
    return _retyped(token, command.token_type)


def send_local_list(command: kinds.SendLocalList) -> Request:
    request = in_201(command)
    said = request.payload.get("localAuthorizationList", ())
    entries = [
        {**entry, "idToken": _retyped(entry["idToken"], listed.get("type", ""))}
        for entry, listed in zip(said, command.entries, strict=True)
    ]
    return Request(request.action, {**request.payload, **given(localAuthorizationList=entries or None)})


def _retyped(token: Payload, type_: str) -> Payload:
    word = TOKEN_TYPE.get(type_, type_)
    return {**token, "type": word} if word in TOKEN_TYPES else token


def set_profile(command: kinds.SetProfile) -> Request:
    """A dynamic one may be asked for again by the station (K28.FR.10)."""
    request = in_201(command)
    profile = request.payload["chargingProfile"]
    every = given(dynUpdateInterval=command.update_every_s)
    return Request(request.action, {**request.payload, "chargingProfile": {**profile, **every}})


def set_network_profile(command: kinds.SetNetworkProfile) -> Request:
    """With identity and password; the version is left to the handshake (B09)."""
    connection = {
        **network(command),
        **given(identity=command.identity or None, basicAuthPassword=command.password or None),
    }
    payload = {"configurationSlot": command.slot, "connectionData": connection}
    return Request("SetNetworkProfile", payload)


def deliver_certificate(command: kinds.DeliverCertificate) -> Request:
    """Names the request that it answers, when that had a number (A02.FR.15)."""
    request = in_201(command)
    return Request(request.action, {**request.payload, **given(requestId=command.request_number or None)})


def install_certificate(command: kinds.InstallCertificate) -> Request:
    payload = {"certificateType": ROOT_TYPE[command.use], "certificate": command.certificate}
    return Request("InstallCertificate", payload)


def read_certificates(command: kinds.ReadCertificates) -> Request:
    types = [CERTIFICATE_TYPE[use] for use in command.uses]
    return Request("GetInstalledCertificateIds", given(certificateType=types or None))


def upload_log(command: kinds.UploadLog) -> Request:
    if command.log in mapping_201.LOG_TYPE:
        return in_201(command)
    plain: dict[str, Any] = {**command.to_params(), "log": "diagnostics"}
    request = in_201(kinds.UploadLog.from_params(plain))
    return Request(request.action, {**request.payload, "logType": LOG_TYPE[command.log]})


# --- what 2.0.1 has no word for ----------------------------------------------------------------


def update_dynamic_limit(command: kinds.UpdateDynamicLimit) -> Request:
    update = given(limit=command.limit, dischargeLimit=command.discharge_limit, setpoint=command.setpoint)
    payload = {"chargingProfileId": command.profile_id, "scheduleUpdate": update}
    return Request("UpdateDynamicSchedule", payload)


def use_priority(command: kinds.UsePriority) -> Request:
    payload = {"transactionId": command.transaction_id, "activate": command.is_on}
    return Request("UsePriorityCharging", payload)


def allow_energy_transfer(command: kinds.AllowEnergyTransfer) -> Request:
    payload = {"transactionId": command.transaction_id, "allowedEnergyTransfer": list(command.modes)}
    return Request("NotifyAllowedEnergyTransfer", payload)


def set_default_tariff(command: kinds.SetDefaultTariff) -> Request:
    return Request("SetDefaultTariff", {"evseId": command.evse_number, "tariff": command.tariff})


def change_tariff(command: kinds.ChangeTariff) -> Request:
    payload = {"transactionId": command.transaction_id, "tariff": command.tariff}
    return Request("ChangeTransactionTariff", payload)


def clear_tariffs(command: kinds.ClearTariffs) -> Request:
    chosen = given(tariffIds=list(command.tariff_ids) or None, evseId=command.evse_number)
    return Request("ClearTariffs", chosen)


def read_tariffs(command: kinds.ReadTariffs) -> Request:
    return Request("GetTariffs", {"evseId": command.evse_number})


def tell_web_payment(command: kinds.TellWebPayment) -> Request:
    payload = {"evseId": command.evse_number, "timeout": command.timeout_s}
    return Request("NotifyWebPaymentStarted", payload)


def show_payment_code(command: kinds.ShowPaymentCode) -> Request:
    """Last of all it is enabled, so that nothing half set is ever shown (C25.FR.01, part 2 section 2.4.2)."""
    told = code_settings(command) if command.is_on else {}
    values = {**told, "Enabled": str(command.is_on).lower()}
    data = [
        {"component": {"name": WEB_PAYMENTS}, "variable": {"name": name}, "attributeValue": value}
        for name, value in values.items()
    ]
    return Request("SetVariables", {"setVariableData": data})


def code_settings(command: kinds.ShowPaymentCode) -> dict[str, str]:
    return {
        "URLTemplate": command.url_template,
        "SharedSecret": command.shared_secret,
        "Length": str(command.length),
        "ValidityTime": str(command.validity_s),
        "TOTPVersion": VERSION,
    }


def tariffs_cleared(payload: Payload) -> Answered:
    """Also when there were none (I10.FR.06)."""
    return by_all(payload["clearTariffsResult"], frozenset({"Accepted", NO_TARIFFS}))


def tariffs_told(payload: Payload) -> Answered:
    word = str(payload["status"])
    return Answered(outcome="accepted" if word in ("Accepted", NO_TARIFFS) else "rejected", word=word)


ENCODERS: Final[Mapping[type[kinds.CommandKind], Encode]] = {
    **v201.DIALECT.encoders,
    kinds.AllowEnergyTransfer: allow_energy_transfer,
    kinds.ChangeTariff: change_tariff,
    kinds.ClearTariffs: clear_tariffs,
    kinds.DeliverCertificate: deliver_certificate,
    kinds.InstallCertificate: install_certificate,
    kinds.ReadCertificates: read_certificates,
    kinds.ReadTariffs: read_tariffs,
    kinds.Reserve: with_token,
    kinds.SendLocalList: send_local_list,
    kinds.SetDefaultTariff: set_default_tariff,
    kinds.SetNetworkProfile: set_network_profile,
    kinds.SetProfile: set_profile,
    kinds.ShowPaymentCode: show_payment_code,
    kinds.StartSession: with_token,
    kinds.TellWebPayment: tell_web_payment,
    kinds.UpdateDynamicLimit: update_dynamic_limit,
    kinds.UploadLog: upload_log,
    kinds.UsePriority: use_priority,
}

INTERPRETERS: Final[Mapping[str, Interpret]] = {
    **v201.DIALECT.interpreters,
    "ClearTariffs": tariffs_cleared,
    "GetTariffs": tariffs_told,
}

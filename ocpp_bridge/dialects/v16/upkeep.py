"""OCPP 1.6, what we ask besides charging: firmware, logs, local lists, certificates, vendors' data.

Sections 5 of the specification and, for what is signed or certified, the security whitepaper.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from core import clock
from ocpp_bridge.dialects import words
from ocpp_bridge.dialects.base import Answered, Encode, Interpret, Request, Unsupported
from ocpp_bridge.dialects.common import given
from ocpp_bridge.dialects.v16 import mapping
from ocpp_bridge.dialects.values import stamp, whole_seconds
from ocpp_bridge.frames import Payload
from stations import command_kinds as kinds

# --- firmware and logs ---------------------------------------------------------------------------


def update_firmware(command: kinds.UpdateFirmware) -> Request:
    """With a signature it is the whitepaper's SignedUpdateFirmware, else the core one (5.18)."""
    tries = given(retries=command.retries, retryInterval=command.retry_interval_s)
    retrieve_at = whole_seconds(command.retrieve_at) or stamp(clock.now())
    if not command.signature:
        return Request("UpdateFirmware", {"location": command.url, "retrieveDate": retrieve_at, **tries})
    firmware = given(
        location=command.url,
        retrieveDateTime=retrieve_at,
        installDateTime=whole_seconds(command.install_at) or None,
        signingCertificate=command.signing_certificate,
        signature=command.signature,
    )
    payload = {"requestId": command.request_number or 0, "firmware": firmware, **tries}
    return Request("SignedUpdateFirmware", payload)


def upload_log(command: kinds.UploadLog) -> Request:
    """GetLog of the whitepaper, or the core's GetDiagnostics (5.8), which has no security log."""
    tries = given(retries=command.retries, retryInterval=command.retry_interval_s)
    since, until = whole_seconds(command.from_at) or None, whole_seconds(command.until_at) or None
    if command.is_plain:
        return Request(
            "GetDiagnostics", {"location": command.url, **given(startTime=since, stopTime=until), **tries}
        )
    log = {"remoteLocation": command.url, **given(oldestTimestamp=since, latestTimestamp=until)}
    payload = {"logType": _log_type(command.log), "requestId": command.request_number or 0, "log": log}
    return Request("GetLog", {**payload, **tries})


def _log_type(log: str) -> str:
    try:
        return mapping.LOG_TYPE[log]
    except KeyError:
        raise Unsupported(f"OCPP 1.6 has no {log} log.") from None


def diagnostics(payload: Payload) -> Answered:
    """No file name means that there is nothing to upload (section 5.8)."""
    name = payload.get("fileName")
    return Answered(outcome="accepted" if name else "rejected", word=str(name or "no file"))


# --- whom a station lets charge without asking ---------------------------------------------------


def send_local_list(command: kinds.SendLocalList) -> Request:
    payload: Payload = {
        "listVersion": command.version,
        "updateType": "Full" if command.is_full else "Differential",
    }
    if command.entries:
        payload["localAuthorizationList"] = [_authorization(entry) for entry in command.entries]
    return Request("SendLocalList", payload)


def _authorization(entry: kinds.ListEntry) -> Payload:
    """An entry without idTagInfo removes the tag (section 5.15)."""
    status = entry.get("status")
    if not status:
        return {"idTag": entry["uid"]}
    info = given(
        status=words.DECISION[status],
        parentIdTag=entry.get("group_uid") or None,
        expiryDate=whole_seconds(entry.get("valid_until") or "") or None,
    )
    return {"idTag": entry["uid"], "idTagInfo": info}


def read_local_list_version(command: kinds.ReadLocalListVersion) -> Request:
    return Request("GetLocalListVersion", {})


def clear_cache(command: kinds.ClearCache) -> Request:
    return Request("ClearCache", {})


def list_version(payload: Payload) -> Answered:
    """-1: the station keeps no list; 0: it is empty (section 5.10)."""
    version = int(payload["listVersion"])
    return Answered(outcome="accepted" if version >= 0 else "rejected", word=str(version))


# --- certificates (security whitepaper) ----------------------------------------------------------


def deliver_certificate(command: kinds.DeliverCertificate) -> Request:
    if command.use != "connection":
        raise Unsupported(f"OCPP 1.6 has no certificate for {command.use}.")
    return Request("CertificateSigned", {"certificateChain": command.chain})


def install_certificate(command: kinds.InstallCertificate) -> Request:
    payload = {"certificateType": _certificate_type(command.use), "certificate": command.certificate}
    return Request("InstallCertificate", payload)


def delete_certificate(command: kinds.DeleteCertificate) -> Request:
    hashes = {
        "hashAlgorithm": command.hash_algorithm,
        "issuerNameHash": command.issuer_name_hash,
        "issuerKeyHash": command.issuer_key_hash,
        "serialNumber": command.serial_number,
    }
    return Request("DeleteCertificate", {"certificateHashData": hashes})


def read_certificates(command: kinds.ReadCertificates) -> Request:
    """1.6 asks for one use at a time."""
    if len(command.uses) != 1:
        raise Unsupported("OCPP 1.6 asks for the certificates of one use.")
    return Request("GetInstalledCertificateIds", {"certificateType": _certificate_type(command.uses[0])})


def _certificate_type(use: str) -> str:
    try:
        return mapping.CERTIFICATE_TYPE[use]
    except KeyError:
        raise Unsupported(f"OCPP 1.6 has no certificates of use {use}.") from None


# --- vendors -------------------------------------------------------------------------------------


def send_data(command: kinds.SendData) -> Request:
    """Data is text in 1.6 (section 6.17)."""
    data = command.data
    text = data if data is None or isinstance(data, str) else json.dumps(data)
    return Request(
        "DataTransfer", given(vendorId=command.vendor, messageId=command.message or None, data=text)
    )


ENCODERS: Final[Mapping[type[kinds.CommandKind], Encode]] = {
    kinds.ClearCache: clear_cache,
    kinds.DeleteCertificate: delete_certificate,
    kinds.DeliverCertificate: deliver_certificate,
    kinds.InstallCertificate: install_certificate,
    kinds.ReadCertificates: read_certificates,
    kinds.ReadLocalListVersion: read_local_list_version,
    kinds.SendData: send_data,
    kinds.SendLocalList: send_local_list,
    kinds.UpdateFirmware: update_firmware,
    kinds.UploadLog: upload_log,
}

INTERPRETERS: Final[Mapping[str, Interpret]] = {
    "GetDiagnostics": diagnostics,
    "GetLocalListVersion": list_version,
}

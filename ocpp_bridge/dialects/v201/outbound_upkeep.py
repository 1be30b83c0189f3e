"""OCPP 2.0.1, what we ask about firmware, logs, certificates, local lists, and of vendors' own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core import clock
from ocpp_bridge.dialects import words
from ocpp_bridge.dialects.base import Encode, Request
from ocpp_bridge.dialects.common import given
from ocpp_bridge.dialects.v16.upkeep import clear_cache, delete_certificate, read_local_list_version
from ocpp_bridge.dialects.v201 import mapping
from ocpp_bridge.dialects.v201.tokens import id_token
from ocpp_bridge.dialects.values import stamp, whole_seconds
from ocpp_bridge.frames import Payload
from stations import command_kinds as kinds


def update_firmware(command: kinds.UpdateFirmware) -> Request:
    firmware = given(
        location=command.url,
        retrieveDateTime=whole_seconds(command.retrieve_at) or stamp(clock.now()),
        installDateTime=whole_seconds(command.install_at) or None,
        signingCertificate=command.signing_certificate or None,
        signature=command.signature or None,
    )
    payload = {"requestId": command.request_number or 0, "firmware": firmware, **tries(command)}
    return Request("UpdateFirmware", payload)


def upload_log(command: kinds.UploadLog) -> Request:
    log = given(
        remoteLocation=command.url,
        oldestTimestamp=whole_seconds(command.from_at) or None,
        latestTimestamp=whole_seconds(command.until_at) or None,
    )
    asked = {"requestId": command.request_number or 0, "logType": mapping.LOG_TYPE[command.log], "log": log}
    return Request("GetLog", {**asked, **tries(command)})


def publish_firmware(command: kinds.PublishFirmware) -> Request:
    asked = {"requestId": command.request_number or 0, "location": command.url, "checksum": command.checksum}
    return Request("PublishFirmware", {**asked, **tries(command)})


def tries(command: kinds.UpdateFirmware | kinds.UploadLog | kinds.PublishFirmware) -> Payload:
    return given(retries=command.retries, retryInterval=command.retry_interval_s)


def unpublish_firmware(command: kinds.UnpublishFirmware) -> Request:
    return Request("UnpublishFirmware", {"checksum": command.checksum})


# --- certificates ------------------------------------------------------------------------------


def deliver_certificate(command: kinds.DeliverCertificate) -> Request:
    payload = {"certificateChain": command.chain, "certificateType": mapping.SIGNED_FOR[command.use]}
    return Request("CertificateSigned", payload)


def install_certificate(command: kinds.InstallCertificate) -> Request:
    payload = {"certificateType": mapping.ROOT_TYPE[command.use], "certificate": command.certificate}
    return Request("InstallCertificate", payload)


def read_certificates(command: kinds.ReadCertificates) -> Request:
    types = [mapping.CERTIFICATE_TYPE[use] for use in command.uses]
    return Request("GetInstalledCertificateIds", given(certificateType=types or None))


# --- whom a station lets charge, vendors -------------------------------------------------------


def send_local_list(command: kinds.SendLocalList) -> Request:
    entries = [authorization(entry) for entry in command.entries]
    payload = {
        "versionNumber": command.version,
        "updateType": "Full" if command.is_full else "Differential",
        **given(localAuthorizationList=entries or None),
    }
    return Request("SendLocalList", payload)


def authorization(entry: kinds.ListEntry) -> Payload:
    """An entry without idTokenInfo removes the token (D01.FR.17)."""
    named: Payload = {"idToken": id_token(entry["uid"], entry.get("type", "rfid"))}
    status = entry.get("status")
    if not status:
        return named
    group = entry.get("group_uid")
    info = given(
        status=words.DECISION[status],
        groupIdToken=id_token(group, "Central") if group else None,
        cacheExpiryDateTime=whole_seconds(entry.get("valid_until") or "") or None,
    )
    return {**named, "idTokenInfo": info}


def send_data(command: kinds.SendData) -> Request:
    return Request(
        "DataTransfer",
        given(vendorId=command.vendor, messageId=command.message or None, data=command.data),
    )


ENCODERS: Final[Mapping[type[kinds.CommandKind], Encode]] = {
    kinds.ClearCache: clear_cache,
    kinds.DeleteCertificate: delete_certificate,
    kinds.DeliverCertificate: deliver_certificate,
    kinds.InstallCertificate: install_certificate,
    kinds.PublishFirmware: publish_firmware,
    kinds.ReadCertificates: read_certificates,
    kinds.ReadLocalListVersion: read_local_list_version,
    kinds.SendData: send_data,
    kinds.SendLocalList: send_local_list,
    kinds.UnpublishFirmware: unpublish_firmware,
    kinds.UpdateFirmware: update_firmware,
    kinds.UploadLog: upload_log,
}

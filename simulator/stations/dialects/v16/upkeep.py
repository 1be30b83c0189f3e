"""1.6, besides charging: firmware, logs, the local list, and certificates of the security whitepaper."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from simulator.stations import upkeep
from simulator.stations.clock import parse_instant
from simulator.stations.dialects.base import Handler
from simulator.stations.dialects.v16 import wire
from simulator.stations.firmware import Update
from simulator.stations.frames import Payload
from simulator.stations.known_tokens import Entry
from simulator.stations.logs import Upload

if TYPE_CHECKING:
    from simulator.stations.dialects.v16.dialect import Dialect16
    from simulator.stations.station import Station


def instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None


class Upkeep16:
    """Handlers by action; those of the whitepaper only where the station knows it."""

    def __init__(self, station: Station, dialect: Dialect16) -> None:
        self._station, self._dialect = station, dialect

    def handlers(self) -> dict[str, Handler]:
        core: dict[str, Handler] = {
            "ClearCache": self.clear_cache,
            "GetDiagnostics": self.get_diagnostics,
            "GetLocalListVersion": self.get_local_list_version,
            "SendLocalList": self.send_local_list,
            "UpdateFirmware": self.update_firmware,
        }
        return core | (self._secure() if self._station.settings.has_security_extension else {})

    def _secure(self) -> dict[str, Handler]:
        return {
            "CertificateSigned": self.certificate_signed,
            "DeleteCertificate": self.delete_certificate,
            "GetInstalledCertificateIds": self.get_installed_certificates,
            "GetLog": self.get_log,
            "InstallCertificate": self.install_certificate,
            "SignedUpdateFirmware": self.signed_update_firmware,
        }

    # --- firmware and logs

    def update_firmware(self, request: Payload, at: datetime) -> Payload:
        """Section 5.18: there is no way to say no."""
        self._station.firmware.ask(
            Update(
                url=request["location"],
                retrieve_at=parse_instant(request["retrieveDate"]),
                retries=request.get("retries", 0),
                retry_interval_s=request.get("retryInterval", 30),
            ),
            at,
        )
        return {}

    def signed_update_firmware(self, request: Payload, at: datetime) -> Payload:
        firmware = request["firmware"]
        update = Update(
            url=firmware["location"],
            request_id=request["requestId"],
            retrieve_at=parse_instant(firmware["retrieveDateTime"]),
            install_at=instant(firmware.get("installDateTime")),
            certificate=firmware["signingCertificate"],
            signature=firmware["signature"],
            retries=request.get("retries", 0),
            retry_interval_s=request.get("retryInterval", 30),
        )
        return {"status": self._station.firmware.ask(update, at)}

    def get_diagnostics(self, request: Payload, at: datetime) -> Payload:
        upload = Upload(
            url=request["location"],
            since=instant(request.get("startTime")),
            until=instant(request.get("stopTime")),
            retries=request.get("retries", 0),
            retry_interval_s=request.get("retryInterval", 30),
            is_plain=True,
        )
        return {"fileName": self._station.logs.ask(upload, at)[1]}

    def get_log(self, request: Payload, at: datetime) -> Payload:
        log = request["log"]
        upload = Upload(
            url=log["remoteLocation"],
            kind="security" if request["logType"] == "SecurityLog" else "diagnostics",
            request_id=request["requestId"],
            since=instant(log.get("oldestTimestamp")),
            until=instant(log.get("latestTimestamp")),
            retries=request.get("retries", 0),
            retry_interval_s=request.get("retryInterval", 30),
        )
        status, name = self._station.logs.ask(upload, at)
        return {"status": status, "filename": name}

    # --- the local list

    def clear_cache(self, request: Payload, at: datetime) -> Payload:
        self._station.tokens.forget()
        return {"status": "Accepted"}

    def get_local_list_version(self, request: Payload, at: datetime) -> Payload:
        """-1: no list is kept here (section 5.10)."""
        is_kept = self._station.settings.local_list_enabled
        return {"listVersion": self._station.tokens.version if is_kept else -1}

    def send_local_list(self, request: Payload, at: datetime) -> Payload:
        if not self._station.settings.local_list_enabled:
            return {"status": "NotSupported"}
        entries = [self._entry(item) for item in request.get("localAuthorizationList", [])]
        is_full = request["updateType"] == "Full"
        return {"status": self._station.tokens.update(request["listVersion"], entries, is_full=is_full)}

    def _entry(self, item: Payload) -> Entry:
        info = item.get("idTagInfo")
        verdict = self._dialect.verdict(info) if info else None
        return Entry(uid=item["idTag"], verdict=verdict, until=instant((info or {}).get("expiryDate")))

    # --- certificates

    def sign_certificate(self) -> None:
        """Ask for a certificate for a new key (whitepaper A02)."""
        csr = self._station.keys.request(self._station.organization)
        self._dialect.say("SignCertificate", {"csr": csr}, is_triggered=True)

    def certificate_signed(self, request: Payload, at: datetime) -> Payload:
        return {"status": upkeep.take_certificate(self._station, request["certificateChain"], at)}

    def install_certificate(self, request: Payload, at: datetime) -> Payload:
        use = wire.ROOTS[request["certificateType"]]
        return {"status": self._station.keys.trust(use, request["certificate"], at)}

    def delete_certificate(self, request: Payload, at: datetime) -> Payload:
        return {"status": self._station.keys.distrust(request["certificateHashData"])}

    def get_installed_certificates(self, request: Payload, at: datetime) -> Payload:
        use = wire.ROOTS[request["certificateType"]]
        found = [root.hashes() for root in self._station.keys.roots if root.use == use]
        return {"status": "Accepted", "certificateHashData": found} if found else {"status": "NotFound"}

"""1.6, besides charging: firmware, logs, the local list, and certificates of the security whitepaper."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from simulator.stations import upkeep
from simulator.stations.clock import parse_instant
from simulator.stations.dialects.base import Handler
from simulator.stations.dialects.upkeep import CommonUpkeep, instant
from simulator.stations.dialects.v16 import wire
from simulator.stations.firmware import Update
from simulator.stations.frames import Payload
from simulator.stations.known_tokens import Entry
from simulator.stations.logs import Upload

if TYPE_CHECKING:
    from simulator.stations.dialects.v16.dialect import Dialect16
    from simulator.stations.station import Station


class Upkeep16(CommonUpkeep):
    """Handlers by action; those of the whitepaper only where the station knows it."""

    roots = wire.ROOTS

    def __init__(self, station: Station, dialect: Dialect16) -> None:
        super().__init__(station)
        self._dialect = dialect

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
            "SignedUpdateFirmware": self.update_to_image,
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

    # --- the local list

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

    def get_installed_certificates(self, request: Payload, at: datetime) -> Payload:
        use = self.roots[request["certificateType"]]
        found = [root.hashes() for root in self._station.keys.roots if root.use == use]
        return {"status": "Accepted", "certificateHashData": found} if found else {"status": "NotFound"}

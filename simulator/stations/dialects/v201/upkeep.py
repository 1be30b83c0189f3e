"""2.0.1, besides charging: firmware (L), logs (N01), the local list (D), certificates (A02, M03 to M05)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from simulator.stations import upkeep
from simulator.stations.dialects.base import Handler
from simulator.stations.dialects.upkeep import CommonUpkeep, instant
from simulator.stations.dialects.v201 import wire
from simulator.stations.dialects.v201.publishing import Publishing201
from simulator.stations.frames import Payload
from simulator.stations.known_tokens import Entry

if TYPE_CHECKING:
    from simulator.stations.dialects.v201.dialect import Dialect201
    from simulator.stations.station import Station

_SIGNED_FOR = "ChargingStationCertificate"


class Upkeep201(CommonUpkeep):
    """Handlers by action."""

    roots = wire.ROOTS

    def __init__(self, station: Station, dialect: Dialect201) -> None:
        super().__init__(station)
        self._dialect = dialect
        self._publishing = Publishing201(station, dialect)

    def handlers(self) -> dict[str, Handler]:
        return {
            "CertificateSigned": self.certificate_signed,
            "ClearCache": self.clear_cache,
            "DeleteCertificate": self.delete_certificate,
            "GetInstalledCertificateIds": self.get_installed_certificates,
            "GetLocalListVersion": self.get_local_list_version,
            "GetLog": self.get_log,
            "InstallCertificate": self.install_certificate,
            "SendLocalList": self.send_local_list,
            "UpdateFirmware": self.update_to_image,
            **self._publishing.handlers(),
        }

    def trigger(self, what: str) -> bool:
        """TriggerMessage for one of ours; False for another's."""
        station, update, upload = self._station, self._station.firmware.update, self._station.logs.upload
        match what:
            case "FirmwareStatusNotification":
                self._dialect.say_firmware(upkeep.last_firmware_word(station), update)
            case "LogStatusNotification":
                self._dialect.say_log(upkeep.last_log_word(station), upload)
            case "PublishFirmwareStatusNotification":
                self._publishing.trigger()
            case "SignChargingStationCertificate":
                self._sign_certificate()
            case _:
                return False
        return True

    # --- the local list

    def get_local_list_version(self, request: Payload, at: datetime) -> Payload:
        """0 when there is none (D02.FR.02, D02.FR.03)."""
        is_kept = self._station.settings.local_list_enabled
        return {"versionNumber": self._station.tokens.version if is_kept else 0}

    def send_local_list(self, request: Payload, at: datetime) -> Payload:
        """Version 0 is no version (D01.FR.18)."""
        version, is_full = request["versionNumber"], request["updateType"] == "Full"
        if version <= 0 or not self._station.settings.local_list_enabled:
            return {"status": "Failed"}
        entries = [self._entry(item) for item in request.get("localAuthorizationList", [])]
        return {"status": self._station.tokens.update(version, entries, is_full=is_full)}

    def _entry(self, item: Payload) -> Entry:
        info = item.get("idTokenInfo")
        verdict = self._dialect.verdict(info) if info else None
        until = instant((info or {}).get("cacheExpiryDateTime"))
        return Entry(uid=item["idToken"]["idToken"], verdict=verdict, until=until)

    # --- certificates

    def _sign_certificate(self) -> None:
        csr = self._station.keys.request(self._station.organization)
        self._dialect.say("SignCertificate", {"csr": csr, "certificateType": _SIGNED_FOR}, is_triggered=True)

    def certificate_signed(self, request: Payload, at: datetime) -> Payload:
        """Cars are not signed for here: no ISO 15118."""
        if request.get("certificateType", _SIGNED_FOR) != _SIGNED_FOR:
            return {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedParam"}}
        return {"status": upkeep.take_certificate(self._station, request["certificateChain"], at)}

    def get_installed_certificates(self, request: Payload, at: datetime) -> Payload:
        wanted = request.get("certificateType") or list(wire.ROOTS)
        names = {use: name for name, use in wire.ROOTS.items() if name in wanted}
        found = [
            {"certificateType": names[root.use], "certificateHashData": root.hashes()}
            for root in self._station.keys.roots
            if root.use in names
        ]
        return {"status": "Accepted", "certificateHashDataChain": found} if found else {"status": "NotFound"}

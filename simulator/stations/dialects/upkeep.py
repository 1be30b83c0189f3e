"""Upkeep that 1.6's security whitepaper took over from 2.0.1, word for word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from simulator.stations.clock import parse_instant
from simulator.stations.firmware import Update
from simulator.stations.frames import Payload
from simulator.stations.logs import Upload

if TYPE_CHECKING:
    from simulator.stations.station import Station


def instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None


class CommonUpkeep:
    """Handlers. `roots`: the version's names of certificates' uses, to ours."""

    roots: ClassVar[Mapping[str, str]]

    def __init__(self, station: Station) -> None:
        self._station = station

    def update_to_image(self, request: Payload, at: datetime) -> Payload:
        """SignedUpdateFirmware of 1.6, UpdateFirmware of 2.x; there the signature may be missing (L02)."""
        firmware = request["firmware"]
        update = Update(
            url=firmware["location"],
            request_id=request["requestId"],
            retrieve_at=parse_instant(firmware["retrieveDateTime"]),
            install_at=instant(firmware.get("installDateTime")),
            certificate=firmware.get("signingCertificate", ""),
            signature=firmware.get("signature", ""),
            retries=request.get("retries", 0),
            retry_interval_s=request.get("retryInterval", 30),
        )
        return {"status": self._station.firmware.ask(update, at)}

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

    def clear_cache(self, request: Payload, at: datetime) -> Payload:
        self._station.tokens.forget()
        return {"status": "Accepted"}

    def install_certificate(self, request: Payload, at: datetime) -> Payload:
        use = self.roots[request["certificateType"]]
        return {"status": self._station.keys.trust(use, request["certificate"], at)}

    def delete_certificate(self, request: Payload, at: datetime) -> Payload:
        return {"status": self._station.keys.distrust(request["certificateHashData"])}

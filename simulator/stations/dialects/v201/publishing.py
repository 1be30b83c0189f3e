"""A station that is a local controller too: it offers firmware to those behind it (L03, L04)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from simulator.stations.dialects.base import Handler
from simulator.stations.dialects.v201.power import rejected
from simulator.stations.errands import Errand, Outcome
from simulator.stations.frames import Payload

if TYPE_CHECKING:
    from simulator.stations.dialects.v201.dialect import Dialect201
    from simulator.stations.station import Station

_SHORT_S: Final = 0.5
_PROTOCOLS: Final = ("http", "https", "ftp")


@dataclass(slots=True, kw_only=True)
class Publication:
    """What was asked. `checksum` is the MD5 of the whole file, in hex (L03.FR.02)."""

    url: str
    checksum: str
    request_id: int
    retries: int
    retry_interval_s: int
    attempts: int = 0


class Publishing201:
    """One file is fetched at a time; any number stay published."""

    def __init__(self, station: Station, dialect: Dialect201) -> None:
        self._station, self._dialect = station, dialect
        self._fetching: Publication | None = None
        self._published: set[str] = set()
        self._word, self._last = "Idle", 0

    def handlers(self) -> dict[str, Handler]:
        return {"PublishFirmware": self.publish, "UnpublishFirmware": self.unpublish}

    def publish(self, request: Payload, at: datetime) -> Payload:
        if self._fetching is not None:
            return rejected("DownloadOngoing")
        self._fetching = Publication(
            url=request["location"],
            checksum=request["checksum"].lower(),
            request_id=request["requestId"],
            retries=request.get("retries", 0),
            retry_interval_s=request.get("retryInterval", 30),
        )
        self._last = self._fetching.request_id
        self._fetch_after(_SHORT_S, at)
        return {"status": "Accepted"}

    def unpublish(self, request: Payload, at: datetime) -> Payload:
        checksum = request["checksum"].lower()
        if self._fetching is not None:
            return {"status": "DownloadOngoing"}
        if checksum not in self._published:
            return {"status": "NoFirmware"}
        self._published.remove(checksum)
        return {"status": "Unpublished"}

    def trigger(self) -> None:
        """Idle when all is published (L03.FR.10), else the last word (L03.FR.11)."""
        word = "Idle" if self._word == "Published" else self._word
        self._dialect.say_publishing(word, self._last, is_triggered=True)

    def _fetch_after(self, wait_s: float, at: datetime) -> None:
        self._station.at(at + timedelta(seconds=wait_s), self._fetch)

    def _fetch(self, at: datetime) -> None:
        wanted = self._fetching
        if wanted is not None:
            wanted.attempts += 1
            self._tell("Downloading")
            self._station.errands.send(Errand(url=wanted.url, then=self._arrived))

    def _arrived(self, outcome: Outcome, at: datetime) -> None:
        wanted = self._fetching
        if wanted is None:
            return
        if outcome.is_good and outcome.body:
            self._look_at(wanted, outcome.body)
        elif wanted.attempts <= wanted.retries:
            self._fetch_after(wanted.retry_interval_s, at)
        else:
            self._end("DownloadFailed")

    def _look_at(self, wanted: Publication, body: bytes) -> None:
        self._tell("Downloaded")
        if hashlib.md5(body, usedforsecurity=False).hexdigest() != wanted.checksum:
            self._end("InvalidChecksum")
            return
        self._tell("ChecksumVerified")
        self._published.add(wanted.checksum)
        self._end("Published", self._places(wanted.checksum))

    def _places(self, checksum: str) -> list[str]:
        """Where those behind it find the file, by each protocol (L03.FR.04)."""
        host = f"{self._station.spec.identity.lower()}.local"
        return [f"{protocol}://{host}/firmware/{checksum}" for protocol in _PROTOCOLS]

    def _end(self, word: str, places: list[str] | None = None) -> None:
        self._fetching = None
        self._tell(word, places)

    def _tell(self, word: str, places: list[str] | None = None) -> None:
        self._word = word
        self._dialect.say_publishing(word, self._last, places)

"""Firmware: fetched, checked, installed when nobody charges, alive after a reboot.

The words are 2.0.1's FirmwareStatusEnumType (part 2, L01 and L02; 1.6 section 4.5 and whitepaper
L01); a dialect says what its version can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from simulator.stations import images, keeping
from simulator.stations.errands import Errand, Outcome

if TYPE_CHECKING:
    from simulator.stations.station import Station

ENDS: Final = frozenset(
    {
        "Idle",
        "Installed",
        "DownloadFailed",
        "InstallationFailed",
        "InstallVerificationFailed",
        "InvalidSignature",
    }
)
_TOO_LATE: Final = frozenset({"Installing", "InstallRebooting"})
_LOOK_AGAIN_S: Final = 15.0
_SHORT_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Update:
    """What was asked. `request_id` None: 1.6's plain request, which has no number."""

    url: str
    request_id: int | None = None
    retrieve_at: datetime | None = None
    install_at: datetime | None = None
    certificate: str = ""
    signature: str = ""
    retries: int = 0
    retry_interval_s: int = 30


class Firmware:
    """One station's firmware. `fails_at`: "download", "signature" or "install", for the next update."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self.version = station.spec.firmware
        self.word = self._told = "Idle"
        self.update: Update | None = None
        self.fails_at = ""
        self._image, self._attempts = b"", 0
        self._closed: list[int] = []

    @property
    def is_under_way(self) -> bool:
        return self.word not in ENDS

    # --- asked

    def ask(self, update: Update, at: datetime) -> str:
        """UpdateFirmwareStatusEnumType: a new update takes the place of one that is not being installed."""
        if self.word in _TOO_LATE:
            return "Rejected"
        if update.certificate and (fault := self._certificate_fault(update, at)):
            self._station.dialect.security_event("InvalidFirmwareSigningCertificate", at, fault)
            return "InvalidCertificate"
        was_under_way = self.update is not None and self.is_under_way
        self._open_again(at)
        self.update, self._attempts = update, 0
        if update.retrieve_at is not None and update.retrieve_at > at:
            self.tell("DownloadScheduled", at)
        self._later(max(update.retrieve_at or at, at + timedelta(seconds=_SHORT_S)), self._download)
        return "AcceptedCanceled" if was_under_way else "Accepted"

    def _certificate_fault(self, update: Update, at: datetime) -> str:
        makers = self._station.keys.roots_of("manufacturer")
        return images.certificate_fault(update.certificate, at, makers)

    # --- fetched and checked

    def _download(self, at: datetime) -> None:
        update = self._update()
        self._attempts += 1
        self.tell("Downloading", at)
        then = self._guarded(self._arrived)
        self._station.errands.send(Errand(url=update.url, then=then))

    def _arrived(self, outcome: Outcome, at: datetime) -> None:
        if outcome.is_good and outcome.body and not self._breaks("download"):
            self._image = outcome.body
            self._after(self._station.settings.download_s, at, self._downloaded)
        elif self._attempts <= self._update().retries:
            self._after(self._update().retry_interval_s, at, self._download)
        else:
            self._fail("DownloadFailed", at)

    def _downloaded(self, at: datetime) -> None:
        update = self._update()
        self.tell("Downloaded", at)
        if not update.signature:
            self._schedule(at)
        elif self._breaks("signature") or not images.is_signed(
            self._image, update.signature, update.certificate
        ):
            self._station.dialect.security_event("InvalidFirmwareSignature", at)
            self._fail("InvalidSignature", at)
        else:
            self.tell("SignatureVerified", at)
            self._schedule(at)

    # --- installed

    def _schedule(self, at: datetime) -> None:
        install_at = self._update().install_at
        if install_at is not None and install_at > at:
            self.tell("InstallScheduled", at)
            self._later(install_at, self._install_when_idle)
        else:
            self._install_when_idle(at)

    def _install_when_idle(self, at: datetime) -> None:
        """Nobody may begin, and who charges may end (L01.FR.06, L01.FR.07)."""
        cabinet = self._station.cabinet
        if not self._closed:
            self._closed = [evse.number for evse in cabinet.evses.values() if evse.is_operative]
            keeping.set_operative(cabinet, self._closed, is_operative=False, at=at)
        if any(cabinet.transactions()):
            self._after(_LOOK_AGAIN_S, at, self._install_when_idle)
            return
        self.tell("Installing", at)
        self._after(self._station.settings.install_s, at, self._finish)

    def _finish(self, at: datetime) -> None:
        if self._breaks("install"):
            self._fail("InstallationFailed", at)
            return
        self.tell("InstallRebooting", at)
        self.version = images.version_of(self._image, self._update().url, self.version)[:50]
        self._station.power.restart(at, is_hard=False, because="FirmwareUpdate")

    def booted(self, at: datetime) -> None:
        """The registration is accepted: a new version is alive (L01.FR.28, L01.FR.31)."""
        if self.word == "InstallRebooting":
            self.tell("Installed", at)
            self._station.dialect.security_event("FirmwareUpdated", at, self.version)
            self._open_again(at)
        elif self.word != self._told:
            self._say(at)

    def _fail(self, word: str, at: datetime) -> None:
        self.tell(word, at)
        self._open_again(at)

    def _open_again(self, at: datetime) -> None:
        if self._closed:
            keeping.set_operative(self._station.cabinet, self._closed, is_operative=True, at=at)
        self._closed, self._image = [], b""

    # --- told

    def tell(self, word: str, at: datetime) -> None:
        self.word = word
        self._station.note("firmware", at, 0, word)
        self._say(at)

    def _say(self, at: datetime) -> None:
        """Until the other side has heard it: after a lost line it is said again."""
        word = self.word

        def heard(payload: dict[str, Any], when: datetime) -> None:
            self._told = word

        self._station.dialect.say_firmware(word, self.update, on_answer=heard)

    # --- remembered

    def memory(self) -> dict[str, Any]:
        update = self.update
        number = update.request_id if update else None
        return {"version": self.version, "word": self.word, "request_id": number}

    def recall(self, data: dict[str, Any]) -> None:
        """What was under way when the power went has failed, unless it was about to live."""
        self.version, self.word = data["version"], data["word"]
        self.update = Update(url="", request_id=data["request_id"])
        if self.word == "InstallRebooting":
            self.word = "Installed"
        elif self.is_under_way:
            self.word = "DownloadFailed" if self.word.startswith("Download") else "InstallationFailed"
        self._told = self.word if data["word"] == self.word else ""

    # --- later

    def _update(self) -> Update:
        if self.update is None:
            raise LookupError("no update is under way")
        return self.update

    def _breaks(self, where: str) -> bool:
        """Whether mischief lets it fail here; once."""
        is_here = self.fails_at == where
        self.fails_at = "" if is_here else self.fails_at
        return is_here

    def _after(self, wait_s: float, at: datetime, step: Callable[[datetime], None]) -> None:
        self._later(at + timedelta(seconds=wait_s), step)

    def _later(self, due: datetime, step: Callable[[datetime], None]) -> None:
        update = self.update
        self._station.at(due, lambda at: step(at) if self.update is update else None)

    def _guarded(self, step: Callable[[Outcome, datetime], None]) -> Callable[[Outcome, datetime], None]:
        """Of an update that was given up nothing is heard any more."""
        update = self.update
        return lambda outcome, at: step(outcome, at) if self.update is update else None

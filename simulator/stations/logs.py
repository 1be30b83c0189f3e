"""A station's own log: written from what happened here, and handed in when asked.

1.6 sections 4.4 and 5.8, whitepaper N01; 2.0.1 N01. The words are 2.0.1's UploadLogStatusEnumType.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from simulator.stations.errands import Errand, Outcome
from simulator.stations.words import Note

if TYPE_CHECKING:
    from simulator.stations.station import Station

ENDS: Final = frozenset({"Idle", "Uploaded", "UploadFailure", "AcceptedCanceled"})
_SHORT_S: Final = 0.5
_LEVELS: Final = {"error": "ERROR", "lost": "ERROR", "refused": "WARN", "security": "WARN"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Upload:
    """What was asked. `is_plain`: 1.6's GetDiagnostics. `kind`: "diagnostics" or "security"."""

    url: str
    kind: str = "diagnostics"
    request_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    retries: int = 0
    retry_interval_s: int = 30
    is_plain: bool = False


class Logs:
    """What happened, and one upload at a time. `fails`: how many uploads shall not arrive."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self.upload: Upload | None = None
        self.word = "Idle"
        self.fails = 0
        self._attempts = 0
        self._diary: deque[Note] = deque(maxlen=5000)
        station.watchers.append(self._diary.append)

    @property
    def is_under_way(self) -> bool:
        return self.word not in ENDS

    def ask(self, upload: Upload, at: datetime) -> tuple[str, str]:
        """LogStatusEnumType, and the file's name. A new one takes the place of the one before."""
        was_under_way = self.is_under_way
        if was_under_way:
            self._tell("AcceptedCanceled", at)
        self.upload, self.word, self._attempts = upload, "Accepted", 0
        name, body = self._file_name(upload, at), "\n".join(self.lines(upload, at)).encode()
        self._later(at + timedelta(seconds=_SHORT_S), upload, name, body)
        return ("AcceptedCanceled" if was_under_way else "Accepted"), name

    def _file_name(self, upload: Upload, at: datetime) -> str:
        return f"{self._station.spec.identity}-{upload.kind}-{at:%Y%m%d-%H%M%S}.log"

    def _later(self, due: datetime, upload: Upload, name: str, body: bytes) -> None:
        def go(at: datetime) -> None:
            if self.upload is upload:
                self._go(upload, name, body, at)

        self._station.at(due, go)

    def _go(self, upload: Upload, name: str, body: bytes, at: datetime) -> None:
        def back(outcome: Outcome, when: datetime) -> None:
            if self.upload is upload:
                self._back(upload, name, body, outcome, when)

        self._attempts += 1
        self._tell("Uploading", at)
        method = self._station.settings.upload_method
        self._station.errands.send(
            Errand(url=upload.url, then=back, method=method, body=body, file_name=name)
        )

    def _back(self, upload: Upload, name: str, body: bytes, outcome: Outcome, at: datetime) -> None:
        is_lost = self.fails > 0
        self.fails -= is_lost
        if outcome.is_good and not is_lost:
            self._tell("Uploaded", at)
        elif self._attempts <= upload.retries:
            self._later(at + timedelta(seconds=upload.retry_interval_s), upload, name, body)
        else:
            self._tell("UploadFailure", at)

    def _tell(self, word: str, at: datetime) -> None:
        self.word = word
        self._station.note("log", at, 0, word)
        self._station.dialect.say_log(word, self.upload)

    # --- the file

    def lines(self, upload: Upload, at: datetime) -> Iterator[str]:
        """The file, line by line: who we are, how we are, what happened in the wanted span."""
        yield from self._head(at)
        for note in self._diary:
            after = upload.since is None or note.at >= upload.since
            if after and (upload.until is None or note.at <= upload.until) and _belongs(note, upload.kind):
                yield self._line(note)

    def _head(self, at: datetime) -> Iterator[str]:
        station, spec = self._station, self._station.spec
        yield f"# {spec.vendor} {spec.model}, serial {spec.serial or 'unknown'}, {spec.identity}"
        yield f"# firmware {station.firmware.version}, OCPP {spec.version}, written {self._stamp(at)}"
        yield f"# up since {self._stamp(station.up_since)}, {len(station.link.backlog)} messages waiting"
        for evse in station.cabinet.evses.values():
            state, fault = station.dialect.status_of(evse), evse.fault or "no fault"
            yield f"# EVSE {evse.number}: {state}, register {evse.register_wh:.0f} Wh, {fault}"

    def _line(self, note: Note) -> str:
        where = f"evse {note.evse} " if note.evse else ""
        level = _LEVELS.get(note.kind, "INFO")
        return f"{self._stamp(note.at)} {level:<5} {where}{note.kind} {note.detail}".rstrip()

    def _stamp(self, at: datetime) -> str:
        return self._station.clock.stamp(at)

    def memory(self) -> list[Any]:
        """The last pages, for the next process."""
        return [[note.at.isoformat(), note.kind, note.evse, note.detail] for note in list(self._diary)[-300:]]

    def recall(self, pages: list[Any]) -> None:
        self._diary.extendleft(Note(datetime.fromisoformat(at), *rest) for at, *rest in reversed(pages))


def _belongs(note: Note, kind: str) -> bool:
    return kind != "security" or note.kind == "security"

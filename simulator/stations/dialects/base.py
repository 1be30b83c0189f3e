"""What both versions share: the interface, and the few things they say alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.stations.evse import Evse, Reservation, Transaction
from simulator.stations.frames import Payload
from simulator.stations.link import Message, OnAnswer
from simulator.stations.words import RegistrationState, Sample, Token, Trigger, Verdict

if TYPE_CHECKING:
    from simulator.stations.firmware import Update
    from simulator.stations.logs import Upload
    from simulator.stations.reader import Then
    from simulator.stations.station import Station


class NotSupportedHere(Exception):
    """A known action that this station does not support."""


Handler = Callable[[Payload, datetime], Payload]


class Dialect(ABC):
    """A voice and an ear of one OCPP version."""

    violation_code: ClassVar[str]
    invalid_certificate: ClassVar[str]
    """The security event of a certificate that was not for us."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.said: dict[int, str] = {}

    # --- voice

    @abstractmethod
    def boot(self, at: datetime, *, is_triggered: bool = False) -> None:
        """BootNotification."""

    @abstractmethod
    def say_connector(self, evse: Evse, at: datetime, *, is_triggered: bool = False) -> None:
        """StatusNotification of this EVSE's connector, changed or not."""

    @abstractmethod
    def status_of(self, evse: Evse) -> str:
        """The connector's status in this version's words."""

    @abstractmethod
    def authorize(self, token: Token, at: datetime, then: Then) -> None:
        """Ask, and tell `then` the verdict."""

    @abstractmethod
    def started(self, evse: Evse, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        """A transaction began."""

    @abstractmethod
    def updated(self, evse: Evse, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        """A transaction goes on."""

    @abstractmethod
    def ended(self, evse: Evse, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        """A transaction is over."""

    @abstractmethod
    def say_meter(self, evse: Evse, sample: Sample, *, is_triggered: bool = False) -> None:
        """MeterValues of one EVSE."""

    @abstractmethod
    def reservation_ended(self, reservation: Reservation, why: str, at: datetime) -> None:
        """A reservation lapsed or was taken away."""

    @abstractmethod
    def say_firmware(self, word: str, update: Update | None, *, on_answer: OnAnswer | None = None) -> None:
        """How an update goes, as far as this version has a word for it; no update: what was asked for."""

    @abstractmethod
    def say_log(self, word: str, upload: Upload | None) -> None:
        """How the upload of a log goes."""

    @abstractmethod
    def say_all(self, at: datetime) -> None:
        """The state of every connector, as after boot or a lost line."""

    def connector(self, evse: Evse, at: datetime) -> None:
        """Say the status when it is news. Without a line it stays unsaid and comes later."""
        status = self.status_of(evse) + evse.fault
        link = self.station.link
        if self.said.get(evse.number) != status and link.is_up and link.is_open:
            self.said[evse.number] = status
            self.say_connector(evse, at)

    def security_event(self, kind: str, at: datetime, info: str = "") -> None:
        """SecurityEventNotification, and a line in the security log; alike in all versions."""
        self.station.note("security", at, 0, f"{kind} {info}".rstrip())
        if self.station.settings.has_security_extension:
            told = {"type": kind, "timestamp": self.station.clock.stamp(at), "techInfo": info[:255] or None}
            self.say("SecurityEventNotification", without_none(told))

    def heartbeat(self, at: datetime, *, is_triggered: bool = False) -> None:
        self.say("Heartbeat", {}, on_answer=self._clock_told, is_triggered=is_triggered)

    def _clock_told(self, payload: Payload, at: datetime) -> None:
        self.station.clock.follow(at)

    def say(
        self,
        action: str,
        payload: Payload | Callable[[], Payload],
        *,
        is_durable: bool = False,
        is_triggered: bool = False,
        on_answer: OnAnswer | None = None,
        on_failure: Callable[[str, datetime], None] | None = None,
    ) -> None:
        """Queue a CALL. Triggered ones may be sent while the registration is pending."""
        self.station.link.call(
            Message(
                action=action,
                payload=payload,
                is_durable=is_durable,
                goes_before_boot=is_triggered,
                on_answer=on_answer,
                on_failure=on_failure,
            )
        )

    def note_state(self, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        """For those who watch the station, not for the central system."""
        if trigger is Trigger.CHARGING_STATE_CHANGED:
            self.station.note("state", sample.at, transaction.evse, transaction.told_state)

    def boot_told(self, payload: Payload, at: datetime) -> None:
        """The answer to BootNotification, alike in both versions."""
        status = RegistrationState(payload.get("status", "Rejected"))
        self.station.boot_answered(status, int(payload.get("interval") or 0), at)

    def ask(self, action: str, payload: Payload, token: Token, then: Then, *, key: str) -> None:
        """An Authorize whose answer carries its verdict under `key`."""

        def answered(reply: Payload, at: datetime) -> None:
            verdict = self.verdict(reply.get(key) or {})
            self.station.tokens.remember(token, verdict)
            then(verdict, at)

        def failed(code: str, at: datetime) -> None:
            then(Verdict(code), at)

        self.say(action, payload, on_answer=answered, on_failure=failed)

    @staticmethod
    @abstractmethod
    def verdict(info: Payload) -> Verdict:
        """idTagInfo or idTokenInfo."""

    # --- what only some versions do by themselves

    @property
    def next_due_at(self) -> datetime | None:
        """When `look` has something to do."""
        return None

    def look(self, at: datetime) -> None:
        """Time has passed, or something has happened."""
        return

    # --- ear

    @abstractmethod
    def handlers(self) -> dict[str, Handler]:
        """What we answer, by action."""

    def hear(self, action: str, payload: Payload, at: datetime) -> Payload:
        """The answer to a CALL. Raises NotSupportedHere."""
        handler = self.handlers().get(action)
        if handler is None:
            raise NotSupportedHere(action)
        return handler(payload, at)


def without_none(values: dict[str, Any]) -> Payload:
    """Absent members are left out on the wire, never null."""
    return {key: value for key, value in values.items() if value is not None}

"""A station that speaks OCPP 2.0.1: what it says."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.stations.dialects.base import Dialect, Handler, without_none
from simulator.stations.dialects.v201 import wire
from simulator.stations.dialects.v201.commands import Commands201
from simulator.stations.evse import Evse, Reservation, Transaction
from simulator.stations.frames import Payload
from simulator.stations.link import OnAnswer
from simulator.stations.words import Sample, StopReason, Token, Trigger, Verdict

if TYPE_CHECKING:
    from simulator.stations.firmware import Update
    from simulator.stations.logs import Upload
    from simulator.stations.reader import Then
    from simulator.stations.station import Station

_METERED = (Trigger.METER_VALUE_PERIODIC, Trigger.METER_VALUE_CLOCK, Trigger.TRIGGER)


class Dialect201(Dialect):
    """Each EVSE has one connector, number 1."""

    violation_code: ClassVar[str] = "FormatViolation"
    invalid_certificate: ClassVar[str] = "InvalidChargingStationCertificate"

    def __init__(self, station: Station) -> None:
        super().__init__(station)
        self._commands = Commands201(station, self)

    def handlers(self) -> dict[str, Handler]:
        return self._commands.handlers()

    def boot(self, at: datetime, *, is_triggered: bool = False) -> None:
        spec = self.station.spec
        described = {
            "model": spec.model[:20],
            "vendorName": spec.vendor[:50],
            "serialNumber": spec.serial[:25] or None,
            "firmwareVersion": self.station.firmware.version[:50] or None,
        }
        reason = "Triggered" if is_triggered else self.station.boot_reason
        self.say(
            "BootNotification",
            {"chargingStation": without_none(described), "reason": reason},
            is_triggered=True,
            on_answer=self.boot_told,
            on_failure=lambda code, when: self.station.retry_boot(self.station.settings.boot_retry_s, when),
        )

    # --- connectors

    def status_of(self, evse: Evse) -> str:
        return wire.status(evse)

    def say_all(self, at: datetime) -> None:
        for evse in self.station.cabinet.evses.values():
            self.said[evse.number] = self.status_of(evse) + evse.fault
            self.say_connector(evse, at)

    def say_connector(self, evse: Evse, at: datetime, *, is_triggered: bool = False) -> None:
        payload = {
            "timestamp": self.station.clock.stamp(at),
            "connectorStatus": self.status_of(evse),
            "evseId": evse.number,
            "connectorId": 1,
        }
        self.say("StatusNotification", payload, is_triggered=is_triggered)

    # --- authorization

    def authorize(self, token: Token, at: datetime, then: Then) -> None:
        self.ask("Authorize", {"idToken": wire.id_token(token)}, token, then, key="idTokenInfo")

    @staticmethod
    def verdict(info: Payload) -> Verdict:
        group = info.get("groupIdToken") or {}
        return Verdict(str(info.get("status", "Unknown")), str(group.get("idToken") or ""))

    # --- transactions

    def started(self, evse: Evse, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        self.station.note("started", sample.at, evse.number, transaction.transaction_id)
        self.say_transaction("Started", evse, transaction, trigger, sample, has_meter=True)

    def updated(self, evse: Evse, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        self.note_state(transaction, trigger, sample)
        self.say_transaction("Updated", evse, transaction, trigger, sample, has_meter=trigger in _METERED)

    def ended(self, evse: Evse, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        self.station.note("ended", sample.at, evse.number, str(transaction.stop_reason))
        self.say_transaction("Ended", evse, transaction, trigger, sample, has_meter=True)

    def say_transaction(
        self,
        kind: str,
        evse: Evse,
        transaction: Transaction,
        trigger: Trigger,
        sample: Sample,
        *,
        has_meter: bool,
    ) -> None:
        """TransactionEvent. EVSE, token and reservation are told once (E01, E02)."""
        is_first = kind == "Started" or trigger is Trigger.CABLE_PLUGGED_IN
        payload = without_none(
            {
                "eventType": kind,
                "timestamp": self.station.clock.stamp(sample.at),
                "triggerReason": str(trigger),
                "seqNo": transaction.seq_no,
                "offline": None if self.station.link.is_up else True,
                "transactionInfo": self._info(kind, evse, transaction),
                "evse": {"id": evse.number, "connectorId": 1} if is_first else None,
                "meterValue": [self.meter_value(sample)] if has_meter else None,
                **self._holder(kind, transaction),
            }
        )
        transaction.seq_no += 1
        self._send(kind, payload, evse, transaction)

    def _info(self, kind: str, evse: Evse, transaction: Transaction) -> Payload:
        reason = wire.REASONS[transaction.stop_reason or StopReason.LOCAL] if kind == "Ended" else None
        return without_none(
            {
                "transactionId": transaction.transaction_id,
                "chargingState": evse.charging_state,
                "stoppedReason": reason,
                "remoteStartId": transaction.remote_start_id,
            }
        )

    @staticmethod
    def _holder(kind: str, transaction: Transaction) -> dict[str, Any]:
        """Who: once after authorization, and who stopped it."""
        if kind == "Ended" and transaction.stopped_by is not None:
            return {"idToken": wire.id_token(transaction.stopped_by)}
        if transaction.token is None or transaction.is_token_told:
            return {}
        transaction.is_token_told = True
        return {
            "idToken": wire.id_token(transaction.token),
            "reservationId": transaction.reservation_number,
        }

    def _send(self, kind: str, payload: Payload, evse: Evse, transaction: Transaction) -> None:
        def answered(reply: Payload, at: datetime) -> None:
            if reply.get("idTokenInfo") and kind != "Ended":
                self._judge(evse, transaction, self.verdict(reply["idTokenInfo"]), at)
            self.event_answered(evse, transaction, reply, at)

        def failed(code: str, at: datetime) -> None:
            self.station.note("lost", at, evse.number, f"TransactionEvent {kind}: {code}")

        self.say("TransactionEvent", payload, is_durable=True, on_answer=answered, on_failure=failed)

    def event_answered(self, evse: Evse, transaction: Transaction, reply: Payload, at: datetime) -> None:
        """What newer versions find in the answer to a TransactionEvent."""

    def _judge(self, evse: Evse, transaction: Transaction, verdict: Verdict, at: datetime) -> None:
        """A token refused after the fact ends the session, if it still runs."""
        if transaction.token is not None:
            self.station.tokens.remember(transaction.token, verdict)
        transaction.group = verdict.group or transaction.group
        is_running = evse.transaction is transaction and evse.permit is not None
        if is_running and not verdict.is_accepted and self.station.settings.stop_on_invalid_token:
            self.station.note("refused", at, evse.number, verdict.status)
            self.station.cabinet.stop(evse.number, StopReason.DEAUTHORIZED, Trigger.DEAUTHORIZED, at)

    # --- the rest

    def meter_value(self, sample: Sample) -> Payload:
        return {
            "timestamp": self.station.clock.stamp(sample.at),
            "sampledValue": wire.sampled_values(sample, self.station.settings),
        }

    def say_meter(self, evse: Evse, sample: Sample, *, is_triggered: bool = False) -> None:
        """MeterValues: outside transactions, and when triggered."""
        payload = {"evseId": evse.number, "meterValue": [self.meter_value(sample)]}
        self.say("MeterValues", payload, is_triggered=is_triggered)

    # --- upkeep

    def say_firmware(self, word: str, update: Update | None, *, on_answer: OnAnswer | None = None) -> None:
        """FirmwareStatusNotification (L01); only Idle has no number."""
        number = update.request_id if update is not None and word != "Idle" else None
        payload = without_none({"status": word, "requestId": number})
        self.say("FirmwareStatusNotification", payload, is_triggered=True, on_answer=on_answer)

    def say_publishing(
        self, word: str, request_id: int, places: list[str] | None = None, *, is_triggered: bool = False
    ) -> None:
        """PublishFirmwareStatusNotification (L03); only Idle has no number."""
        number = None if word == "Idle" else request_id
        payload = without_none({"status": word, "requestId": number, "location": places})
        self.say("PublishFirmwareStatusNotification", payload, is_triggered=is_triggered)

    def say_log(self, word: str, upload: Upload | None) -> None:
        """LogStatusNotification (N01)."""
        number = upload.request_id if upload is not None and word != "Idle" else None
        payload = without_none({"status": word, "requestId": number})
        self.say("LogStatusNotification", payload, is_triggered=True)

    @property
    def next_due_at(self) -> datetime | None:
        return self._commands.next_due_at

    def look(self, at: datetime) -> None:
        self._commands.look(at)

    def reservation_ended(self, reservation: Reservation, why: str, at: datetime) -> None:
        self.station.note("reservation", at, 0, why)
        payload = {"reservationId": reservation.number, "reservationUpdateStatus": why}
        self.say("ReservationStatusUpdate", payload)

"""A station that speaks OCPP 1.6J: what it says."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from simulator.stations.dialects.base import Dialect, Handler, without_none
from simulator.stations.dialects.v16 import wire
from simulator.stations.dialects.v16.commands import Commands16
from simulator.stations.evse import Evse, Reservation, Transaction
from simulator.stations.frames import Payload
from simulator.stations.link import OnAnswer
from simulator.stations.words import Context, Sample, StopReason, Token, Trigger, Verdict

if TYPE_CHECKING:
    from simulator.stations.firmware import Update
    from simulator.stations.logs import Upload
    from simulator.stations.reader import Then
    from simulator.stations.station import Station

_METER = (Trigger.METER_VALUE_PERIODIC, Trigger.METER_VALUE_CLOCK)


class Dialect16(Dialect):
    """EVSE n is connector n; connector 0 is the whole station."""

    violation_code: ClassVar[str] = "FormationViolation"
    invalid_certificate: ClassVar[str] = "InvalidChargePointCertificate"

    def __init__(self, station: Station) -> None:
        super().__init__(station)
        self._commands = Commands16(station, self)

    def handlers(self) -> dict[str, Handler]:
        return self._commands.handlers()

    def boot(self, at: datetime, *, is_triggered: bool = False) -> None:
        spec = self.station.spec
        payload = without_none(
            {
                "chargePointVendor": spec.vendor[:20],
                "chargePointModel": spec.model[:20],
                "chargePointSerialNumber": spec.serial[:25] or None,
                "firmwareVersion": self.station.firmware.version[:50] or None,
                "meterType": "DC-Meter" if spec.is_dc else "MID 3p",
            }
        )
        self.say(
            "BootNotification",
            payload,
            is_triggered=True,
            on_answer=self.boot_told,
            on_failure=lambda code, when: self.station.retry_boot(self.station.settings.boot_retry_s, when),
        )

    # --- connectors

    def status_of(self, evse: Evse) -> str:
        return wire.status(evse)

    def say_all(self, at: datetime) -> None:
        self.say_station(at)
        for evse in self.station.cabinet.evses.values():
            self.said[evse.number] = self.status_of(evse) + evse.fault
            self.say_connector(evse, at)

    def say_station(self, at: datetime, *, is_triggered: bool = False) -> None:
        """Connector 0: only Available, Unavailable or Faulted (section 6.47)."""
        status = "Available" if self.station.cabinet.is_operative else "Unavailable"
        payload = {
            "connectorId": 0,
            "errorCode": "NoError",
            "status": status,
            "timestamp": self.station.clock.stamp(at),
        }
        self.say("StatusNotification", payload, is_triggered=is_triggered)

    def say_connector(self, evse: Evse, at: datetime, *, is_triggered: bool = False) -> None:
        payload = without_none(
            {
                "connectorId": evse.number,
                "errorCode": wire.error_code(evse.fault),
                "info": evse.fault_info[:50] or None,
                "status": self.status_of(evse),
                "timestamp": self.station.clock.stamp(at),
                "vendorErrorCode": evse.fault[:50] or None,
            }
        )
        self.say("StatusNotification", payload, is_triggered=is_triggered)

    # --- authorization

    def authorize(self, token: Token, at: datetime, then: Then) -> None:
        self.ask("Authorize", {"idTag": token.uid}, token, then, key="idTagInfo")

    @staticmethod
    def verdict(info: Payload) -> Verdict:
        return Verdict(str(info.get("status", "Invalid")), str(info.get("parentIdTag") or ""))

    # --- transactions

    def started(self, evse: Evse, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        payload = without_none(
            {
                "connectorId": evse.number,
                "idTag": transaction.token.uid if transaction.token else "",
                "meterStart": transaction.meter_start_wh,
                "reservationId": transaction.reservation_number,
                "timestamp": self.station.clock.stamp(sample.at),
            }
        )

        def answered(reply: Payload, at: datetime) -> None:
            transaction.number = reply.get("transactionId")
            self._judge(evse, transaction, self.verdict(reply.get("idTagInfo") or {}), at)

        def failed(code: str, at: datetime) -> None:
            self.station.note("lost", at, evse.number, f"StartTransaction: {code}")

        self.station.note("started", sample.at, evse.number, transaction.transaction_id)
        self.say("StartTransaction", payload, is_durable=True, on_answer=answered, on_failure=failed)

    def _judge(self, evse: Evse, transaction: Transaction, verdict: Verdict, at: datetime) -> None:
        """A token refused after the fact ends the session, if it still runs."""
        if transaction.token is not None:
            self.station.tokens.remember(transaction.token, verdict)
        transaction.group = verdict.group or transaction.group
        is_running = evse.transaction is transaction
        if is_running and not verdict.is_accepted and self.station.settings.stop_on_invalid_token:
            self.station.note("refused", at, evse.number, verdict.status)
            self.station.cabinet.stop(evse.number, StopReason.DEAUTHORIZED, Trigger.DEAUTHORIZED, at)

    def updated(self, evse: Evse, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        """1.6 tells states by StatusNotification; only the meter speaks here."""
        self.note_state(transaction, trigger, sample)
        if trigger in _METER:
            self.say_meter(evse, sample)

    def say_meter(self, evse: Evse, sample: Sample, *, is_triggered: bool = False) -> None:
        """MeterValues; the transaction's number is filled in when it leaves, for it may come late."""
        transaction = evse.transaction
        value = {
            "timestamp": self.station.clock.stamp(sample.at),
            "sampledValue": wire.sampled_values(sample, self.station.settings),
        }

        def payload() -> Payload:
            number = transaction.number if transaction else None
            return without_none({"connectorId": evse.number, "transactionId": number, "meterValue": [value]})

        is_durable = transaction is not None and sample.context is not Context.TRIGGER
        self.say("MeterValues", payload, is_durable=is_durable, is_triggered=is_triggered)

    def ended(self, evse: Evse, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        stamp = self.station.clock.stamp(sample.at)

        def payload() -> Payload:
            return without_none(
                {
                    "idTag": transaction.stopped_by.uid if transaction.stopped_by else None,
                    "meterStop": transaction.meter_end_wh,
                    "reason": wire.REASONS[transaction.stop_reason or StopReason.LOCAL],
                    "timestamp": stamp,
                    # The start was never acknowledged: -1 says so (errata 3.18).
                    "transactionId": -1 if transaction.number is None else transaction.number,
                }
            )

        def failed(code: str, at: datetime) -> None:
            self.station.note("lost", at, evse.number, f"StopTransaction: {code}")

        self.station.note("ended", sample.at, evse.number, str(transaction.stop_reason))
        self.say("StopTransaction", payload, is_durable=True, on_failure=failed)

    # --- upkeep

    def say_firmware(self, word: str, update: Update | None, *, on_answer: OnAnswer | None = None) -> None:
        """The whitepaper's message for what it asked, the core's few words for the rest."""
        if update is not None and update.request_id is not None:
            payload = {"status": word, "requestId": update.request_id}
            self.say("SignedFirmwareStatusNotification", payload, is_triggered=True, on_answer=on_answer)
        elif core_word := wire.FIRMWARE.get(word):
            self.say(
                "FirmwareStatusNotification", {"status": core_word}, is_triggered=True, on_answer=on_answer
            )

    def say_log(self, word: str, upload: Upload | None) -> None:
        """GetDiagnostics is answered with the core's words, GetLog with the whitepaper's."""
        if upload is not None and not upload.is_plain:
            payload = {"status": word, "requestId": upload.request_id}
            self.say("LogStatusNotification", payload, is_triggered=True)
        elif core_word := wire.DIAGNOSTICS.get(word):
            self.say("DiagnosticsStatusNotification", {"status": core_word}, is_triggered=True)

    def reservation_ended(self, reservation: Reservation, why: str, at: datetime) -> None:
        """1.6 tells it by the connector's status alone."""
        self.station.note("reservation", at, 0, why)

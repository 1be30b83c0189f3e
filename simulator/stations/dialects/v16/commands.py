"""A station that speaks OCPP 1.6J: what it does when asked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from simulator.stations import keeping, upkeep
from simulator.stations.clock import parse_instant
from simulator.stations.dialects import charging
from simulator.stations.dialects.base import Handler
from simulator.stations.dialects.v16 import configuration, wire
from simulator.stations.dialects.v16.upkeep import Upkeep16
from simulator.stations.evse import Evse, Reservation
from simulator.stations.frames import Payload
from simulator.stations.logs import Upload
from simulator.stations.profiles import Profile
from simulator.stations.words import Context, StopReason, Token, Trigger

if TYPE_CHECKING:
    from simulator.stations.dialects.v16.dialect import Dialect16
    from simulator.stations.station import Station


class Commands16:
    """Handlers by action (1.6 chapter 5). Payloads were judged by the schema before."""

    def __init__(self, station: Station, dialect: Dialect16) -> None:
        self._station, self._dialect = station, dialect
        self._upkeep = Upkeep16(station, dialect)

    def handlers(self) -> dict[str, Handler]:
        extended: dict[str, Handler] = {"ExtendedTriggerMessage": self.extended_trigger_message}
        known = self._station.settings.has_security_extension
        return (
            self._upkeep.handlers()
            | (extended if known else {})
            | {
                "CancelReservation": self.cancel_reservation,
                "ChangeAvailability": self.change_availability,
                "ChangeConfiguration": self.change_configuration,
                "ClearChargingProfile": self.clear_charging_profile,
                "DataTransfer": self.data_transfer,
                "GetCompositeSchedule": self.get_composite_schedule,
                "GetConfiguration": self.get_configuration,
                "RemoteStartTransaction": self.remote_start,
                "RemoteStopTransaction": self.remote_stop,
                "ReserveNow": self.reserve_now,
                "Reset": self.reset,
                "SetChargingProfile": self.set_charging_profile,
                "TriggerMessage": self.trigger_message,
                "UnlockConnector": self.unlock_connector,
            }
        )

    # --- sessions

    def remote_start(self, request: Payload, at: datetime) -> Payload:
        token = Token(request["idTag"], "Central")
        try:
            profile = self._profile(request["chargingProfile"], 0) if "chargingProfile" in request else None
        except charging.Refused:
            return {"status": "Rejected"}
        evse = charging.remote_start(self._station, request.get("connectorId"), token, at, profile=profile)
        return {"status": "Accepted" if evse is not None else "Rejected"}

    def _profile(self, data: Payload, connector: int) -> Profile:
        """A remote start may only bring a TxProfile (section 5.11)."""
        profile = self._read_profile(data, connector)
        if profile.purpose != "session":
            raise charging.Refused(data["chargingProfilePurpose"])
        charging.check(self._station, profile)
        return profile

    def remote_stop(self, request: Payload, at: datetime) -> Payload:
        for evse, transaction in self._station.cabinet.transactions():
            if transaction.number == request["transactionId"]:
                self._station.cabinet.stop(evse.number, StopReason.REMOTE, Trigger.REMOTE_STOP, at)
                return {"status": "Accepted"}
        return {"status": "Rejected"}

    def unlock_connector(self, request: Payload, at: datetime) -> Payload:
        evse = self._station.cabinet.evses.get(request["connectorId"])
        if evse is None or evse.spec.current == "DC":
            return {"status": "NotSupported"}
        if not self._station.settings.unlock_works:
            return {"status": "UnlockFailed"}
        self._station.cabinet.stop(evse.number, StopReason.UNLOCK, Trigger.UNLOCK_COMMAND, at)
        return {"status": "Unlocked"}

    # --- reservations

    def reserve_now(self, request: Payload, at: datetime) -> Payload:
        reservation = Reservation(
            number=request["reservationId"],
            token=Token(request["idTag"]),
            group=request.get("parentIdTag", ""),
            expires_at=parse_instant(request["expiryDate"]),
        )
        return {"status": keeping.reserve(self._station.cabinet, request["connectorId"], reservation, at)}

    def cancel_reservation(self, request: Payload, at: datetime) -> Payload:
        was_there = keeping.cancel_reservation(self._station.cabinet, request["reservationId"], at)
        return {"status": "Accepted" if was_there else "Rejected"}

    # --- the station

    def reset(self, request: Payload, at: datetime) -> Payload:
        is_hard = request["type"] == "Hard"
        self._station.power.restart(at, is_hard=is_hard)
        return {"status": "Accepted"}

    def change_availability(self, request: Payload, at: datetime) -> Payload:
        number, is_operative = request["connectorId"], request["type"] == "Operative"
        if number and number not in self._station.cabinet.evses:
            return {"status": "Rejected"}
        status = keeping.set_operative(
            self._station.cabinet, [number] if number else [], is_operative=is_operative, at=at
        )
        if not number:
            self._dialect.say_station(at)
        return {"status": status}

    def trigger_message(self, request: Payload, at: datetime) -> Payload:
        number = request.get("connectorId")
        if number and number not in self._station.cabinet.evses:
            return {"status": "Rejected"}
        match request["requestedMessage"]:
            case "BootNotification":
                self._dialect.boot(at, is_triggered=True)
            case "Heartbeat":
                self._dialect.heartbeat(at, is_triggered=True)
            case "StatusNotification":
                self._say_status(number, at)
            case "MeterValues":
                for evse in self._chosen(number):
                    self._dialect.say_meter(evse, evse.sample(at, Context.TRIGGER), is_triggered=True)
            case "FirmwareStatusNotification":
                self._dialect.say_firmware(upkeep.last_firmware_word(self._station), None)
            case "DiagnosticsStatusNotification":
                self._dialect.say_log(upkeep.last_log_word(self._station), None)
            case _:
                return {"status": "NotImplemented"}
        return {"status": "Accepted"}

    def extended_trigger_message(self, request: Payload, at: datetime) -> Payload:
        """The whitepaper's; its own two, and all the others."""
        station = self._station
        match request["requestedMessage"]:
            case "LogStatusNotification":
                upload = station.logs.upload or Upload(url="", request_id=0)
                self._dialect.say_log(upkeep.last_log_word(station), upload)
            case "FirmwareStatusNotification":
                self._dialect.say_firmware(upkeep.last_firmware_word(station), station.firmware.update)
            case "SignChargePointCertificate":
                self._upkeep.sign_certificate()
            case _:
                return self.trigger_message(request, at)
        return {"status": "Accepted"}

    def _say_status(self, number: int | None, at: datetime) -> None:
        if not number:
            self._dialect.say_station(at, is_triggered=True)
        for evse in self._chosen(number) if number != 0 else []:
            self._dialect.say_connector(evse, at, is_triggered=True)

    def _chosen(self, number: int | None) -> list[Evse]:
        evses = self._station.cabinet.evses
        return [evses[number]] if number else list(evses.values())

    # --- configuration

    def get_configuration(self, request: Payload, at: datetime) -> Payload:
        return configuration.read(self._station, request.get("key", []))

    def change_configuration(self, request: Payload, at: datetime) -> Payload:
        return {"status": configuration.write(self._station, request["key"], request["value"])}

    def data_transfer(self, request: Payload, at: datetime) -> Payload:
        return {"status": "UnknownVendorId"}

    # --- power

    def set_charging_profile(self, request: Payload, at: datetime) -> Payload:
        profile = self._read_profile(request["csChargingProfiles"], request["connectorId"])
        try:
            charging.install(self._station, profile, at)
        except charging.Refused as error:
            self._station.note("refused", at, profile.evse, f"profile: {error}")
            return {"status": "Rejected"}
        return {"status": "Accepted"}

    @staticmethod
    def _read_profile(data: Payload, connector: int) -> Profile:
        return charging.read_profile(
            data,
            data["chargingSchedule"],
            profile_id=data["chargingProfileId"],
            purpose=wire.PURPOSES[data["chargingProfilePurpose"]],
            evse=connector,
        )

    def clear_charging_profile(self, request: Payload, at: datetime) -> Payload:
        purpose = request.get("chargingProfilePurpose")
        found = charging.clear(
            self._station,
            at,
            profile_id=request.get("id"),
            evse=request.get("connectorId"),
            purpose=wire.PURPOSES[purpose] if purpose else None,
            stack_level=request.get("stackLevel"),
        )
        return {"status": "Accepted" if found else "Unknown"}

    def get_composite_schedule(self, request: Payload, at: datetime) -> Payload:
        number, duration_s = request["connectorId"], request["duration"]
        units = charging.rate_units(self._station)
        unit = request.get("chargingRateUnit", units[0])
        if unit not in units or (number and number not in self._station.cabinet.evses):
            return {"status": "Rejected"}
        steps = charging.composite(self._station.cabinet, number, at, duration_s, unit)
        stamp = self._station.clock.stamp(at)
        schedule = {
            "duration": duration_s,
            "startSchedule": stamp,
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [{"startPeriod": start, "limit": limit} for start, limit in steps],
        }
        return {
            "status": "Accepted",
            "connectorId": number,
            "scheduleStart": stamp,
            "chargingSchedule": schedule,
        }

"""A station that speaks OCPP 2.0.1: what it does when asked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from simulator.stations import keeping
from simulator.stations.clock import parse_instant
from simulator.stations.dialects import charging
from simulator.stations.dialects.base import Handler, without_none
from simulator.stations.dialects.v201.model import ModelCommands201
from simulator.stations.dialects.v201.monitors import Monitors201
from simulator.stations.dialects.v201.people import PeopleCommands201
from simulator.stations.dialects.v201.power import PowerCommands201, read_profile, rejected
from simulator.stations.dialects.v201.upkeep import Upkeep201
from simulator.stations.evse import Evse, Reservation
from simulator.stations.frames import Payload
from simulator.stations.networks import Network
from simulator.stations.profiles import Profile
from simulator.stations.words import Context, StopReason, Token, Trigger

if TYPE_CHECKING:
    from simulator.stations.dialects.v201.dialect import Dialect201
    from simulator.stations.station import Station


class Commands201:
    """Handlers by action (2.0.1 part 2). Payloads were judged by the schema before."""

    def __init__(self, station: Station, dialect: Dialect201) -> None:
        self._station, self._dialect = station, dialect
        self._upkeep = Upkeep201(station, dialect)
        self._monitors = Monitors201(station, dialect)
        self._others = (
            PowerCommands201(station),
            ModelCommands201(station, dialect),
            PeopleCommands201(station, dialect),
        )

    @property
    def next_due_at(self) -> datetime | None:
        return self._monitors.next_due_at

    def look(self, at: datetime) -> None:
        self._monitors.look(at)

    def handlers(self) -> dict[str, Handler]:
        known = self._own() | self._upkeep.handlers() | self._monitors.handlers()
        for others in self._others:
            known |= others.handlers()
        return known

    def _own(self) -> dict[str, Handler]:
        return {
            "CancelReservation": self.cancel_reservation,
            "ChangeAvailability": self.change_availability,
            "DataTransfer": self.data_transfer,
            "GetTransactionStatus": self.get_transaction_status,
            "RequestStartTransaction": self.request_start,
            "RequestStopTransaction": self.request_stop,
            "ReserveNow": self.reserve_now,
            "Reset": self.reset,
            "SetNetworkProfile": self.set_network_profile,
            "TriggerMessage": self.trigger_message,
            "UnlockConnector": self.unlock_connector,
        }

    # --- sessions

    def request_start(self, request: Payload, at: datetime) -> Payload:
        given = request["idToken"]
        token = Token(given["idToken"], given["type"])
        try:
            profile = self._start_profile(request)
        except charging.Refused as error:
            return rejected("InvalidProfile", str(error))
        evse = charging.remote_start(
            self._station,
            request.get("evseId"),
            token,
            at,
            group=(request.get("groupIdToken") or {}).get("idToken", ""),
            remote_start_id=request["remoteStartId"],
            profile=profile,
        )
        if evse is None:
            return rejected("Occupied")
        transaction = evse.transaction
        transaction_id = transaction.transaction_id if transaction else None
        return without_none({"status": "Accepted", "transactionId": transaction_id})

    def _start_profile(self, request: Payload) -> Profile | None:
        data = request.get("chargingProfile")
        if data is None:
            return None
        profile = read_profile(data, 0)
        if profile.purpose != "session":
            raise charging.Refused(data["chargingProfilePurpose"])
        charging.check(self._station, profile)
        return profile

    def request_stop(self, request: Payload, at: datetime) -> Payload:
        for evse, transaction in self._station.cabinet.transactions():
            if transaction.transaction_id == request["transactionId"]:
                self._station.cabinet.stop(evse.number, StopReason.REMOTE, Trigger.REMOTE_STOP, at)
                return {"status": "Accepted"}
        return rejected("TxNotFound")

    def get_transaction_status(self, request: Payload, at: datetime) -> Payload:
        wanted = request.get("transactionId")
        running = {item.transaction_id for _, item in self._station.cabinet.transactions()}
        waiting = [_transaction_of(message.payload) for message in self._station.link.backlog]
        if wanted is None:
            return {"messagesInQueue": bool(waiting)}
        return {"ongoingIndicator": wanted in running, "messagesInQueue": wanted in waiting}

    def unlock_connector(self, request: Payload, at: datetime) -> Payload:
        evse = self._station.cabinet.evses.get(request["evseId"])
        if evse is None or request["connectorId"] != 1:
            return {"status": "UnknownConnector"}
        if evse.transaction is not None and evse.permit is not None:
            return {"status": "OngoingAuthorizedTransaction"}
        works = self._station.settings.unlock_works and evse.spec.current == "AC"
        return {"status": "Unlocked" if works else "UnlockFailed"}

    # --- reservations

    def reserve_now(self, request: Payload, at: datetime) -> Payload:
        """Without an EVSE: not supported (ReservationCtrlr.NonEvseSpecific is false, H01.FR.19)."""
        if "evseId" not in request:
            return rejected("UnspecifiedEvse")
        given = request["idToken"]
        reservation = Reservation(
            number=request["id"],
            token=Token(given["idToken"], given["type"]),
            group=(request.get("groupIdToken") or {}).get("idToken", ""),
            expires_at=parse_instant(request["expiryDateTime"]),
        )
        return {"status": keeping.reserve(self._station.cabinet, request["evseId"], reservation, at)}

    def cancel_reservation(self, request: Payload, at: datetime) -> Payload:
        was_there = keeping.cancel_reservation(self._station.cabinet, request["reservationId"], at)
        return {"status": "Accepted"} if was_there else rejected("NotFound")

    # --- the station

    def reset(self, request: Payload, at: datetime) -> Payload:
        if "evseId" in request:
            return self._reset_evse(request["evseId"], at)
        is_hard = request["type"] == "Immediate"
        if not is_hard and any(self._station.cabinet.transactions()):
            self._station.power.restart_when_idle(at)
            return {"status": "Scheduled"}
        self._station.power.restart(at, is_hard=is_hard)
        return {"status": "Accepted"}

    def _reset_evse(self, number: int, at: datetime) -> Payload:
        if number not in self._station.cabinet.evses:
            return rejected("UnknownEvse")
        self._station.cabinet.stop(number, StopReason.IMMEDIATE_RESET, Trigger.RESET_COMMAND, at)
        return {"status": "Accepted"}

    def change_availability(self, request: Payload, at: datetime) -> Payload:
        number = (request.get("evse") or {}).get("id", 0)
        if number and number not in self._station.cabinet.evses:
            return rejected("UnknownEvse")
        status = keeping.set_operative(
            self._station.cabinet,
            [number] if number else [],
            is_operative=request["operationalStatus"] == "Operative",
            at=at,
        )
        return {"status": status}

    def trigger_message(self, request: Payload, at: datetime) -> Payload:
        number = (request.get("evse") or {}).get("id")
        if number and number not in self._station.cabinet.evses:
            return rejected("UnknownEvse")
        evses = self._chosen(number)
        match request["requestedMessage"]:
            case "BootNotification":
                self._dialect.boot(at, is_triggered=True)
            case "Heartbeat":
                self._dialect.heartbeat(at, is_triggered=True)
            case "StatusNotification":
                for evse in evses:
                    self._dialect.say_connector(evse, at, is_triggered=True)
            case "MeterValues":
                for evse in evses:
                    self._dialect.say_meter(evse, evse.sample(at, Context.TRIGGER), is_triggered=True)
            case "TransactionEvent":
                return self._trigger_transactions(evses, at)
            case other if not self._upkeep.trigger(other):
                return {"status": "NotImplemented"}
        return {"status": "Accepted"}

    def _trigger_transactions(self, evses: list[Evse], at: datetime) -> Payload:
        running = [evse for evse in evses if evse.transaction is not None]
        for evse in running:
            if evse.transaction is not None:
                self._dialect.updated(
                    evse, evse.transaction, Trigger.TRIGGER, evse.sample(at, Context.TRIGGER)
                )
        return {"status": "Accepted"} if running else rejected("NoTransaction")

    def _chosen(self, number: int | None) -> list[Evse]:
        evses = self._station.cabinet.evses
        return [evses[number]] if number else list(evses.values())

    def set_network_profile(self, request: Payload, at: datetime) -> Payload:
        """B09: used from the next boot on, when its slot is preferred."""
        wanted = request["connectionData"]
        network = Network(url=wanted["ocppCsmsUrl"], security_profile=wanted["securityProfile"])
        is_kept = self._station.networks.keep(
            request["configurationSlot"], network, present_profile=self._station.settings.security_profile
        )
        return {"status": "Accepted" if is_kept else "Rejected"}

    # --- the rest

    def data_transfer(self, request: Payload, at: datetime) -> Payload:
        return {"status": "UnknownVendorId"}


def _transaction_of(payload: Any) -> str:
    is_event = isinstance(payload, dict) and "transactionInfo" in payload
    return str(payload["transactionInfo"]["transactionId"]) if is_event else ""

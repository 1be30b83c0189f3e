"""A station that speaks OCPP 2.1: it says what it says in 2.0.1, and understands a few requests more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from simulator.stations.dialects.base import Handler
from simulator.stations.dialects.v21 import limits
from simulator.stations.dialects.v21.tariffs import Tariffs21
from simulator.stations.dialects.v201.dialect import Dialect201
from simulator.stations.dialects.v201.power import rejected
from simulator.stations.evse import Evse, Transaction
from simulator.stations.frames import Payload
from simulator.stations.words import Context, Trigger

if TYPE_CHECKING:
    from simulator.stations.station import Station

_RENEGOTIATION_S: Final = 2.0
_ABLE: Final = {"AC": ("AC_three_phase", "AC_two_phase", "AC_single_phase"), "DC": ("DC",)}
"""What its cars can do, the best first: nobody feeds back."""


class Dialect21(Dialect201):
    """It keeps tariffs without reckoning, has no priority profile and no dynamic ones, and says so."""

    def __init__(self, station: Station) -> None:
        super().__init__(station)
        self._tariffs = Tariffs21(station, self)

    def handlers(self) -> dict[str, Handler]:
        return {
            **super().handlers(),
            **self._tariffs.handlers(),
            "CostUpdated": self._cost_updated,
            "NotifyAllowedEnergyTransfer": self._allow_energy_transfer,
            "NotifyWebPaymentStarted": self._web_payment_started,
            "RequestStartTransaction": self._request_start,
            "UpdateDynamicSchedule": self._update_dynamic_schedule,
            "UsePriorityCharging": self._use_priority,
        }

    def _allow_energy_transfer(self, request: Payload, at: datetime) -> Payload:
        """Q02.FR.06: the car is asked again what it wants; Q02.FR.07: and that is told."""
        evse = self._evse_of(request["transactionId"])
        if evse is None:
            return rejected("TxNotFound")
        able = [mode for mode in _ABLE[evse.spec.current] if mode in request["allowedEnergyTransfer"]]
        if able:
            self.station.at(at + timedelta(seconds=_RENEGOTIATION_S), lambda due: self._say_needs(evse, able))
        return {"status": "Accepted"}

    def _say_needs(self, evse: Evse, able: list[str]) -> None:
        needs = {"requestedEnergyTransfer": able[0], "availableEnergyTransfer": able}
        self.say("NotifyEVChargingNeeds", {"evseId": evse.number, "chargingNeeds": needs})

    def _update_dynamic_schedule(self, request: Payload, at: datetime) -> Payload:
        """K28.FR.11."""
        return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}}

    def _use_priority(self, request: Payload, at: datetime) -> Payload:
        """K21.FR.01, K21.FR.02."""
        is_running = self._evse_of(request["transactionId"]) is not None
        return {"status": "NoProfile" if is_running else "Rejected"}

    def _evse_of(self, transaction_id: str) -> Evse | None:
        running = self.station.cabinet.transactions()
        return next((evse for evse, item in running if item.transaction_id == transaction_id), None)

    # --- paying on the web

    def _web_payment_started(self, request: Payload, at: datetime) -> Payload:
        """C25.FR.22, FR.27."""
        self.station.web_payments.keep(request["evseId"], at + timedelta(seconds=request["timeout"]))
        return {}

    def _request_start(self, request: Payload, at: datetime) -> Payload:
        """What was awaited has come: the place is as free as any other afterwards (C25.FR.22)."""
        self.station.web_payments.release(request.get("evseId", 0))
        return super().handlers()["RequestStartTransaction"](request, at)

    # --- limits

    def event_answered(self, evse: Evse, transaction: Transaction, reply: Payload, at: datetime) -> None:
        """A new limit is kept, and said again once (E16.FR.03)."""
        asked = reply.get("transactionLimit", {})
        known = {word: value for word, value in asked.items() if word in limits.SUPPORTED}
        if evse.transaction is not transaction or known.items() <= transaction.limits.items():
            return
        transaction.limits |= known
        transaction.limits_to_tell, transaction.is_spent = True, False
        self.updated(evse, transaction, Trigger.LIMIT_SET, evse.sample(at, Context.TRIGGER))
        self.station.cabinet.review(at)

    def _info(self, kind: str, evse: Evse, transaction: Transaction) -> Payload:
        info = super()._info(kind, evse, transaction) | self._tariffs.told_with(kind, evse, transaction)
        if not transaction.limits_to_tell:
            return info
        transaction.limits_to_tell = False
        return {**info, "transactionLimit": dict(transaction.limits)}

    def _cost_updated(self, request: Payload, at: datetime) -> Payload:
        """E16.FR.15: the central system's cost is what counts."""
        for _, transaction in self.station.cabinet.transactions():
            if transaction.transaction_id == request["transactionId"]:
                transaction.cost = request["totalCost"]
        return super().handlers()["CostUpdated"](request, at)

    def look(self, at: datetime) -> None:
        super().look(at)
        for evse, transaction in list(self.station.cabinet.transactions()):
            evse.settle(at)
            trigger = None if transaction.is_spent else limits.reached(evse, transaction, at)
            if trigger is not None:
                self._suspend(evse, transaction, trigger, at)

    def _suspend(self, evse: Evse, transaction: Transaction, trigger: Trigger, at: datetime) -> None:
        """E16.FR.05: no more energy; the transaction lasts until somebody ends it."""
        transaction.is_spent, transaction.told_state = True, "SuspendedEVSE"
        self.station.cabinet.review(at)
        self.updated(evse, transaction, trigger, evse.sample(at, Context.TRIGGER))

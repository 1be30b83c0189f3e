"""A station that speaks OCPP 2.1: it says what it says in 2.0.1, and understands a few requests more."""

from __future__ import annotations

from datetime import datetime, timedelta

from simulator.stations.dialects.base import Handler
from simulator.stations.dialects.v21 import limits
from simulator.stations.dialects.v201.dialect import Dialect201
from simulator.stations.evse import Evse, Transaction
from simulator.stations.frames import Payload
from simulator.stations.words import Context, Trigger


class Dialect21(Dialect201):
    """It reckons with no tariffs, has no priority profile and no dynamic ones, and says so."""

    def handlers(self) -> dict[str, Handler]:
        return {
            **super().handlers(),
            "ClearTariffs": self._clear_tariffs,
            "CostUpdated": self._cost_updated,
            "GetTariffs": self._get_tariffs,
            "NotifyWebPaymentStarted": self._web_payment_started,
            "RequestStartTransaction": self._request_start,
            "UpdateDynamicSchedule": self._update_dynamic_schedule,
            "UsePriorityCharging": self._use_priority,
        }

    def _clear_tariffs(self, request: Payload, at: datetime) -> Payload:
        """I10.FR.06: there are none."""
        return {"clearTariffsResult": [{"status": "NoTariff"}]}

    def _get_tariffs(self, request: Payload, at: datetime) -> Payload:
        """I09.FR.03."""
        return {"status": "NoTariff"}

    def _update_dynamic_schedule(self, request: Payload, at: datetime) -> Payload:
        """K28.FR.11."""
        return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}}

    def _use_priority(self, request: Payload, at: datetime) -> Payload:
        """K21.FR.01, K21.FR.02."""
        wanted = request["transactionId"]
        is_running = any(item.transaction_id == wanted for _, item in self.station.cabinet.transactions())
        return {"status": "NoProfile" if is_running else "Rejected"}

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
        info = super()._info(kind, evse, transaction)
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

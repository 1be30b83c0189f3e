"""A station that speaks OCPP 2.1: it says what it says in 2.0.1, and understands a few requests more."""

from __future__ import annotations

from datetime import datetime

from simulator.stations.dialects.base import Handler
from simulator.stations.dialects.v201.dialect import Dialect201
from simulator.stations.frames import Payload


class Dialect21(Dialect201):
    """It reckons with no tariffs, has no priority profile and no dynamic ones, and says so."""

    def handlers(self) -> dict[str, Handler]:
        return {
            **super().handlers(),
            "ClearTariffs": self._clear_tariffs,
            "GetTariffs": self._get_tariffs,
            "NotifyWebPaymentStarted": self._web_payment_started,
            "UpdateDynamicSchedule": self._update_dynamic_schedule,
            "UsePriorityCharging": self._use_priority,
        }

    def _clear_tariffs(self, request: Payload, at: datetime) -> Payload:
        """I10.FR.06: there are none."""
        return {"clearTariffsResult": [{"status": "NoTariff"}]}

    def _get_tariffs(self, request: Payload, at: datetime) -> Payload:
        """I09.FR.03."""
        return {"status": "NoTariff"}

    def _web_payment_started(self, request: Payload, at: datetime) -> Payload:
        """C25.FR.27."""
        return {}

    def _update_dynamic_schedule(self, request: Payload, at: datetime) -> Payload:
        """K28.FR.11."""
        return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}}

    def _use_priority(self, request: Payload, at: datetime) -> Payload:
        """K21.FR.01, K21.FR.02."""
        wanted = request["transactionId"]
        is_running = any(item.transaction_id == wanted for _, item in self.station.cabinet.transactions())
        return {"status": "NoProfile" if is_running else "Rejected"}

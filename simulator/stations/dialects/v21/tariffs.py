"""Tariffs that a 2.1 station keeps and names (I07 to I11). It does not reckon with them.

A default tariff is of one EVSE; a charge carries the one that was valid when it was authorized, or
what it was changed to, and tells its id once. Both survive a power cut (I07.FR.13).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from simulator.stations.clock import parse_instant
from simulator.stations.dialects.base import Handler, without_none
from simulator.stations.dialects.v201.power import rejected
from simulator.stations.evse import Evse, Transaction
from simulator.stations.frames import Payload
from simulator.stations.words import Context, Trigger

if TYPE_CHECKING:
    from simulator.stations.dialects.v21.dialect import Dialect21
    from simulator.stations.station import Station

MAX_ELEMENTS: Final = 10
_MEMORY: Final = "TariffCostCtrlr"
_PRICED: Final = ("energy", "chargingTime", "idleTime", "fixedFee", "reservationTime", "reservationFixed")


class Tariffs21:
    """`_defaults`: by EVSE, oldest first. `_used`: by transaction; `_told`: those whose id was said."""

    def __init__(self, station: Station, dialect: Dialect21) -> None:
        self._station, self._dialect = station, dialect

    def handlers(self) -> dict[str, Handler]:
        return {
            "ChangeTransactionTariff": self.change,
            "ClearTariffs": self.clear,
            "GetTariffs": self.list_all,
            "SetDefaultTariff": self.set_default,
        }

    # --- asked

    def set_default(self, request: Payload, at: datetime) -> Payload:
        """I07.FR.02 to I07.FR.12."""
        tariff, number = request["tariff"], request["evseId"]
        evses = self._station.cabinet.evses
        if number and number not in evses:
            return rejected("UnknownEvse")
        if _elements(tariff) > MAX_ELEMENTS:
            return {"status": "TooManyElements"}
        memory = self._recall()
        if any(tariff["tariffId"] == kept["tariffId"] for _, kept in _installed(memory)):
            return {"status": "DuplicateTariffId"}
        for chosen in [number] if number else list(evses):
            memory["defaults"].setdefault(str(chosen), []).append(tariff)
        self._keep(memory, at)
        return {"status": "Accepted"}

    def change(self, request: Payload, at: datetime) -> Payload:
        """I11.FR.02 to I11.FR.07; what was charged so far is not reckoned anew (I11.FR.08)."""
        tariff, wanted = request["tariff"], request["transactionId"]
        found = self._running(wanted)
        if found is None:
            return {"status": "TxNotFound"}
        if _elements(tariff) > MAX_ELEMENTS:
            return {"status": "TooManyElements"}
        memory = self._recall()
        former = memory["used"].get(wanted)
        if former and former["currency"] != tariff["currency"]:
            return {"status": "NoCurrencyChange"}
        memory["used"][wanted] = {**tariff, "told": False}
        self._keep(memory, at)
        self._tell_change(*found, at)
        return {"status": "Accepted"}

    def _tell_change(self, evse: Evse, transaction: Transaction, at: datetime) -> None:
        self._dialect.updated(evse, transaction, Trigger.TARIFF_CHANGED, evse.sample(at, Context.TRIGGER))

    def list_all(self, request: Payload, at: datetime) -> Payload:
        """I09.FR.01 to I09.FR.07."""
        memory, number = self._current(at), request["evseId"]
        wheres = [(evse, one, "DefaultTariff") for evse, one in _installed(memory)]
        wheres += [(evse, one, "DriverTariff") for evse, one in self._driving(memory)]
        found: dict[tuple[str, str], Payload] = {}
        for evse, tariff, kind in wheres:
            if number in (0, evse):
                shown = found.setdefault((kind, tariff["tariffId"]), _assignment(tariff, kind))
                shown["evseIds"].append(evse)
        if not found:
            return {"status": "NoTariff"}
        return {"status": "Accepted", "tariffAssignments": list(found.values())}

    def clear(self, request: Payload, at: datetime) -> Payload:
        """I10.FR.01 to I10.FR.07: a charge that uses one goes on with it."""
        memory, number, ids = self._current(at), request.get("evseId"), request.get("tariffIds")
        cleared: dict[str, None] = {}
        for evse, tariff in list(_installed(memory)):
            if number in (None, 0, evse) and (ids is None or tariff["tariffId"] in ids):
                memory["defaults"][str(evse)].remove(tariff)
                cleared[tariff["tariffId"]] = None
        self._keep(memory, at)
        if not cleared:
            return {"clearTariffsResult": [{"status": "NoTariff"}]}
        return {"clearTariffsResult": [{"tariffId": name, "status": "Accepted"} for name in cleared]}

    # --- told with a charge

    def told_with(self, kind: str, evse: Evse, transaction: Transaction) -> Payload:
        """`tariffId`, once, when a tariff holds for the charge and its driver is known (I07.FR.32)."""
        at = self._station.now
        memory, key = self._current(at), transaction.transaction_id
        tariff = memory["used"].get(key)
        if tariff is None and transaction.token is not None:
            tariff = _valid(memory["defaults"].get(str(evse.number), []), at)
            memory["used"] |= {key: {**tariff, "told": False}} if tariff else {}
        if tariff is None:
            return {}
        was_told = memory["used"][key]["told"]
        memory["used"][key]["told"] = True
        if kind == "Ended":
            del memory["used"][key]
        self._keep(memory, at)
        return {} if was_told else {"tariffId": tariff["tariffId"]}

    # --- remembered

    def _recall(self) -> dict[str, Any]:
        kept = self._station.remembered.get(_MEMORY)
        return dict(json.loads(kept)) if kept else {"defaults": {}, "used": {}}

    def _current(self, at: datetime) -> dict[str, Any]:
        """Without those that a newer valid one has replaced (I07.FR.20 to I07.FR.23)."""
        memory = self._recall()
        memory["defaults"] = {evse: _unreplaced(kept, at) for evse, kept in memory["defaults"].items()}
        return memory

    def _keep(self, memory: dict[str, Any], at: datetime) -> None:
        memory["defaults"] = {evse: _unreplaced(kept, at) for evse, kept in memory["defaults"].items()}
        self._station.remembered[_MEMORY] = json.dumps(memory)

    def _running(self, transaction_id: str) -> tuple[Evse, Transaction] | None:
        running = self._station.cabinet.transactions()
        return next((pair for pair in running if pair[1].transaction_id == transaction_id), None)

    def _driving(self, memory: dict[str, Any]) -> Iterator[tuple[int, Payload]]:
        """Tariffs of running charges that are not their EVSE's default."""
        defaults = {tariff["tariffId"] for _, tariff in _installed(memory)}
        for evse, transaction in self._station.cabinet.transactions():
            tariff = memory["used"].get(transaction.transaction_id)
            if tariff and tariff["tariffId"] not in defaults:
                yield evse.number, tariff


def _installed(memory: dict[str, Any]) -> Iterator[tuple[int, Payload]]:
    for evse, tariffs in memory["defaults"].items():
        yield from ((int(evse), tariff) for tariff in tariffs)


def _elements(tariff: Payload) -> int:
    return sum(len(tariff[part]["prices"]) for part in _PRICED if part in tariff)


def _begins(tariff: Payload) -> datetime | None:
    return parse_instant(tariff["validFrom"]) if "validFrom" in tariff else None


def _has_begun(tariff: Payload, at: datetime) -> bool:
    begins_at = _begins(tariff)
    return begins_at is None or begins_at <= at


def _valid(tariffs: list[Payload], at: datetime) -> Payload | None:
    """The one that holds: of those that have begun the latest, of equals the newest."""
    begun = [tariff for tariff in tariffs if _has_begun(tariff, at)]
    dated = [tariff for tariff in begun if "validFrom" in tariff]
    undated = [tariff for tariff in begun if "validFrom" not in tariff]
    if not dated:
        return undated[-1] if undated else None
    latest = max(_begins(tariff) or at for tariff in dated)
    newest = [tariff for tariff in dated if _begins(tariff) == latest][-1]
    is_overtaken = bool(undated) and tariffs.index(undated[-1]) > tariffs.index(newest)
    return undated[-1] if is_overtaken else newest


def _unreplaced(tariffs: list[Payload], at: datetime) -> list[Payload]:
    valid = _valid(tariffs, at)
    return [tariff for tariff in tariffs if tariff is valid or not _has_begun(tariff, at)]


def _assignment(tariff: Payload, kind: str) -> Payload:
    shown = {"tariffId": tariff["tariffId"], "tariffKind": kind, "validFrom": tariff.get("validFrom")}
    return {**without_none(shown), "evseIds": []}

"""OCPP 2.0.1, what stations tell about power: outer limits, and what cars need (K11 to K17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core import clock
from ocpp_bridge.dialects.base import Hearing, Inbound
from ocpp_bridge.dialects.common import answer_yes_or_no, nothing, thanks
from ocpp_bridge.dialects.v201.schedules import bounds_of
from ocpp_bridge.dialects.values import as_number, instant, position, whole
from ocpp_bridge.frames import Payload
from stations.services import charging_reports, notices

Message = Mapping[str, Any]


def note_limit(station_id: int, message: Message) -> None:
    """NotifyChargingLimit (K12, K14). What a local generator adds (2.1 K27.FR.03) limits nobody."""
    limit, schedules = message["chargingLimit"], message.get("chargingSchedule", ())
    if limit.get("isLocalGeneration"):
        notices.keep_notice(station_id=station_id, kind="local_generation", body=dict(message))
        return
    charging_reports.note_limit(
        station_id=station_id,
        evse_number=position(message.get("evseId", 0)),
        source=limit["chargingLimitSource"],
        is_grid_critical=limit.get("isGridCritical"),
        schedules=schedules,
        bounds=bounds_of(schedules, told_at=clock.now()),
    )


def clear_limit(station_id: int, message: Message) -> None:
    """ClearedChargingLimit (K13)."""
    evse = message.get("evseId")
    charging_reports.clear_limit(
        station_id=station_id,
        source=message["chargingLimitSource"],
        evse_number=None if evse is None else position(evse),
    )


def note_needs(station_id: int, message: Message) -> bool:
    """NotifyEVChargingNeeds (K15, K17): brings whether somebody shares out power there."""
    needs, schedules = message["chargingNeeds"], message.get("maxScheduleTuples")
    return charging_reports.note_needs(
        station_id=station_id,
        evse_number=position(message["evseId"]),
        needs={
            "energy_transfer": needs["requestedEnergyTransfer"],
            "departure_at": instant(needs.get("departureTime")),
            "energy_wh": wanted_wh(needs),
            "soc_percent": soc_percent(needs),
            "max_schedules": None if schedules is None else position(schedules),
            "body": needs,
        },
    )


def wanted_wh(needs: Message) -> int | None:
    for parameters in ("acChargingParameters", "dcChargingParameters"):
        amount = needs.get(parameters, {}).get("energyAmount")
        if amount is not None:
            return whole(as_number(amount))
    target = needs.get("v2xChargingParameters", {}).get("evTargetEnergyRequest")
    return None if target is None else whole(as_number(target))


def soc_percent(needs: Message) -> int | None:
    state = needs.get("dcChargingParameters", {}).get("stateOfCharge")
    return None if state is None else max(0, min(int(state), 100))


def answer_needs(message: object, answers: Sequence[Any], hearing: Hearing) -> Payload:
    """Processing: a TxProfile follows (K15.FR.05, K15.FR.07). Rejected: nobody plans there (K15.FR.04)."""
    return {"status": "Processing" if hearing.brought else "Rejected"}


def note_schedule(station_id: int, message: Message) -> bool:
    """NotifyEVChargingSchedule (K15.FR.10): brings that it is taken (K15.FR.11)."""
    charging_reports.note_schedule(
        station_id=station_id,
        evse_number=position(message["evseId"]),
        schedule={"timeBase": message["timeBase"], **message["chargingSchedule"]},
    )
    return True


INBOUND: Final = {
    "ClearedChargingLimit": Inbound(nothing, thanks, errand=clear_limit),
    "NotifyChargingLimit": Inbound(nothing, thanks, errand=note_limit),
    "NotifyEVChargingNeeds": Inbound(nothing, answer_needs, errand=note_needs),
    "NotifyEVChargingSchedule": Inbound(nothing, answer_yes_or_no, errand=note_schedule),
}

"""OCPP 2.0.1, what stations report in parts, and the events of their monitors (B07, K09, N, O)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from core import clock
from ocpp_bridge.dialects.base import Facts, Inbound
from ocpp_bridge.dialects.common import nothing, thanks
from ocpp_bridge.dialects.v201 import mapping
from ocpp_bridge.dialects.v201.names import about
from ocpp_bridge.dialects.v201.variables import reported
from ocpp_bridge.dialects.values import instant, position, small, whole
from stations.facts import StatusReported
from stations.services import charging_reports, device, messages, monitoring, reports

Message = Mapping[str, Any]

CONNECTOR, STATION = "Connector", "ChargingStation"
AVAILABILITY: Final = "AvailabilityState"


def note_part(station_id: int, kind: str, message: Message, text: str = "") -> None:
    """Count this part; `tbc` false or missing: it is the last one."""
    seq_no = message.get("seqNo")
    reports.note_part(
        station_id=station_id,
        kind=kind,
        request_number=whole(message["requestId"]) or 0,
        seq_no=None if seq_no is None else position(seq_no),
        is_last=not message.get("tbc", False),
        text=text,
    )


def store_report(station_id: int, message: Message) -> None:
    """NotifyReport (B07, B08): the settings first, so that a complete report finds them all."""
    device.store_variables(station_id=station_id, variables=list(reported(message.get("reportData", ()))))
    note_part(station_id, "variables", message)


# --- monitors and events -----------------------------------------------------------------------


def store_monitors(station_id: int, message: Message) -> None:
    """NotifyMonitoringReport (N02)."""
    monitoring.store_monitors(station_id=station_id, monitors=list(monitors(message)))
    note_part(station_id, "monitors", message)


def monitors(message: Message) -> Iterator[dict[str, Any]]:
    for entry in message.get("monitor", ()):
        for monitor in entry["variableMonitoring"]:
            yield {
                **about(entry["component"], entry["variable"]),
                "number": whole(monitor["id"]),
                "kind": monitor["type"],
                "value": monitor["value"],
                "severity": severity(monitor["severity"]),
                "is_transactional": monitor["transaction"],
                "origin": monitor.get("eventNotificationType", ""),
            }


def severity(value: int) -> int:
    return max(0, min(value, 9))


def store_events(station_id: int, message: Message) -> None:
    """NotifyEvent (N07, N08)."""
    monitoring.record_events(station_id=station_id, events=[event(data) for data in message["eventData"]])


def event(data: Message) -> dict[str, Any]:
    level = data.get("severity")
    return {
        **about(data["component"], data["variable"]),
        "number": whole(data["eventId"]),
        "happened_at": instant(data["timestamp"]) or clock.now(),
        "trigger": data["trigger"],
        "origin": data["eventNotificationType"],
        "severity": None if level is None else severity(level),
        "value": data["actualValue"],
        "is_cleared": data.get("cleared", False),
        "cause_number": whole(data.get("cause")),
        "monitor_number": whole(data.get("variableMonitoringId")),
        "transaction_id": data.get("transactionId", ""),
        "tech_code": data.get("techCode", ""),
        "tech_info": data.get("techInfo", ""),
    }


def availability(message: Message, at: datetime) -> Facts:
    """The state of a connector may come as an event instead of a StatusNotification (G01.FR.08)."""
    return tuple(found for data in message["eventData"] if (found := _status(data)) is not None)


def _status(data: Message) -> StatusReported | None:
    where = about(data["component"], data["variable"])
    status = mapping.STATUS.get(data["actualValue"])
    if where["variable"] != AVAILABILITY or status is None:
        return None
    is_station = where["component"] == STATION
    if not is_station and (where["component"] != CONNECTOR or not where["evse_number"]):
        return None
    return StatusReported(
        evse_number=0 if is_station else where["evse_number"],
        connector_number=0 if is_station else where["connector_number"],
        status=status,
        detail=data["actualValue"],
        reported_at=instant(data["timestamp"]),
    )


# --- texts, customers, profiles ----------------------------------------------------------------


def store_messages(station_id: int, message: Message) -> None:
    """NotifyDisplayMessages (O03, O04)."""
    messages.store_messages(
        station_id=station_id, messages=[shown(info) for info in message.get("messageInfo", ())]
    )
    note_part(station_id, "messages", message)


def shown(info: Message) -> dict[str, Any]:
    evse = (info.get("display") or {}).get("evse") or {}
    text = info["message"]
    return {
        "number": whole(info["id"]),
        "priority": info["priority"],
        "state": info.get("state", ""),
        "evse_number": position(evse.get("id", 0)),
        "transaction_id": info.get("transactionId", ""),
        "language": text.get("language", ""),
        "format": text["format"],
        "content": text["content"],
        "starts_at": instant(info.get("startDateTime")),
        "ends_at": instant(info.get("endDateTime")),
    }


def store_customer(station_id: int, message: Message) -> None:
    """NotifyCustomerInformation (N09)."""
    note_part(station_id, "customer", message, message["data"])


def store_profiles(station_id: int, message: Message) -> None:
    """ReportChargingProfiles (K09)."""
    told = [profile(message, body) for body in message["chargingProfile"]]
    charging_reports.store_profiles(station_id=station_id, profiles=told)
    note_part(station_id, "profiles", message)


def profile(message: Message, body: Message) -> dict[str, Any]:
    return {
        "evse_number": position(message["evseId"]),
        "number": whole(body["id"]),
        "source": message["chargingLimitSource"],
        "purpose": body["chargingProfilePurpose"],
        "kind": body["chargingProfileKind"],
        "stack_level": small(body["stackLevel"]),
        "transaction_id": body.get("transactionId", ""),
        "body": body,
        "request_number": whole(message["requestId"]),
    }


INBOUND: Final = {
    "NotifyCustomerInformation": Inbound(nothing, thanks, errand=store_customer),
    "NotifyDisplayMessages": Inbound(nothing, thanks, errand=store_messages),
    "NotifyEvent": Inbound(availability, thanks, errand=store_events),
    "NotifyMonitoringReport": Inbound(nothing, thanks, errand=store_monitors),
    "NotifyReport": Inbound(nothing, thanks, errand=store_report),
    "ReportChargingProfiles": Inbound(nothing, thanks, errand=store_profiles),
}

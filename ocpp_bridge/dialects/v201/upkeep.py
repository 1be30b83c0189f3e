"""OCPP 2.0.1, what stations tell about firmware, logs, security, reservations, and of vendors' own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ocpp_bridge.dialects import errands
from ocpp_bridge.dialects.base import Inbound
from ocpp_bridge.dialects.common import answer_vendor, answer_yes_or_no, nothing, thanks
from ocpp_bridge.dialects.v201 import mapping
from ocpp_bridge.dialects.values import whole
from stations.services import notices, reservations, transfers

Message = Mapping[str, Any]


def follow_publishing(station_id: int, message: Message) -> None:
    """PublishFirmwareStatusNotification of a local controller (L03): where its stations find it."""
    word = message["status"]
    transfers.record_transfer(
        station_id=station_id,
        kind="firmware",
        status=mapping.PUBLISHING.get(word, ""),
        word=word,
        request_number=whole(message.get("requestId")),
        info=" ".join(message.get("location", ())),
    )


def release_reservation(station_id: int, message: Message) -> None:
    """ReservationStatusUpdate (H04): the station keeps the EVSE for nobody any more."""
    number, word = whole(message["reservationId"]) or 0, message["reservationUpdateStatus"]
    notices.keep_notice(
        station_id=station_id, kind="reservation_update", body={"status": word}, request_number=number
    )
    reservations.release(
        station_id=station_id, reservation_number=number, cause=mapping.RELEASE.get(word, "removed")
    )


INBOUND: Final = {
    "DataTransfer": Inbound(nothing, answer_vendor, errand=errands.receive_vendor_data),
    "FirmwareStatusNotification": Inbound(nothing, thanks, errand=errands.follow_firmware),
    "LogStatusNotification": Inbound(nothing, thanks, errand=errands.follow_log),
    "PublishFirmwareStatusNotification": Inbound(nothing, thanks, errand=follow_publishing),
    "ReservationStatusUpdate": Inbound(nothing, thanks, errand=release_reservation),
    "SecurityEventNotification": Inbound(nothing, thanks, errand=errands.keep_security_event),
    "SignCertificate": Inbound(nothing, answer_yes_or_no, errand=errands.ask_for_certificate),
}

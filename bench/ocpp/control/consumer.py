"""A charger's consumer as the manuals of Channels and Django would have it.

It does in a minimal schema what the bridge does too: the payload is judged by the same compiled schema,
a start is idempotent and its tag looked up, a reading moves its session along, every message is kept in a
journal. It does not do events, deliveries, fencing, review flags or reservations, and its database
connection stays open: reconnecting for each message would only make it worse.
"""

from __future__ import annotations

from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from bench.ocpp.control.models import Connector, Frame, Reading, Session, Station, Tag, Transaction
from ocpp_bridge import schemas


class ControlConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """1.6. Answers after its write is committed (autocommit), like the bridge."""

    version = "1.6"
    subprotocol = "ocpp1.6"

    async def connect(self) -> None:
        identity = self.scope["url_route"]["kwargs"]["identity"]
        self.station, _ = await Station.objects.aget_or_create(identity=identity)
        await self.accept(subprotocol=self.subprotocol)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        _, message_id, action, payload = content
        schemas.request(self.version, action).validate(payload)
        answer = await getattr(self, f"on_{action}")(payload)
        await Frame.objects.acreate(station=self.station, at=timezone.now(), request=content, answer=answer)
        await self.send_json([3, message_id, answer])

    async def on_BootNotification(self, payload: Any) -> Any:  # noqa: N802 (OCPP's names)
        await self._seen()
        return {"status": "Accepted", "currentTime": timezone.now().isoformat(), "interval": 300}

    async def on_Heartbeat(self, payload: Any) -> Any:  # noqa: N802
        await self._seen()
        return {"currentTime": timezone.now().isoformat()}

    async def _seen(self) -> None:
        await Station.objects.filter(pk=self.station.pk).aupdate(last_seen_at=timezone.now())

    async def on_StatusNotification(self, payload: Any) -> Any:  # noqa: N802
        return await self._status(payload["connectorId"], payload["status"], payload["timestamp"])

    async def _status(self, number: int, status: str, at: str) -> Any:
        await Connector.objects.aupdate_or_create(
            station=self.station,
            number=number,
            defaults={"status": status, "status_at": parse_datetime(at)},
        )
        return {}

    async def on_Authorize(self, payload: Any) -> Any:  # noqa: N802
        tag, _ = await Tag.objects.aget_or_create(uid=payload["idTag"])
        return {"idTagInfo": {"status": tag.status}}

    async def on_StartTransaction(self, payload: Any) -> Any:  # noqa: N802
        tag, _ = await Tag.objects.aget_or_create(uid=payload["idTag"])
        session, _ = await Session.objects.aget_or_create(
            station=self.station,
            tag=payload["idTag"],
            started_at=parse_datetime(payload["timestamp"]),
            meter_start_wh=payload["meterStart"],
        )
        return {"transactionId": session.pk, "idTagInfo": {"status": tag.status}}

    async def on_MeterValues(self, payload: Any) -> Any:  # noqa: N802
        await keep_readings(payload["transactionId"], payload["meterValue"])
        last_at = parse_datetime(payload["meterValue"][-1]["timestamp"])
        await Session.objects.filter(pk=payload["transactionId"]).aupdate(last_reading_at=last_at)
        return {}

    async def on_StopTransaction(self, payload: Any) -> Any:  # noqa: N802
        await Session.objects.filter(pk=payload["transactionId"]).aupdate(
            ended_at=parse_datetime(payload["timestamp"]), meter_end_wh=payload["meterStop"]
        )
        return {"idTagInfo": {"status": "Accepted"}}


class NewerConsumer(ControlConsumer):
    """2.0.1: the same, where a charge is told in transaction events."""

    version = "2.0.1"
    subprotocol = "ocpp2.0.1"

    async def on_StatusNotification(self, payload: Any) -> Any:  # noqa: N802
        return await self._status(payload["evseId"], payload["connectorStatus"], payload["timestamp"])

    async def on_Authorize(self, payload: Any) -> Any:  # noqa: N802
        return {"idTokenInfo": {"status": await self._token_status(payload)}}

    async def _token_status(self, payload: Any) -> str:
        tag, _ = await Tag.objects.aget_or_create(uid=payload["idToken"]["idToken"])
        return str(tag.status)

    async def on_TransactionEvent(self, payload: Any) -> Any:  # noqa: N802
        at = parse_datetime(payload["timestamp"])
        known, _ = await Transaction.objects.aget_or_create(
            station=self.station,
            transaction_id=payload["transactionInfo"]["transactionId"],
            defaults={"started_at": at},
        )
        await keep_readings(known.pk, payload.get("meterValue", ()))
        changed = {"last_event_at": at} | ({"ended_at": at} if payload["eventType"] == "Ended" else {})
        await Transaction.objects.filter(pk=known.pk).aupdate(**changed)
        if "idToken" not in payload:
            return {}
        return {"idTokenInfo": {"status": await self._token_status(payload)}}


async def keep_readings(session_id: int, meter_values: Any) -> None:
    for meter_value in meter_values:
        await Reading.objects.acreate(
            session_id=session_id,
            taken_at=parse_datetime(meter_value["timestamp"]),
            values=meter_value["sampledValue"],
        )

"""A charger's consumer as the manuals of Channels and Django would have it."""

from __future__ import annotations

from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from bench.ocpp.control.models import Connector, Reading, Session, Station, Tag


class ControlConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """Answers after its write is committed (autocommit), like the bridge."""

    async def connect(self) -> None:
        identity = self.scope["url_route"]["kwargs"]["identity"]
        self.station, _ = await Station.objects.aget_or_create(identity=identity)
        await self.accept(subprotocol="ocpp1.6")

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        _, message_id, action, payload = content
        answer = await getattr(self, f"on_{action}")(payload)
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
        await Connector.objects.aupdate_or_create(
            station=self.station,
            number=payload["connectorId"],
            defaults={"status": payload["status"], "status_at": parse_datetime(payload["timestamp"])},
        )
        return {}

    async def on_Authorize(self, payload: Any) -> Any:  # noqa: N802
        tag, _ = await Tag.objects.aget_or_create(uid=payload["idTag"])
        return {"idTagInfo": {"status": tag.status}}

    async def on_StartTransaction(self, payload: Any) -> Any:  # noqa: N802
        session = await Session.objects.acreate(
            station=self.station,
            tag=payload["idTag"],
            started_at=parse_datetime(payload["timestamp"]),
            meter_start_wh=payload["meterStart"],
        )
        return {"transactionId": session.pk, "idTagInfo": {"status": "Accepted"}}

    async def on_MeterValues(self, payload: Any) -> Any:  # noqa: N802
        for meter_value in payload["meterValue"]:
            await Reading.objects.acreate(
                session_id=payload["transactionId"],
                taken_at=parse_datetime(meter_value["timestamp"]),
                values=meter_value["sampledValue"],
            )
        return {}

    async def on_StopTransaction(self, payload: Any) -> Any:  # noqa: N802
        await Session.objects.filter(pk=payload["transactionId"]).aupdate(
            ended_at=parse_datetime(payload["timestamp"]), meter_end_wh=payload["meterStop"]
        )
        return {"idTagInfo": {"status": "Accepted"}}

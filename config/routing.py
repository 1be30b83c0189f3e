"""The websocket paths: pages at /live/ (web), chargers at /ocpp/<identity> (bridge)."""

from __future__ import annotations

from django.urls import path, re_path

from core.live_consumer import LiveConsumer
from ocpp_bridge.consumers import StationConsumer, no_such_place

live_patterns = [path("live/", LiveConsumer.as_asgi())]

station_patterns = [
    re_path(r"^ocpp/.+$", StationConsumer.as_asgi()),
    re_path(r"", no_such_place),  # type: ignore[arg-type]
]

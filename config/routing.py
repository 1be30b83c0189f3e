"""The websocket paths: pages at /live/ (web), chargers at any path (bridge).

Ours is /ocpp/<identity>; what chargers of another system dial is looked up by the bridge
(ocpp_bridge/aliases.py), which answers 404 where nobody has such an address.
"""

from __future__ import annotations

from django.urls import path, re_path

from core.live_consumer import LiveConsumer
from ocpp_bridge.consumers import StationConsumer

live_patterns = [path("live/", LiveConsumer.as_asgi())]

station_patterns = [re_path(r"", StationConsumer.as_asgi())]

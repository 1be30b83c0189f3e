"""The websocket paths: pages at /live/ (web), chargers at /ocpp/<identity> (bridge)."""

from __future__ import annotations

from django.urls import path

from core.live_consumer import LiveConsumer

live_patterns = [path("live/", LiveConsumer.as_asgi())]

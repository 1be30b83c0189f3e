from __future__ import annotations

from django.apps import AppConfig


class OcppBridgeConfig(AppConfig):
    name = "ocpp_bridge"

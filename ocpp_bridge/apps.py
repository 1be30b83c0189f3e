from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OcppBridgeConfig(AppConfig):
    name = "ocpp_bridge"
    verbose_name = _("OCPP")

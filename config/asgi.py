"""Two applications: `web` (pages, API, live pages) and `bridge` (sockets to chargers)."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
_django = get_asgi_application()  # loads the apps: the imports below need them

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from config.limits import body_limit  # noqa: E402
from config.routing import live_patterns, station_patterns  # noqa: E402
from core.bodies import limit_bodies  # noqa: E402
from ocpp_bridge.lifespan import health, lifespan  # noqa: E402
from stations.waiting import HoldForAnswers  # noqa: E402

web = ProtocolTypeRouter(
    {
        "http": HoldForAnswers(limit_bodies(_django, body_limit)),
        # chargers send no Origin: this check belongs around the pages' socket only
        "websocket": AllowedHostsOriginValidator(URLRouter(live_patterns)),
    }
)

bridge = ProtocolTypeRouter({"http": health, "websocket": URLRouter(station_patterns), "lifespan": lifespan})

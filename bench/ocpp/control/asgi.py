"""The control's application, for uvicorn."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.ocpp.control.settings")
get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from bench.ocpp.control.consumer import ControlConsumer  # noqa: E402

application = ProtocolTypeRouter(
    {"websocket": URLRouter([path("ocpp/<str:identity>", ControlConsumer.as_asgi())])}
)

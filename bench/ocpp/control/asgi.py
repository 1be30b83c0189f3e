"""The control's application, for uvicorn."""

from __future__ import annotations

import os
from typing import Any, Final

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.ocpp.control.settings")
get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from bench.ocpp.control.consumer import ControlConsumer, NewerConsumer  # noqa: E402

APPLICATIONS: Final = {
    consumer.subprotocol: consumer.as_asgi() for consumer in (ControlConsumer, NewerConsumer)
}


async def by_version(scope: Any, receive: Any, send: Any) -> Any:
    """Channels routes by path; here the subprotocol decides."""
    await APPLICATIONS[scope["subprotocols"][0]](scope, receive, send)


application = ProtocolTypeRouter({"websocket": URLRouter([path("ocpp/<str:identity>", by_version)])})

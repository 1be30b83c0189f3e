"""Two applications: `web` (pages, API, live pages) and `bridge` (sockets to chargers)."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

web = get_asgi_application()

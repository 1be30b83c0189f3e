"""Settings of the control: nothing but Channels, its own tables, and a connection that stays open."""

from __future__ import annotations

import environ

SECRET_KEY = "the control has no secrets"
INSTALLED_APPS = ["channels", "bench.ocpp.control"]
DATABASES = {"default": environ.Env().db("CONTROL_DATABASE_URL")}
DATABASES["default"]["CONN_MAX_AGE"] = 600  # reconnecting for each message would only make it worse
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

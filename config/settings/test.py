"""The tests: real PostgreSQL and Valkey, no pool (it hides a bad host), handlers run by the test."""

from __future__ import annotations

from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES, env

SECRET_KEY = "for-the-tests-and-nothing-else"
STATION_SECRET_KEY = SECRET_KEY
DATABASES["default"]["OPTIONS"].pop("pool")
DATABASES["default"]["TEST"] = {"TEMPLATE": env("TEST_TEMPLATE", default=None)}
DB_THREADS = 4
SIDE_BY_SIDE = False  # another connection would not see what a test has not committed
# Each worker hears its own: its row 208 is not the row 208 of another.
NUDGE_CHANNEL = f"forecourt:test:nudges:{env('PYTEST_XDIST_WORKER', default='main')}"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
OUTBOX_WAKES = False
DEMO_PAGES = True
WHITENOISE_USE_FINDERS = True
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="sk_test_stand_in")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", default="whsec_stand_in")
ACCOUNT_RATE_LIMITS = False

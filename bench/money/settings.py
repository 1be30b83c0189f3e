"""The product as in development; the bench's own crew works the outbox, and nobody reads the mail."""

from __future__ import annotations

from config.settings.dev import *  # noqa: F403

EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
OUTBOX_WAKES = False

"""The demo, `./forecourt up` and development: loopback, plain HTTP, mail into a mailbox page."""

from __future__ import annotations

from config.settings.base import *  # noqa: F403
from config.settings.base import env

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="only-for-development-on-this-machine")
STATION_SECRET_KEY = env("STATION_SECRET_KEY", default=SECRET_KEY)
EMAIL_BACKEND = "demo.mailbox.MailboxBackend"
DEMO_PAGES = True
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

"""The one door to payment providers: `provider()` answers the configured one."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from payments.providers.base import Provider


@cache
def provider() -> Provider:
    """The installation's provider, made from the settings once per process."""
    from payments.providers.stripe import StripeProvider

    return StripeProvider.from_settings()


def is_configured() -> bool:
    """Whether this installation has a provider at all: networks whose drivers use no cards need none."""
    return bool(settings.STRIPE_SECRET_KEY)

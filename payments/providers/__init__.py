"""The one door to payment providers: `provider()` answers the configured one."""

from __future__ import annotations

from functools import cache

from payments.providers.base import Provider


@cache
def provider() -> Provider:
    """The installation's provider, made from the settings once per process."""
    from payments.providers.stripe import StripeProvider

    return StripeProvider.from_settings()

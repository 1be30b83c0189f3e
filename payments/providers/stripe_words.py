"""What Stripe's SDK says and wants, in our words; shared by its parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import stripe

from payments.providers.base import Declined, OutcomeUnknown, Refused


@contextmanager
def in_our_words() -> Iterator[None]:
    """Stripe's errors as ours. Whatever is not a clear "no" is an unknown outcome."""
    try:
        yield
    except stripe.CardError as error:
        raise Declined(error.user_message or str(error), code=_decline_code(error)) from error
    except stripe.InvalidRequestError as error:
        raise Refused(str(error.user_message or error), code=error.code or "") from error
    except stripe.StripeError as error:
        raise OutcomeUnknown(str(error), code=type(error).__name__) from error


def _decline_code(error: stripe.CardError) -> str:
    details = error.error
    return (details and details.decline_code) or error.code or "card_declined"


def options(account: str, key: str = "") -> Any:
    options = {"idempotency_key": key or None, "stripe_account": account or None}
    return {name: value for name, value in options.items() if value}

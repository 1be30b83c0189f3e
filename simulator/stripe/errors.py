"""Refusals in Stripe's shape: an `error` object and the status that goes with its type."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


class StripeError(Exception):
    """One refusal: HTTP `status` and the body Stripe would send. `keeps_effects`: what it did stands."""

    status = 400
    type = "invalid_request_error"
    keeps_effects = False

    def __init__(
        self, message: str, *, code: str | None = None, param: str | None = None, **more: Any
    ) -> None:
        super().__init__(message)
        self.message, self.code, self.param, self.more = message, code, param, more

    def body(self) -> Document:
        error = {"type": self.type, "message": self.message, "code": self.code, "param": self.param}
        kept = {key: value for key, value in (error | self.more).items() if value is not None}
        return {"error": kept}


class InvalidRequest(StripeError):
    """The call makes no sense: 400."""


class NotPermitted(StripeError):
    """No key, or not one for this place: 401."""

    status = 401


class Missing(StripeError):
    """No such object: 404 `resource_missing`."""

    status = 404


class KeyConflict(StripeError):
    """The same idempotency key is at work in another call: 409."""

    status = 409
    type = "idempotency_error"


class KeyMisused(StripeError):
    """The same idempotency key came with other parameters: 400."""

    type = "idempotency_error"


class RateLimited(StripeError):
    """Too many calls (only when a fault asks for it): 429."""

    status = 429


class CardDeclined(StripeError):
    """The card said no: 402, with Stripe's `code` and the bank's `decline_code`. What happened is kept."""

    status = 402
    type = "card_error"
    keeps_effects = True


class Broken(StripeError):
    """Stripe's own failure (only when a fault asks for it): 500."""

    status = 500
    type = "api_error"


def missing(kind: str, object_id: str, param: str = "id") -> Missing:
    return Missing(f"No such {kind.replace('.', '_')}: '{object_id}'", code="resource_missing", param=param)


def unexpected_state(intent: Document, verb: str, allowed: tuple[str, ...]) -> InvalidRequest:
    """`payment_intent_unexpected_state` and its twin for SetupIntents, with the intent as it is."""
    kind = intent["object"]
    name = "PaymentIntent" if kind == "payment_intent" else "SetupIntent"
    message = (
        f"This {name} could not be {verb} because it has a status of {intent['status']}. "
        f"Only a {name} with one of the following statuses may be {verb}: {', '.join(allowed)}."
    )
    more: Document = {kind: intent}
    return InvalidRequest(message, code=f"{kind}_unexpected_state", **more)

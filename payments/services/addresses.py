"""Where a payer's browser goes: the bank's page, the hosted page, or ours that follows the payment."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.urls import reverse

from core.links import sign
from payments.models import Payment
from payments.services import operations
from payments.services.operations import State

Status = Payment.Status
LINK: Final = "payment"
LINK_LASTS: Final = timedelta(days=2)


def address_of(payment: Payment) -> str:
    """Where the payer goes on with this payment."""
    return action_url(payment) or page_url(payment) or return_path(payment)


def action_url(payment: Payment) -> str:
    """Where the payer must go to confirm, while that is asked."""
    if payment.status != Status.REQUIRES_ACTION:
        return ""
    done = payment.operations.filter(kind=operations.HOLD, state=State.DONE).order_by("-pk").first()
    return str((done.response or {}).get("action_url", "")) if done else ""


def page_url(payment: Payment) -> str:
    """The hosted page, while the payer has not paid there."""
    if payment.status != Status.CREATED or not payment.checkout_ref:
        return ""
    opened = payment.operations.filter(kind=operations.CHECKOUT, state=State.DONE).order_by("-pk").first()
    return str((opened.response or {}).get("url", "")) if opened else ""


def return_path(payment: Payment) -> str:
    """Our page that follows this payment; whoever has the link may see it."""
    return reverse("payments:return", args=[sign(LINK, str(payment.public_id))])


def absolute(path: str) -> str:
    """A path of ours as others must write it; what is absolute already stays."""
    return path if path.startswith("http") else f"{settings.PUBLIC_URL.rstrip('/')}{path}"

"""A card that ends is no surprise: its driver is told thirty days before, once."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.notifications import send_message
from core import clock
from core.events import publish
from payments.events import CardEnding
from payments.models import PaymentMethod
from payments.selectors import ending_cards


def watch_ending_cards() -> int:
    """Tell each driver whose default card ends soon. Returns how many. Safe to repeat."""
    return sum(_note(method) for method in ending_cards().select_related("account"))


@transaction.atomic
def _note(method: PaymentMethod) -> bool:
    fresh = PaymentMethod.objects.filter(pk=method.pk, end_told_at=None)
    if not fresh.update(end_told_at=clock.now()):
        return False
    publish(CardEnding(user_id=method.account.user_id, method_id=method.pk))
    return True


def tell_of_ending_card(*, method_id: int) -> None:
    """Mail it, unless another card has become the default meanwhile."""
    method = PaymentMethod.objects.select_related("account__user").get(pk=method_id)
    user = method.account.user
    if not (method.is_default and method.is_usable and user.email):
        return
    url = f"{settings.PUBLIC_URL.rstrip('/')}{reverse('accounts:account')}"
    send_message(to=user.email, kind="card_ending", context={"card": method, "url": url}, locale=user.locale)

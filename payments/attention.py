"""What of money needs an operator (settings: `ATTENTION_SOURCES`)."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts import permissions
from payments.models import Payment
from payments.selectors import differing
from stations.attention import Attention


def settlements(user: Any) -> list[Attention]:
    """Terminals at chargers that settled something else than our price."""
    visible = Payment.objects.visible_to(user).select_related("organization")
    found = [one for one in differing(visible) if permissions.may_see_money(user, one.organization)]
    if not found:
        return []
    detail = ngettext_lazy(
        "%(count)d settlement of a terminal is not what we would have billed.",
        "%(count)d settlements of terminals are not what we would have billed.",
        "count",
    )
    return [
        Attention(
            role="wait",
            icon="credit-card",
            title=_("Money of terminals differs"),
            detail=detail % {"count": len(found)},
            since=found[-1].created_at,
            href=f"{reverse('payments:revenue')}#settlements",
            action=_("Look"),
        )
    ]

"""What of scheduling needs an operator (settings: `ATTENTION_SOURCES`)."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scheduling.models import PowerPlan
from scheduling.selectors.power import exposures
from stations.attention import Attention
from stations.models import Location


def power_out_of_reach(user: Any) -> list[Attention]:
    """Sites where chargers that we cannot steer could together draw more than the connection carries."""
    places = Location.objects.visible_to(user).in_bulk()
    return [_exposed(places[pk], exposed_a) for pk, exposed_a in sorted(exposures(list(places)).items())]


def _exposed(place: Location, exposed_a: int) -> Attention:
    latest = PowerPlan.objects.filter(location=place).order_by("-made_at", "-pk").first()
    return Attention(
        role="wait",
        icon="zap",
        title=format_lazy(_("{place}: power cannot be steered fully now"), place=place.name),
        detail=format_lazy(
            _(
                "Chargers that do not answer could draw up to {amps} A more than the site carries. "
                "All others get nothing until they answer or their last limits lapse, within half an hour."
            ),
            amps=exposed_a,
        ),
        since=latest.made_at if latest else None,
        href=f"{reverse('scheduling:power')}?site={place.slug}",
        action=_("Open"),
    )

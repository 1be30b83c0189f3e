"""What of scheduling needs an operator (settings: `ATTENTION_SOURCES`)."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core import clock
from scheduling.models import PowerPlan, Reservation
from scheduling.selectors.instead import has_lost_its_stall
from scheduling.selectors.power import exposures
from stations.attention import Attention
from stations.models import Location


def power_out_of_reach(user: Any) -> list[Attention]:
    """Sites where chargers that we cannot steer could together draw more than the connection carries."""
    places = Location.objects.visible_to(user).in_bulk()
    return [_exposed(places[pk], exposed_a) for pk, exposed_a in sorted(exposures(list(places)).items())]


def lost_stalls(user: Any) -> list[Attention]:
    """Bookings whose stall is out of order: the driver knows, somebody should look at the charger."""
    coming = Reservation.objects.visible_to(user).filter(
        status=Reservation.Status.CONFIRMED,
        lost_stall_at__isnull=False,
        during__endswith__gt=clock.now(),
    )
    found = coming.select_related("evse", "driver", "location").order_by("during")
    return [_lost(booking) for booking in found if has_lost_its_stall(booking)]


def _lost(booking: Reservation) -> Attention:
    return Attention(
        role="fault",
        icon="calendar-days",
        title=format_lazy(_("{stall}: booked, but out of order"), stall=booking.evse),
        detail=format_lazy(
            _("Booking #{number} of {driver} at {place}. The driver is told what is free instead."),
            number=booking.number,
            driver=booking.driver,
            place=booking.location.name,
        ),
        since=booking.lost_stall_at,
        href=reverse("scheduling:operator_booking", args=[booking.public_id]),
        action=_("Open"),
    )


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

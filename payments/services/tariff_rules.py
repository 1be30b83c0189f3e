"""What the law asks of a tariff where it holds for everybody: what a group pays is no price ad hoc."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from core import clock
from payments.models import RuleOverride, Tariff, TariffAssignment
from payments.rating.price_rules import Finding, Place, findings
from payments.services.pricing import as_rated, tariff_for, tariffs_for
from stations.models import Evse


def broken_rules(tariff: Tariff) -> tuple[Finding, ...]:
    """What this version breaks where the tariff, in any version, holds or is planned to hold."""
    return findings(as_rated(tariff), places_of(tariff))


def blocking_rules(evse: Evse, tariff: Tariff) -> tuple[Finding, ...]:
    """What this version breaks at a stall and no owner has overridden: it must not be sold there ad hoc."""
    found = findings(as_rated(tariff), [_place(evse)])
    return tuple(one for one in found if one.rule not in overridden(tariff)) if found else ()


def is_sold_ad_hoc(evse: Evse) -> bool:
    """May a guest without an account pay the price that holds here now?"""
    tariff = tariff_for(evse)
    return tariff is None or not blocking_rules(evse, tariff)


def overridden(tariff: Tariff) -> dict[str, RuleOverride]:
    """The owners' overrides of this version, by rule."""
    return {one.rule: one for one in RuleOverride.objects.filter(tariff=tariff).select_related("by")}


def places_of(tariff: Tariff) -> tuple[Place, ...]:
    """The stalls that a tariff prices now or from a planned moment on. Narrower tariffs win, as in rating."""
    now = clock.now()
    ahead = TariffAssignment.objects.filter(
        Q(during__endswith__gt=now) | Q(during__endswith__isnull=True),
        organization=tariff.organization,
        tariff__public_id=tariff.public_id,
        group=None,
    )
    instants = {max(one.during.lower, now) for one in ahead}
    evses = _evses_in(list(ahead), tariff)
    priced = {pk for instant in instants for pk in _priced(tariff, evses, instant)}
    return tuple(_place(evse) for evse in evses if evse.pk in priced)


def _evses_in(assignments: list[TariffAssignment], tariff: Tariff) -> QuerySet[Evse]:
    evses = Evse.objects.filter(organization=tariff.organization).select_related(
        "station__location__organization"
    )
    if not any(one.holds_everywhere for one in assignments):
        sites = [one.location_id for one in assignments if one.location_id]
        chargers = [one.station_id for one in assignments if one.station_id]
        stalls = [one.evse_id for one in assignments if one.evse_id]
        evses = evses.filter(Q(station__location__in=sites) | Q(station__in=chargers) | Q(pk__in=stalls))
    return evses.order_by("station__location__name", "station__name", "number")


def _priced(tariff: Tariff, evses: QuerySet[Evse], instant: datetime) -> Iterator[int]:
    found = tariffs_for([evse.pk for evse in evses], instant)
    return (pk for pk, one in found.items() if one.public_id == tariff.public_id)


def _place(evse: Evse) -> Place:
    location = evse.station.location
    country = location.country_code or location.organization.country_code
    return Place(name=str(evse), country=country.upper(), power_w=evse.max_power_w)

"""Make tariffs and say where they hold. A used version is final: a change makes the next version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from psycopg.types.range import TimestamptzRange

from accounts.models import Organization
from core import clock
from payments.models import Tariff, TariffAssignment
from payments.services.pricing import as_rated
from stations.models import Evse, Location


class TariffConflict(ValueError):
    """The scope already has a planned tariff later than the wanted start."""


@transaction.atomic
def create_tariff(
    *,
    organization: Organization,
    name: str,
    elements: Sequence[Mapping[str, Any]],
    currency: str = "",
    tax_included: str = Tariff.TaxIncluded.YES,
    min_price: Mapping[str, str] | None = None,
    max_price: Mapping[str, str] | None = None,
    idle_grace_minutes: int = 0,
    hold_minor: int = 5000,
) -> Tariff:
    """A new tariff from OCPI elements. Raises payments.rating.ocpi.InvalidTariff."""
    tariff = Tariff(
        organization=organization,
        name=name,
        currency=currency or organization.currency,
        tax_included=tax_included,
        elements=list(elements),
        min_price=min_price,
        max_price=max_price,
        idle_grace_minutes=idle_grace_minutes,
        hold_minor=hold_minor,
    )
    as_rated(tariff)
    tariff.save()
    return tariff


@transaction.atomic
def revise_tariff(*, tariff: Tariff, **changes: Any) -> Tariff:
    """The next version of a tariff, with these fields changed. Raises InvalidTariff."""
    Organization.objects.select_for_update().get(pk=tariff.organization_id)
    newest = Tariff.objects.filter(public_id=tariff.public_id).aggregate(newest=Max("version"))["newest"]
    copied = ("name", "currency", "tax_included", "elements", "min_price", "max_price", "hold_minor")
    fields = {name: getattr(tariff, name) for name in (*copied, "idle_grace_minutes")} | changes
    revised = Tariff(
        organization=tariff.organization, public_id=tariff.public_id, version=newest + 1, **fields
    )
    as_rated(revised)
    revised.save()
    return revised


@transaction.atomic
def assign_tariff(
    *,
    tariff: Tariff,
    location: Location | None = None,
    evse: Evse | None = None,
    starts_at: datetime | None = None,
) -> TariffAssignment:
    """From `starts_at` on this tariff holds in the scope; the former one ends there.

    Without location and EVSE the scope is the whole organization. Raises TariffConflict.
    """
    start = starts_at or clock.now()
    scope = TariffAssignment.objects.select_for_update().filter(
        organization=tariff.organization, location=location, evse=evse
    )
    if scope.filter(during__startswith__gte=start).exists():
        raise TariffConflict("Another tariff is already planned for this scope.")
    for former in scope.filter(during__contains=start):
        former.during = TimestamptzRange(former.during.lower, start)
        former.save(update_fields=["during"])
    return TariffAssignment.objects.create(
        organization=tariff.organization,
        tariff=tariff,
        location=location,
        evse=evse,
        during=TimestamptzRange(start, None),
    )


@transaction.atomic
def assign_to_station(*, tariff_id: int, station_id: int, starts_at: datetime) -> int:
    """A tariff of the station's organization holds on each of its EVSEs. Returns on how many; idempotent."""
    tariff = Tariff.objects.filter(pk=tariff_id).first()
    if tariff is None:
        return 0
    evses = Evse.objects.filter(station_id=station_id, organization_id=tariff.organization_id)
    bare = [evse for evse in evses if not TariffAssignment.objects.filter(evse=evse).exists()]
    for evse in bare:
        assign_tariff(tariff=tariff, evse=evse, starts_at=starts_at)
    return len(bare)

"""Make tariffs and say where they hold. A used version is final: a change makes the next version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from psycopg.types.range import TimestamptzRange

from accounts.models import Organization
from core import clock
from payments.models import Tariff, TariffAssignment
from payments.services.pricing import as_rated
from stations.models import Evse, Location


class TariffConflict(ValueError):
    """The scope already has a planned tariff later than the wanted start: `planned`, where it is known."""

    def __init__(self, words: str, planned: TariffAssignment | None = None) -> None:
        super().__init__(words)
        self.planned = planned


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
    Organization.objects.select_for_update().get(pk=tariff.organization_id)
    start = starts_at or clock.now()
    scope = TariffAssignment.objects.select_for_update().filter(
        organization=tariff.organization, location=location, evse=evse
    )
    planned = scope.filter(during__startswith__gte=start).order_by("during").first()
    if planned is not None:
        raise TariffConflict("Another tariff is already planned for this scope.", planned)
    for former in scope.filter(during__contains=start):
        former.during = TimestamptzRange(former.during.lower, start)
        former.save(update_fields=["during"])
    made = TariffAssignment(
        organization=tariff.organization,
        tariff=tariff,
        location=location,
        evse=evse,
        during=TimestamptzRange(start, None),
    )
    _save_alone(made)
    return made


def _save_alone(assignment: TariffAssignment) -> None:
    """Two who assign to an empty scope at once: the database lets one through."""
    try:
        with transaction.atomic():
            assignment.save()
    except IntegrityError as error:
        raise TariffConflict("Somebody else planned a tariff here at this moment.") from error


def open_assignments(tariff: Tariff) -> QuerySet[TariffAssignment]:
    """Where a tariff, in any version, holds or will hold without an end."""
    return TariffAssignment.objects.filter(
        organization=tariff.organization, tariff__public_id=tariff.public_id, during__endswith__isnull=True
    )


@transaction.atomic
def end_assignment(*, assignment: TariffAssignment, at: datetime) -> bool:
    """A planned one goes, and what it would have ended goes on; a running one ends. False: it was over."""
    scope = TariffAssignment.objects.select_for_update().filter(
        organization=assignment.organization, location=assignment.location, evse=assignment.evse
    )
    found = {one.pk: one for one in scope}
    one = found.pop(assignment.pk, None)
    if one is None or (one.during.upper is not None and one.during.upper <= at):
        return False
    if one.during.lower < at:
        one.during = TimestamptzRange(one.during.lower, at)
        one.save(update_fields=["during"])
        return True
    one.delete()
    for former in found.values():
        if former.during.upper == one.during.lower:
            former.during = TimestamptzRange(former.during.lower, one.during.upper)
            former.save(update_fields=["during"])
    return True


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

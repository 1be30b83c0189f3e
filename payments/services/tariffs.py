"""Make tariffs and say where and for whom they hold.

A version that was used, or has held anywhere, is final: a change makes the next version (MONEY rule 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from psycopg.types.range import TimestamptzRange

from accounts.models import Organization
from core import clock
from payments.models import CustomerGroup, RuleOverride, Tariff, TariffAssignment
from payments.selectors.tariffs import rewritable
from payments.services.pricing import as_rated
from stations.models import ChargingStation, Evse, Location

SHAPE: Final = (
    "name",
    "currency",
    "tax_included",
    "elements",
    "min_price",
    "max_price",
    "hold_minor",
    "idle_grace_minutes",
)


class TariffConflict(ValueError):
    """Another price begins in the scope at that very moment: `planned`, where it is known."""

    def __init__(self, words: str, planned: TariffAssignment | None = None) -> None:
        super().__init__(words)
        self.planned = planned


class GroupRetired(TariffConflict):
    """The group has no members any more, and gets no price."""


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
    fields = _fields(tariff) | changes
    revised = Tariff(
        organization=tariff.organization, public_id=tariff.public_id, version=newest + 1, **fields
    )
    as_rated(revised)
    revised.save()
    return revised


@transaction.atomic
def rewrite_tariff(*, tariff: Tariff, **changes: Any) -> bool:
    """Change a version itself, while nobody can have been priced by it. Raises InvalidTariff.

    False, and nothing is changed: it was used, holds or has held somewhere, has a successor, or is not as the
    caller has read it (`created_at`). What owners have overridden for the old words is withdrawn.
    """
    Organization.objects.select_for_update().get(pk=tariff.organization_id)
    untouched = rewritable().filter(pk=tariff.pk, created_at=tariff.created_at)
    as_rated(Tariff(organization=tariff.organization, **{**_fields(tariff), **changes}))
    is_changed = bool(untouched.update(**changes, created_at=clock.now()))
    if is_changed:
        RuleOverride.objects.filter(tariff=tariff).delete()
    return is_changed


def _fields(tariff: Tariff) -> dict[str, Any]:
    return {name: getattr(tariff, name) for name in SHAPE}


@transaction.atomic
def assign_tariff(
    *,
    tariff: Tariff,
    group: CustomerGroup | None = None,
    location: Location | None = None,
    station: ChargingStation | None = None,
    evse: Evse | None = None,
    starts_at: datetime | None = None,
) -> TariffAssignment:
    """From `starts_at` on this tariff holds in the scope, until what is planned there next.

    What held there ends. Without location, station and EVSE the scope is the whole organization; without
    group it is for everybody. Raises TariffConflict, GroupRetired.
    """
    place = {"group": group, "location": location, "station": station, "evse": evse}
    return _assign(tariff.organization, tariff, place, starts_at)


@transaction.atomic
def assign_free(*, group: CustomerGroup, starts_at: datetime | None = None, **place: Any) -> TariffAssignment:
    """From `starts_at` on the group charges free of charge there (places as in `assign_tariff`).

    Raises TariffConflict, GroupRetired.
    """
    scope = {"location": None, "station": None, "evse": None, **place, "group": group}
    return _assign(group.organization, None, scope, starts_at)


def _assign(
    organization: Organization, tariff: Tariff | None, place: Mapping[str, Any], starts_at: datetime | None
) -> TariffAssignment:
    Organization.objects.select_for_update().get(pk=organization.pk)
    _demand_members(place["group"])
    start = starts_at or clock.now()
    scope = TariffAssignment.objects.select_for_update().filter(organization=organization, **place)
    following = scope.filter(during__startswith__gte=start).order_by("during").first()
    if following is not None and following.during.lower == start:
        raise TariffConflict("Another tariff is already planned for this moment.", following)
    for former in scope.filter(during__contains=start):
        former.during = TimestamptzRange(former.during.lower, start)
        former.save(update_fields=["during"])
    until = following.during.lower if following else None
    during = TimestamptzRange(start, until)
    made = TariffAssignment(organization=organization, tariff=tariff, during=during, **place)
    _save_alone(made)
    return made


def _demand_members(group: CustomerGroup | None) -> None:
    """Read anew: who retires the group holds the organization's lock as well."""
    if group is not None and CustomerGroup.objects.filter(pk=group.pk, retired_at__isnull=False).exists():
        raise GroupRetired(group.name)


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
        organization=assignment.organization,
        group=assignment.group,
        location=assignment.location,
        station=assignment.station,
        evse=assignment.evse,
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

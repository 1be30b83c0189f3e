"""Which assignment prices a charge: the driver's group before everybody, then the narrowest place.

A group has its own price only where somebody gave it one; elsewhere its members pay what all pay. A token's
group goes before its owner's, as with companies' accounts: a person may carry a club's card and one of hers.
Where nobody pays (`PaymentWay`), no price holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from payments.models import GroupMember, TariffAssignment
from payments.selectors.paying import Way, way_at
from stations.models import Evse


class Payer(NamedTuple):
    """Who charges, as far as prices differ by it."""

    user_id: int | None = None
    id_token_id: int | None = None


PUBLIC = Payer()
"""Anybody: what signs, lists and the law's checks speak of."""
Asked = tuple[int, Payer]
"""An EVSE and who charges there."""


class _Place(NamedTuple):
    organization_id: int
    location_id: int
    station_id: int
    evse_id: int


class _Scope(NamedTuple):
    organization_id: int
    group_id: int | None
    location_id: int | None = None
    station_id: int | None = None
    evse_id: int | None = None


def assignments_for(asked: Collection[Asked], at: datetime) -> dict[Asked, TariffAssignment]:
    """What prices each charge at an instant; what nothing prices is missing.

    Two queries, and a third when anybody in particular is asked about.
    """
    places = _places({evse_id for evse_id, _payer in asked}, at)
    groups = _groups({payer for _evse, payer in asked if payer != PUBLIC}, at)
    held = _held(places.values(), {pk for pks in groups.values() for pk in pks}, at)
    found = {
        (evse_id, payer): next(_by_precedence(places[evse_id], groups, payer, held), None)
        for evse_id, payer in asked
        if evse_id in places
    }
    return {one: assignment for one, assignment in found.items() if assignment is not None}


def _places(evse_ids: Collection[int], at: datetime) -> dict[int, _Place]:
    """Those where anybody pays."""
    wanted = ("organization_id", "station__location_id", "station_id", "pk")
    found = Evse.objects.annotate(way=Coalesce(way_at(at), Value(Way.CARD)))
    rows = found.filter(pk__in=evse_ids).exclude(way=Way.FREE).values_list(*wanted)
    return {row[-1]: _Place(*row) for row in rows}


def _groups(payers: Collection[Payer], at: datetime) -> Mapping[tuple[int, Payer], Sequence[int]]:
    """By organization and payer: the token's group, then the person's."""
    if not payers:
        return {}
    users = {payer.user_id for payer in payers if payer.user_id}
    tokens = {payer.id_token_id for payer in payers if payer.id_token_id}
    rows = GroupMember.objects.filter(Q(user__in=users) | Q(id_token__in=tokens), during__contains=at)
    of: dict[tuple[str, int | None], list[GroupMember]] = defaultdict(list)
    for row in rows:
        of[("token", row.id_token_id) if row.id_token_id else ("user", row.user_id)].append(row)
    found: dict[tuple[int, Payer], list[int]] = defaultdict(list)
    for payer in payers:
        for row in (*of["token", payer.id_token_id], *of["user", payer.user_id]):
            found[row.organization_id, payer].append(row.group_id)
    return found


def _held(
    places: Collection[_Place], group_ids: Collection[int], at: datetime
) -> dict[_Scope, TariffAssignment]:
    rows = TariffAssignment.objects.filter(
        Q(evse__in={one.evse_id for one in places})
        | Q(station__in={one.station_id for one in places})
        | Q(location__in={one.location_id for one in places})
        | Q(evse=None, station=None, location=None),
        Q(group=None) | Q(group__in=group_ids),
        organization__in={one.organization_id for one in places},
        during__contains=at,
    ).select_related("tariff__organization", "group")
    return {
        _Scope(row.organization_id, row.group_id, row.location_id, row.station_id, row.evse_id): row
        for row in rows
    }


def _by_precedence(
    place: _Place,
    groups: Mapping[tuple[int, Payer], Sequence[int]],
    payer: Payer,
    held: Mapping[_Scope, TariffAssignment],
) -> Iterator[TariffAssignment]:
    """What could price the charge, the one that does first."""
    for group_id in (*groups.get((place.organization_id, payer), ()), None):
        everywhere = _Scope(place.organization_id, group_id)
        for narrowed in (
            everywhere._replace(evse_id=place.evse_id),
            everywhere._replace(station_id=place.station_id),
            everywhere._replace(location_id=place.location_id),
            everywhere,
        ):
            if narrowed in held:
                yield held[narrowed]

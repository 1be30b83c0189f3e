"""The power of sites for their operator: the limits, what is drawn, what each car gets and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from core import clock
from core.units import watts
from scheduling.models import PowerPlan, PowerSlice
from scheduling.selectors.outer import StandingLimit, standing_limits
from scheduling.selectors.reasons import worded
from stations.models import ChargingSession, Circuit, Evse, Location


@dataclass(frozen=True, slots=True, kw_only=True)
class CarShare:
    """A car that is connected. `limit_w` over all phases, `limit_a` per phase; None when nobody limits it."""

    session: ChargingSession
    limit_w: int | None = None
    limit_a: int | None = None
    sentence: str = ""

    @property
    def drawn_w(self) -> int:
        return self.session.power_w or 0

    @property
    def given_w(self) -> int:
        """What is set aside for it: its limit, or what it draws where nobody limits it."""
        return self.drawn_w if self.limit_w is None else self.limit_w


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitLoad:
    """An electrical limit and what the cars behind it draw."""

    circuit: Circuit
    limit_w: int
    drawn_w: int
    given_w: int

    @property
    def is_over(self) -> bool:
        return self.drawn_w > self.limit_w


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePower:
    """One site. `loads`: the grid connection first; empty where no limit is known."""

    location: Location
    loads: Sequence[CircuitLoad]
    cars: Sequence[CarShare]
    planned_at: datetime | None
    outer_limits: Sequence[StandingLimit] = ()

    @property
    def drawn_w(self) -> int:
        return sum(car.drawn_w for car in self.cars)

    @property
    def grid(self) -> CircuitLoad | None:
        return self.loads[0] if self.loads else None


def sites_power(locations: Sequence[Location]) -> list[SitePower]:
    """The power of these sites, in their order, in six queries."""
    ids = [location.pk for location in locations]
    plans = {plan.location_id: plan for plan in _latest_plans(ids)}
    cars = _cars(ids, plans.values())
    circuits = _circuits(ids)
    evses = Evse.objects.filter(station__location__in=ids).select_related("station")
    outer = standing_limits(list(evses), now=clock.now())
    return [
        SitePower(
            location=location,
            loads=_loads(circuits[location.pk], cars[location.pk]),
            cars=cars[location.pk],
            planned_at=plans[location.pk].made_at if location.pk in plans else None,
            outer_limits=outer.get(location.pk, ()),
        )
        for location in locations
    ]


def _latest_plans(location_ids: Sequence[int]) -> Iterable[PowerPlan]:
    """Without their inputs, which are long."""
    newest = PowerPlan.objects.filter(location=OuterRef("pk")).order_by("-made_at", "-pk").values("pk")[:1]
    places = Location.objects.filter(pk__in=location_ids).annotate(plan=Subquery(newest))
    return PowerPlan.objects.filter(pk__in=places.values("plan")).defer("inputs")


def _cars(location_ids: Sequence[int], plans: Iterable[PowerPlan]) -> Mapping[int, list[CarShare]]:
    slices = {each.session_id: each for each in PowerSlice.objects.filter(plan__in=list(plans))}
    sessions = ChargingSession.objects.filter(
        station__location__in=location_ids, status=ChargingSession.Status.ACTIVE, evse__isnull=False
    ).select_related("evse", "station", "driver")
    cars: dict[int, list[CarShare]] = defaultdict(list)
    for session in sessions.order_by("station__identity", "evse__number"):
        cars[session.station.location_id].append(_car(session, slices.get(session.pk)))
    return cars


def _car(session: ChargingSession, share: PowerSlice | None) -> CarShare:
    if share is None:
        return CarShare(session=session)
    sentence = worded(share.reason, limit_w=share.limit_w, limit_a=share.limit_a)
    return CarShare(session=session, limit_w=share.limit_w, limit_a=share.limit_a, sentence=sentence)


def _circuits(location_ids: Sequence[int]) -> Mapping[int, list[Circuit]]:
    """The grid connection of each site first."""
    circuits: dict[int, list[Circuit]] = defaultdict(list)
    for circuit in Circuit.objects.filter(location__in=location_ids).order_by("pk"):
        circuits[circuit.location_id].append(circuit)
    return defaultdict(list, {pk: sorted(mine, key=_is_branch) for pk, mine in circuits.items()})


def _is_branch(circuit: Circuit) -> bool:
    return circuit.parent_id is not None


def _loads(circuits: Sequence[Circuit], cars: Sequence[CarShare]) -> list[CircuitLoad]:
    return [
        _load(circuit, [car for car in cars if _is_behind(car, circuit, circuits)]) for circuit in circuits
    ]


def _load(circuit: Circuit, cars: Sequence[CarShare]) -> CircuitLoad:
    return CircuitLoad(
        circuit=circuit,
        limit_w=watts(limit_a=circuit.limit_a, phases=circuit.phases),
        drawn_w=sum(car.drawn_w for car in cars),
        given_w=sum(car.given_w for car in cars),
    )


def _is_behind(car: CarShare, circuit: Circuit, circuits: Sequence[Circuit]) -> bool:
    """Everything is behind the grid connection; else the stall's circuit or one above it."""
    if circuit.parent_id is None:
        return True
    parents = {each.pk: each.parent_id for each in circuits}
    above = car.session.evse.circuit_id if car.session.evse else None
    while above is not None and above != circuit.pk:
        above = parents.get(above)
    return above == circuit.pk

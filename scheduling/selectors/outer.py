"""The limits that others set at a place: for the planner, and for the operator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from scheduling.allocation.outer import Bound, OuterLimit, tightest_a
from stations.models import Evse, ReportedLimit

AHEAD: Final = timedelta(minutes=2)  # cars are lowered before a lower period begins
VOLTAGE_V: Final = 230
AT: Final = " @ "


@dataclass(frozen=True, slots=True)
class StandingLimit:
    """A limit of somebody else as the operator reads it; `limit_a` per phase, None where it came without."""

    told: ReportedLimit
    limit_a: float | None


def outer_limits(evses: Sequence[Evse], *, now: datetime) -> list[OuterLimit]:
    """Those that bound a plan made now. A charger out of reach keeps to its limit without a plan."""
    connected = [evse for evse in evses if evse.station.is_connected]
    found = [_limit(told, _behind(told, connected), now) for told in _standing(_stations(connected))]
    return [limit for limit in found if limit is not None]


def standing_limits(evses: Sequence[Evse], *, now: datetime) -> Mapping[int, list[StandingLimit]]:
    """All that are not cleared, by location; `evses` with their stations."""
    found: dict[int, list[StandingLimit]] = defaultdict(list)
    for told in _standing(_stations(evses)):
        limit_a = _limit_a(told, _behind(told, evses), now)
        found[told.station.location_id].append(StandingLimit(told, limit_a))
    return found


def _standing(station_ids: Iterable[int]) -> Iterable[ReportedLimit]:
    found = ReportedLimit.objects.filter(station__in=set(station_ids), cleared_at=None)
    return found.select_related("station").order_by("station__identity", "evse_number", "pk")


def _stations(evses: Iterable[Evse]) -> list[int]:
    return [evse.station_id for evse in evses]


def _behind(told: ReportedLimit, evses: Iterable[Evse]) -> list[Evse]:
    mine = [evse for evse in evses if evse.station_id == told.station_id]
    return [evse for evse in mine if told.evse_number in (0, evse.number)]


def _limit(told: ReportedLimit, behind: Sequence[Evse], now: datetime) -> OuterLimit | None:
    """A limit that we set ourselves and hear again (source CSO) is our plan, not a bound of it."""
    limit_a = _limit_a(told, behind, now)
    if limit_a is None or told.is_ours:
        return None
    return OuterLimit(
        id=str(told.pk),
        name=f"{told.source}{AT}{told.station}",
        evse_ids=frozenset(str(evse.pk) for evse in behind),
        limit_a=limit_a,
    )


def _limit_a(told: ReportedLimit, behind: Sequence[Evse], now: datetime) -> float | None:
    if not behind:
        return None
    return tightest_a(
        [_bound(each) for each in told.bounds],
        from_at=now,
        until_at=now + AHEAD,
        phases=max(3 if evse.current_type == Evse.Current.DC else evse.phases for evse in behind),
        voltage_v=VOLTAGE_V,
    )


def _bound(kept: Mapping[str, Any]) -> Bound:
    return Bound(
        start_at=datetime.fromisoformat(kept["start_at"]),
        end_at=datetime.fromisoformat(kept["end_at"]) if kept["end_at"] else None,
        limit_a=kept.get("limit_a"),
        limit_w=kept.get("limit_w"),
    )

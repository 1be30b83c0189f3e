"""The stalls of a site as a driver sees them now: one word each, from link, plug, car and booking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from core import clock
from core.ui.status import shown, stall_word
from scheduling.selectors.bookings import Kept, keeping
from scheduling.selectors.turnover import expected_ends, next_bookings
from stations.models import ChargingSession, Connector, Evse

LONGEST_LABEL: Final = 4
OUT_OF_ORDER: Final = frozenset({"faulted", "unavailable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StallNow:
    """One EVSE. `word` is a status word; `label` what is painted on it; `booked_from` when it is kept;
    `free_at` when the car here is expected to be ready; `free_until` when the next booking begins."""

    evse: Evse
    label: str
    word: str
    standards: tuple[str, ...]
    session: ChargingSession | None
    booked: Kept | None
    free_at: datetime | None = None
    free_until: datetime | None = None

    @property
    def role(self) -> str:
        return shown(self.word).role

    @property
    def is_free(self) -> bool:
        return self.role == "free"

    @property
    def booked_from(self) -> datetime | None:
        return self.booked.during.lower if self.booked else None


def stalls_of(location_ids: Sequence[int], *, now: datetime | None = None) -> dict[int, list[StallNow]]:
    """The stalls of each location in the order of their labels, in eight queries at most."""
    now = now or clock.now()
    evses = list(_evses(location_ids))
    situation = _Situation.of(evses, now)
    stalls: dict[int, list[StallNow]] = {pk: [] for pk in location_ids}
    for evse in evses:
        mine = stalls[evse.station.location_id]
        mine.append(_stall(evse, str(len(mine) + 1), situation))
    return stalls


@dataclass(frozen=True, slots=True, kw_only=True)
class _Situation:
    """What is known of each EVSE: its open session, who keeps it now, and how long it lasts."""

    sessions: Mapping[int, ChargingSession]
    kept: Mapping[int, Kept]
    free_at: Mapping[int, datetime]
    next_booked_at: Mapping[int, datetime]

    @classmethod
    def of(cls, evses: Sequence[Evse], now: datetime) -> Self:
        pks = [evse.pk for evse in evses]
        sessions = _open_sessions(evses)
        return cls(
            sessions=sessions,
            kept={r.evse_id: r for r in keeping(evse_ids=pks, at=now)},
            free_at=expected_ends(sessions, now=now),
            next_booked_at=next_bookings(pks, now=now),
        )


def stall_of(evse: Evse) -> StallNow:
    """One stall, with the label that it has on its site's page."""
    location_id = evse.station.location_id
    return next(stall for stall in stalls_of([location_id])[location_id] if stall.evse.pk == evse.pk)


def is_out_of_order(evse: Evse) -> bool:
    """By what its plugs report at this moment: each is broken or closed."""
    statuses = set(Connector.objects.filter(evse=evse).values_list("status", flat=True))
    return bool(statuses) and statuses <= OUT_OF_ORDER


def labels_of(location_id: int) -> dict[int, str]:
    """The label of each EVSE of a location."""
    return {stall.evse.pk: stall.label for stall in stalls_of([location_id])[location_id]}


def _evses(location_ids: Sequence[int]) -> Iterable[Evse]:
    return (
        Evse.objects.filter(station__location__in=location_ids)
        .select_related("station__location__organization")
        .prefetch_related("connectors")
        .order_by("station__location", "station__identity", "number")
    )


def _open_sessions(evses: Sequence[Evse]) -> dict[int, ChargingSession]:
    found = ChargingSession.objects.filter(
        evse__in=[evse.pk for evse in evses], status__in=["pending", "active"]
    ).order_by("status")
    by_evse: dict[int, list[ChargingSession]] = defaultdict(list)
    for session in found:
        if session.evse_id is not None:
            by_evse[session.evse_id].append(session)
    return {evse_id: sessions[0] for evse_id, sessions in by_evse.items()}


def _stall(evse: Evse, place: str, situation: _Situation) -> StallNow:
    connectors = list(evse.connectors.all())
    session, booked = situation.sessions.get(evse.pk), situation.kept.get(evse.pk)
    word = stall_word(
        is_connected=evse.station.is_connected,
        connector_status=_worst(connectors),
        phase=_phase(session),
        is_booked=booked is not None,
    )
    return StallNow(
        evse=evse,
        label=_label(evse, place),
        word=word,
        standards=tuple(dict.fromkeys(connector.standard for connector in connectors)),
        session=session,
        booked=booked,
        free_at=situation.free_at.get(evse.pk),
        free_until=situation.next_booked_at.get(evse.pk),
    )


def _label(evse: Evse, place: str) -> str:
    """What stands large on the stall: "3" of "Stall 3"; its place in the row when the name is long."""
    last = (evse.name.split() or [place])[-1]
    return last if len(last) <= LONGEST_LABEL else place


def _worst(connectors: Sequence[Connector]) -> str:
    """Several plugs on one EVSE serve one car: one that is in use decides, a broken one only alone."""
    statuses = [connector.status for connector in connectors]
    in_use = [status for status in statuses if status in ("occupied", "reserved")]
    usable = [status for status in statuses if status == "available"]
    return next(iter([*in_use, *usable, *statuses]), "unknown")


def _phase(session: ChargingSession | None) -> str:
    if session is None:
        return ""
    return session.phase or ("connected" if session.status == ChargingSession.Status.PENDING else "charging")

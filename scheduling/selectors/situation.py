"""What the planner must know of a location, read from the tables and put into its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q

from scheduling.allocation import power_types as words
from scheduling.allocation.outer import under
from scheduling.allocation.power_types import Plan, Reason
from scheduling.allocation.replay import recorded_plan
from scheduling.allocation.standby import Default
from scheduling.allocation.transition import InForce
from scheduling.models import PowerPlan, SentProfile
from scheduling.selectors.following import Following, default_of, figure, following_of, is_waited_for
from scheduling.selectors.outer import outer_limits
from scheduling.selectors.power import latest_plan
from stations.models import ChargingSession, Circuit, Evse, MeterReading

VOLTAGE_V = 230
READING_COUNTS_FOR = timedelta(minutes=10)
SETTLES_IN = timedelta(seconds=30)  # a car needs so long to follow a new limit
PLAN_IS_REMEMBERED_FOR = timedelta(hours=2)


@dataclass(frozen=True)
class Situation:
    """A location at one instant. Keys are ids as strings, as in the planner's words."""

    site: words.Site
    sessions: tuple[words.Session, ...]
    in_force: tuple[InForce, ...]
    previous: Plan | None
    exposed_before_a: int
    evses: Mapping[str, Evse]
    charging: Mapping[str, ChargingSession]
    followings: Mapping[str, Following]
    defaults: Mapping[str, Sequence[SentProfile]]
    standing: Mapping[str, Default]


def situation_of(*, location_id: int, now: datetime) -> Situation | None:
    """None where no limit is known, so that there is nothing to share."""
    circuits = list(Circuit.objects.filter(location=location_id).order_by("pk"))
    if not circuits:
        return None
    evses = {str(evse.pk): evse for evse in _evses(location_id)}
    charging = {str(session.pk): session for session in _charging(location_id)}
    profiles = _profiles(list(evses.values()), now)
    readings = _readings(list(charging.values()), now)
    latest = latest_plan(location_id)
    previous = _remembered(latest, now)
    defaults = {key: _defaults(profiles, evse) for key, evse in evses.items()}
    followings = {
        key: following_of(
            evse=evses[str(session.evse_id)],
            profiles=[profile for profile in profiles if profile.session_id == session.pk],
            defaults=defaults[str(session.evse_id)],
            reading=readings.get(session.pk),
            now=now,
        )
        for key, session in charging.items()
    }
    return Situation(
        site=under(_site(location_id, circuits, evses), outer_limits(list(evses.values()), now=now)),
        sessions=(
            *(_session(s, evses[str(s.evse_id)], followings[k], previous, now) for k, s in charging.items()),
            *_unseen(evses, charging, defaults),
        ),
        in_force=tuple(_in_force(key, followings[key]) for key in charging),
        previous=previous,
        exposed_before_a=latest.exposed_a if latest else 0,
        evses=evses,
        charging=charging,
        followings=followings,
        defaults=defaults,
        standing={
            key: _standing(key, evse, defaults[key], now)
            for key, evse in evses.items()
            if _is_known(defaults[key])
        },
    )


# --- rows ----------------------------------------------------------------------------------------


def _evses(location_id: int) -> list[Evse]:
    found = Evse.objects.filter(station__location=location_id).select_related("station")
    return list(found.order_by("pk"))


def _charging(location_id: int) -> list[ChargingSession]:
    found = ChargingSession.objects.filter(
        station__location=location_id, status=ChargingSession.Status.ACTIVE, evse__isnull=False
    )
    return list(found.select_related("preferences", "reservation").defer("reservation__quote").order_by("pk"))


def _profiles(evses: Sequence[Evse], now: datetime) -> list[SentProfile]:
    """Those that may be in force, and recent refusals."""
    live = Q(status__in=["sent", "accepted"]) | Q(status="rejected", sent_at__gt=now - READING_COUNTS_FOR)
    return list(SentProfile.objects.filter(live, evse__in=evses).order_by("sent_at", "pk"))


def _defaults(profiles: Sequence[SentProfile], evse: Evse) -> list[SentProfile]:
    return [each for each in profiles if each.evse_id == evse.pk and each.purpose == "default"]


def _readings(charging: Sequence[ChargingSession], now: datetime) -> dict[int, MeterReading]:
    found = MeterReading.objects.filter(
        session__in=charging, taken_at__gt=now - READING_COUNTS_FOR, taken_at__lte=now
    ).order_by("session", "-taken_at")
    latest = found.filter(Q(current_ma__isnull=False) | Q(power_w__isnull=False)).distinct("session")
    return {reading.session_id: reading for reading in latest if reading.session_id is not None}


def _remembered(plan: PowerPlan | None, now: datetime) -> Plan | None:
    if plan is None or not now - PLAN_IS_REMEMBERED_FOR < plan.made_at <= now:
        return None
    return recorded_plan(plan.inputs)


# --- words ---------------------------------------------------------------------------------------


def _site(location_id: int, circuits: Sequence[Circuit], evses: Mapping[str, Evse]) -> words.Site:
    root = next(circuit for circuit in circuits if circuit.parent_id is None)
    return words.Site(
        id=str(location_id),
        branches=tuple(_branch(circuit) for circuit in circuits),
        evses=tuple(_evse(key, evse, root) for key, evse in evses.items()),
        voltage_v=VOLTAGE_V,
    )


def _branch(circuit: Circuit) -> words.Branch:
    return words.Branch(
        id=str(circuit.pk),
        parent=str(circuit.parent_id) if circuit.parent_id else None,
        name=circuit.name,
        limit_a=(float(circuit.limit_a),) * 3,
    )


def _evse(key: str, evse: Evse, root: Circuit) -> words.Evse:
    """Which phases a plug with fewer than three uses is not known, so it counts on all of them."""
    is_dc = evse.current_type == Evse.Current.DC
    return words.Evse(
        id=key,
        branch=str(evse.circuit_id or root.pk),
        current_type="dc" if is_dc else "ac",
        max_a=float(evse.max_current_a),
        max_w=evse.max_power_w if is_dc else 0,
    )


def _session(
    session: ChargingSession, evse: Evse, following: Following, previous: Plan | None, now: datetime
) -> words.Session:
    is_dc = evse.current_type == Evse.Current.DC
    needed_wh, departure_at = _wishes(session)
    plain = words.Session(
        id=str(session.pk),
        evse_id=str(evse.pk),
        connected_at=session.started_at or now,
        suspended=_is_suspended(session, following, previous),
        finished=session.phase == "idle",
        energy_needed_wh=needed_wh,
        departure_at=departure_at,
    )
    drawn = following.shown_draw(now, SETTLES_IN)
    unreachable = following.is_deaf or not evse.station.is_connected
    budget = following.most_without_us if unreachable else None
    if is_dc:
        return replace(
            plain, offered_w=round(following.limit), drawn_w=_whole(drawn), budget_w=_whole(budget)
        )
    return replace(plain, offered_a=following.limit, drawn_a=drawn, budget_a=budget)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _wishes(session: ChargingSession) -> tuple[int | None, datetime | None]:
    """What the driver said; the end of a booking is when she must make room."""
    preferences = getattr(session, "preferences", None)
    reservation = getattr(session, "reservation", None)
    asked_wh = (preferences and preferences.energy_wh) or (reservation and reservation.energy_wh)
    departure_at = (preferences and preferences.departure_at) or (reservation and reservation.during.upper)
    needed_wh = None if asked_wh is None else max(0, asked_wh - session.energy_wh)
    return needed_wh, departure_at


def _is_suspended(session: ChargingSession, following: Following, previous: Plan | None) -> bool:
    """Paused by the car; and, once it was given nothing for that, until it draws again."""
    if session.phase == "suspended_by_vehicle":
        return True
    share = previous.share_of(str(session.pk)) if previous else None
    was_asleep = share is not None and share.reason in (Reason.SUSPENDED, Reason.PROBE)
    return was_asleep and session.phase == "suspended_by_station" and not following.draws


def _in_force(key: str, following: Following) -> InForce:
    return InForce(
        session_id=key,
        limit=following.limit,
        held=following.held,
        ordered=following.ordered,
        sent_at=following.sent_at,
    )


def _is_known(defaults: Sequence[SentProfile]) -> bool:
    """The charger has taken a default at least once, so it can be steered by one."""
    return any(profile.status == SentProfile.Status.ACCEPTED for profile in defaults)


def _standing(key: str, evse: Evse, defaults: Sequence[SentProfile], now: datetime) -> Default:
    waiting = [figure(each) for each in defaults if is_waited_for(each, now)]
    return Default(evse_id=key, in_force=default_of(evse, defaults), ordered=waiting[-1] if waiting else None)


def _unseen(
    evses: Mapping[str, Evse],
    charging: Mapping[str, ChargingSession],
    defaults: Mapping[str, Sequence[SentProfile]],
) -> list[words.Session]:
    """Places on stations out of reach: a car that we cannot see may draw the default there."""
    in_use = {str(session.evse_id) for session in charging.values()}
    return [
        _unseen_session(key, evse, default_of(evse, defaults[key]))
        for key, evse in evses.items()
        if key not in in_use and not evse.station.is_connected and evse.station.last_seen_at is not None
    ]


def _unseen_session(key: str, evse: Evse, limit: float) -> words.Session:
    is_dc = evse.current_type == Evse.Current.DC
    return words.Session(
        id=f"unseen-{key}",
        evse_id=key,
        connected_at=evse.station.last_seen_at or evse.station.created_at,
        budget_w=round(limit) if is_dc else None,
        budget_a=None if is_dc else limit,
    )

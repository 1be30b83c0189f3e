"""Share a location's power: gather, plan, check, keep, and send what may be sent now."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from psycopg.types.range import TimestamptzRange

from core import clock
from core.events import publish
from core.live import nudge
from core.units import watts
from scheduling.allocation import power, standby, verify
from scheduling.allocation.outer import is_outer
from scheduling.allocation.power import Plan, Share
from scheduling.allocation.replay import record
from scheduling.allocation.transition import release
from scheduling.events import PlanMade
from scheduling.models import PowerPlan, PowerSlice, SentProfile
from scheduling.selectors.following import PROFILE_HOLDS, figure
from scheduling.selectors.reasons import stored as stored_reason
from scheduling.selectors.situation import Situation, situation_of
from scheduling.services.profiles import send_failsafe, send_session_limit
from stations.models import ChargingStation, Circuit, Location

logger = logging.getLogger(__name__)

RENEW_AFTER: Final = PROFILE_HOLDS * 2 / 3
FAILSAFE_RETRY: Final = timedelta(minutes=5)
PLANS_ARE_KEPT_FOR: Final = timedelta(days=14)
PLAN_HOLDS: Final = timedelta(hours=1)
_gathering: ContextVar[set[int] | None] = ContextVar("gathering", default=None)


class UnsafePlan(RuntimeError):
    """The checker refused a plan; nothing of it was kept or sent. A defect of the planner."""

    def __init__(self, violations: Sequence[verify.Violation]) -> None:
        super().__init__("; ".join(violation.sentence for violation in violations))
        self.violations = tuple(violations)


@transaction.atomic
def replan(*, location_id: int) -> Plan | None:
    """Share the power of a location anew and order what may be ordered now; None without circuits.

    Lowerings go first; raises follow once room is proven free, so it takes more than one call until a
    plan is in force: call it again at each answer. Raises UnsafePlan.
    """
    Location.objects.select_for_update(no_key=True).get(pk=location_id)
    now = clock.now()
    situation = situation_of(location_id=location_id, now=now)
    if situation is None:
        return None
    plan = power.plan(now=now, site=situation.site, sessions=situation.sessions, previous=situation.previous)
    wanted = _standby(plan, situation)
    exposed_a = _check(plan, situation, wanted)
    if _says_something_new(plan, situation.previous) or exposed_a != situation.exposed_before_a:
        _keep(plan, situation, exposed_a)
    _order(plan, situation, now)
    _order_defaults(plan, situation, wanted, now)
    return plan


def replan_station(*, station_id: int) -> Plan | None:
    """The same for the location of a station; None within `gathered`, which does it at its end."""
    location_id = ChargingStation.objects.values_list("location_id", flat=True).get(pk=station_id)
    waiting = _gathering.get()
    if waiting is None:
        return replan(location_id=location_id)
    waiting.add(location_id)
    return None


@contextmanager
def gathered() -> Iterator[None]:
    """Much news of one instant asks for the same plan: within this, places are noted, and shared once.

    A plan that fails at the end is logged and left to the sweep.
    """
    waiting: set[int] = set()
    before = _gathering.set(waiting)
    try:
        yield
    finally:
        _gathering.reset(before)
        for location_id in sorted(waiting):
            _replan_or_log(location_id)


def replan_all() -> int:
    """The sweep: every location with limits where cars charge or stations are connected."""
    locations = Circuit.objects.filter(parent=None, location__stations__is_connected=True)
    location_ids = sorted(set(locations.values_list("location_id", flat=True)))
    return sum(_replan_or_log(location_id) for location_id in location_ids)


def forget_old_plans() -> int:
    """Plans are kept for a fortnight, to explain and replay; returns how many went."""
    old = PowerPlan.objects.filter(made_at__lt=clock.now() - PLANS_ARE_KEPT_FOR)
    return old.delete()[1].get("scheduling.PowerPlan", 0)


def _replan_or_log(location_id: int) -> bool:
    try:
        return replan(location_id=location_id) is not None
    except UnsafePlan:
        logger.exception("the plan of location %s was refused by the checker", location_id)
        return False


# --- the plan ------------------------------------------------------------------------------------


def _standby(plan: Plan, situation: Situation) -> dict[str, float]:
    """The defaults that hold beside this plan if every link is lost."""
    return standby.standby(
        site=situation.site,
        plan=plan,
        failsafe=power.failsafe(situation.site),
        present={key: entry.in_force for key, entry in situation.standing.items()},
    )


def _check(plan: Plan, situation: Situation, wanted: Mapping[str, float]) -> int:
    """Answers by how much chargers out of reach could exceed a limit, which nobody can avoid: in amps.

    A limit of somebody else does not count there: the charger itself keeps to it.
    """
    violations = verify.check(plan, situation.site)
    violations += verify.check_standby(plan, situation.site, wanted)
    avoidable = [violation for violation in violations if violation.is_avoidable]
    if avoidable:
        raise UnsafePlan(avoidable)
    ours = [violation for violation in violations if not is_outer(violation.subject)]
    return math.ceil(max((violation.excess_a for violation in ours), default=0))


def _says_something_new(plan: Plan, previous: Plan | None) -> bool:
    return previous is None or [_gist(s) for s in plan.shares] != [_gist(s) for s in previous.shares]


def _gist(share: Share) -> tuple[str, str, float | None, int | None, str]:
    return share.session_id, share.evse_id, share.limit_a, share.limit_w, share.sentence


def _keep(plan: Plan, situation: Situation, exposed_a: int) -> None:
    """Store the plan with its inputs, so that it can be replayed, and one slice per session."""
    location = Location.objects.get(pk=int(situation.site.id))
    stored = PowerPlan.objects.create(
        organization_id=location.organization_id,
        location=location,
        made_at=plan.made_at,
        policy=plan.policy,
        exposed_a=exposed_a,
        inputs=record(
            plan=plan, site=situation.site, sessions=situation.sessions, previous=situation.previous
        ),
    )
    shares = [share for share in plan.shares if share.session_id in situation.charging]
    PowerSlice.objects.bulk_create([_slice(stored, share, situation) for share in shares])
    publish(
        PlanMade(
            plan_id=stored.pk,
            location_id=location.pk,
            organization_id=location.organization_id,
            at=plan.made_at,
        )
    )
    sessions = [f"session.{share.session_id}" for share in shares]
    nudge(f"location.{location.pk}", f"power.{location.organization_id}", *sessions)


def _slice(stored: PowerPlan, share: Share, situation: Situation) -> PowerSlice:
    limit_a = None if share.limit_a is None else math.ceil(share.limit_a)
    phases = situation.evses[share.evse_id].phases
    all_w = share.limit_w or 0 if limit_a is None else watts(limit_a=limit_a, phases=phases)
    return PowerSlice(
        plan=stored,
        session=situation.charging[share.session_id],
        during=TimestamptzRange(stored.made_at, stored.made_at + PLAN_HOLDS),
        limit_a=limit_a,
        limit_w=all_w,
        reason=stored_reason(share),
    )


# --- the orders ----------------------------------------------------------------------------------


def _order(plan: Plan, situation: Situation, now: datetime) -> None:
    steps = release(
        now=now,
        plan=plan,
        site=situation.site,
        in_force=situation.in_force,
        defaults={key: entry.in_force for key, entry in situation.standing.items()},
    )
    for step in steps:
        send_session_limit(
            session=situation.charging[step.session_id],
            evse=situation.evses[step.evse_id],
            limit=step.limit,
        )
    _renew(situation, {step.session_id for step in steps}, now)


def _renew(situation: Situation, just_sent: set[str], now: datetime) -> None:
    """Send a limit again before it lapses, as it is."""
    for key, session in situation.charging.items():
        following = situation.followings[key]
        if key in just_sent or following.sent_at is None or following.ordered is not None:
            continue
        evse = situation.evses[str(session.evse_id)]
        if evse.station.is_connected and now - following.sent_at >= RENEW_AFTER:
            send_session_limit(session=session, evse=evse, limit=following.limit)


def _order_defaults(plan: Plan, situation: Situation, wanted: Mapping[str, float], now: datetime) -> None:
    """Defaults that together with all session limits respect every limit, lowered before others rise."""
    steps = standby.default_steps(
        site=situation.site,
        plan=plan,
        held={entry.session_id: entry.held for entry in situation.in_force},
        defaults=situation.standing,
        wanted=wanted,
    )
    due = {step.evse_id: step.limit for step in steps}
    due |= {key: limit for key, limit in wanted.items() if key not in situation.standing}
    for key, limit in due.items():
        evse = situation.evses[key]
        if evse.station.is_connected and not _has_failsafe(situation.defaults[key], limit, now):
            send_failsafe(evse=evse, limit=limit)


def _has_failsafe(sent: Sequence[SentProfile], limit: float, now: datetime) -> bool:
    """It has it, or was asked a moment ago."""
    if not sent:
        return False
    last = sent[-1]
    is_in_place = last.status == SentProfile.Status.ACCEPTED and figure(last) == int(limit)
    return is_in_place or (figure(last) == int(limit) and last.sent_at + FAILSAFE_RETRY > now)

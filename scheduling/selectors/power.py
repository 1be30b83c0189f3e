"""Who gets how much power, and why: for the driver's live page and the operator's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from scheduling.models import PowerPlan, PowerSlice
from scheduling.selectors.reasons import worded


@dataclass(frozen=True, slots=True)
class PowerNow:
    """What one session may draw at present: watts over all phases; amps per phase for AC."""

    limit_w: int
    limit_a: int | None
    sentence: str
    since: datetime


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line of a location's plan."""

    session_id: int
    evse_id: int | None
    limit_w: int
    limit_a: int | None
    sentence: str


def latest_plan(location_id: int) -> PowerPlan | None:
    return PowerPlan.objects.filter(location=location_id).order_by("-made_at", "-pk").first()


def exposures(location_ids: Sequence[int]) -> dict[int, int]:
    """Amps per phase by which chargers that do not listen could exceed a limit; by location, where any."""
    newest = PowerPlan.objects.filter(location__in=location_ids).order_by("location_id", "-made_at", "-pk")
    found = newest.distinct("location_id").values_list("location_id", "exposed_a")
    return {location_id: exposed_a for location_id, exposed_a in found if exposed_a}


def power_now(session_id: int) -> PowerNow | None:
    """The share of a session in the latest plan that has one; None where power is not shared."""
    found = _slices([session_id]).first()
    if found is None:
        return None
    return PowerNow(found.limit_w, found.limit_a, _sentence(found), found.plan.made_at)


def plan_explanation(location_id: int) -> Sequence[PlanLine]:
    """The latest plan of a location, one line per session."""
    plan = latest_plan(location_id)
    if plan is None:
        return []
    slices = PowerSlice.objects.filter(plan=plan).select_related("session").order_by("session")
    return [
        PlanLine(each.session_id, each.session.evse_id, each.limit_w, each.limit_a, _sentence(each))
        for each in slices
    ]


def _sentence(share: PowerSlice) -> str:
    return worded(share.reason, limit_w=share.limit_w, limit_a=share.limit_a)


def _slices(session_ids: Sequence[int]) -> QuerySet[PowerSlice]:
    found = PowerSlice.objects.filter(session__in=session_ids).select_related("plan")
    return found.order_by("-plan__made_at", "-pk")

"""Running charges on companies' accounts: a warning first, and a stop before they outgrow what they may cost.

A charge may cost what its voucher says; all charges of a company together what is left of its month.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby

from django.db import transaction
from django.db.models import Q

from core import clock
from core.events import publish
from core.live import nudge
from core.money import to_minor
from payments.events import AllowanceNearlyUsed
from payments.models import CompanyCharge
from payments.selectors.companies import used_this_month_minor
from payments.services.pricing import live_cost
from payments.services.starting import stop_session
from payments.services.watching import STOP_AT_PERCENT, WARN_AT_PERCENT, is_being_stopped
from stations.models import ChargingSession

WANTED = ("company__organization", "session__station__location", "session__organization", "session__evse")


def watch_allowances() -> int:
    """Warn who nears a limit, and stop what would outgrow it. Returns how many are asked to stop."""
    running = CompanyCharge.objects.filter(
        Q(limit_minor__isnull=False) | Q(company__monthly_limit_minor__isnull=False),
        session__status=ChargingSession.Status.ACTIVE,
    )
    charges = running.select_related(*WANTED).order_by("company", "pk")
    used = [
        pair
        for _company, group in groupby(charges, lambda one: one.company_id)
        for pair in _used(list(group))
    ]
    for charge, percent in used:
        if percent >= WARN_AT_PERCENT and charge.warned_at is None:
            _warn(charge)
    due = [charge.session for charge, percent in used if percent >= STOP_AT_PERCENT]
    stopped = [session for session in due if not is_being_stopped(session)]
    for session in stopped:
        stop_session(session=session)
    return len(stopped)


def _used(charges: Collection[CompanyCharge]) -> Iterator[tuple[CompanyCharge, int]]:
    """How much of what it may cost each running charge of one company has cost, in percent."""
    costs = {charge.pk: _cost_minor(charge) for charge in charges}
    company = next(iter(charges)).company
    of_month = 0
    if company.monthly_limit_minor is not None:
        left = company.monthly_limit_minor - used_this_month_minor(company)
        of_month = _percent(sum(costs.values()), left)
    for charge in charges:
        own = 0 if charge.limit_minor is None else _percent(costs[charge.pk], charge.limit_minor)
        yield charge, max(own, of_month)


def _cost_minor(charge: CompanyCharge) -> int:
    bill = live_cost(charge.session)
    return to_minor(bill.total_gross, bill.currency)


def _percent(cost_minor: int, limit_minor: int) -> int:
    return cost_minor * 100 // limit_minor if limit_minor > 0 else 100


@transaction.atomic
def _warn(charge: CompanyCharge) -> None:
    """Once, whoever watches."""
    if CompanyCharge.objects.filter(pk=charge.pk, warned_at=None).update(warned_at=clock.now()):
        publish(
            AllowanceNearlyUsed(
                charge_id=charge.pk,
                organization_id=charge.company.organization_id,
                session_id=charge.session_id,
            )
        )
        nudge(f"session.{charge.session_id}")

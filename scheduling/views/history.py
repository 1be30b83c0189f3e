"""Receipts: the driver's past charges by month, with totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.money import Money
from payments.models import ChargeDetailRecord
from stations.models import ChargingSession

MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A past session and what it cost; no amount while its record is not made."""

    session: ChargingSession
    amount: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    first_day: date
    charges: Sequence[Charge]
    energy_wh: int
    totals: Sequence[Money]


@login_required
def history(request: HttpRequest) -> HttpResponse:
    """GET /history/."""
    context = {"tab": "history", "months": list(_months(_charges(request.user)))}
    return render(request, "scheduling/history.html", context)


def _charges(driver: Any) -> list[Charge]:
    past = (
        ChargingSession.objects.filter(driver=driver, status__in=["completed", "interrupted"])
        .select_related("station__location")
        .order_by("-started_at")[:MOST]
    )
    found = list(past)
    records = ChargeDetailRecord.objects.filter(session__in=found, credit_of=None).order_by("pk")
    amounts = {record.session_id: Money(record.total_gross, record.currency).rounded() for record in records}
    return [Charge(session=session, amount=amounts.get(session.pk)) for session in found]


def _months(charges: Sequence[Charge]) -> Iterator[Month]:
    for first_day, each in groupby(charges, key=_month):
        group = list(each)
        yield Month(
            first_day=first_day,
            charges=group,
            energy_wh=sum(charge.session.energy_wh for charge in group),
            totals=_totals(group),
        )


def _month(charge: Charge) -> date:
    started_at = charge.session.started_at
    assert started_at is not None  # noqa: S101 - a past session has begun
    zone = ZoneInfo(charge.session.station.location.time_zone)
    return started_at.astimezone(zone).date().replace(day=1)


def _totals(charges: Sequence[Charge]) -> list[Money]:
    """One sum per currency."""
    sums: dict[str, Money] = {}
    for charge in charges:
        if charge.amount is not None:
            known = sums.get(charge.amount.currency)
            sums[charge.amount.currency] = known + charge.amount if known else charge.amount
    return list(sums.values())

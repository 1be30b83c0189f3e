"""Receipts: the driver's past charges by month, with totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.money import Money
from core.ui.exports import csv_response
from payments.models import ChargeDetailRecord
from payments.selectors import refunded_by_session
from stations.models import ChargingSession

MOST = 200
COLUMNS = ("started_at", "ended_at", "place", "address", "energy_kwh", "amount", "currency", "session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A past session and what it cost; no amount while its record is not made."""

    session: ChargingSession
    amount: Money | None
    given_back: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    first_day: date
    charges: Sequence[Charge]
    energy_wh: int
    totals: Sequence[Money]


@login_required
def history(request: HttpRequest) -> HttpResponse:
    """GET /history/; with format=csv the same charges as a file."""
    charges = _charges(request.user)
    if request.GET.get("format") == "csv":
        return csv_response("receipts.csv", COLUMNS, map(_row, charges))
    context = {"tab": "history", "months": list(_months(charges))}
    return render(request, "scheduling/history.html", context)


def _row(charge: Charge) -> Sequence[object]:
    session, place = charge.session, charge.session.station.location
    zone = ZoneInfo(place.time_zone)
    times = (at.astimezone(zone).isoformat(timespec="seconds") if at else "" for at in _span(session))
    amount = (charge.amount.amount, charge.amount.currency) if charge.amount else ("", "")
    address = ", ".join(filter(None, (place.address, place.city)))
    return (*times, place.name, address, session.energy_wh / 1000, *amount, session.public_id)


def _span(session: ChargingSession) -> tuple[datetime | None, datetime | None]:
    return session.started_at, session.ended_at


def _charges(driver: Any) -> list[Charge]:
    past = (
        ChargingSession.objects.filter(driver=driver, status__in=["completed", "interrupted"])
        .select_related("station__location")
        .order_by("-started_at")[:MOST]
    )
    found = list(past)
    records = ChargeDetailRecord.objects.standing().filter(session__in=found)
    amounts = {record.session_id: Money(record.total_gross, record.currency).rounded() for record in records}
    given_back = refunded_by_session(found)
    return [
        Charge(session=session, amount=amounts.get(session.pk), given_back=given_back.get(session.pk))
        for session in found
    ]


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

"""What a host earned in a month: a share of the net price of each record that was issued in it.

A correction is a credit and a new record, issued later: it counts, with its sign, in the month in which
it is issued. So no statement is ever changed. Each line is rounded half up to the minor unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Organization
from core import clock
from core.events import publish
from core.money import to_minor
from payments.events import HostStated
from payments.models import ChargeDetailRecord, HostStatement, HostStatementLine, SiteHost
from payments.providers import provider
from payments.selectors.hosts import percent_at, shares_of, unshared_records
from payments.selectors.own_payouts import left_of, terms_at, terms_of
from payments.services import ledger


class Part(NamedTuple):
    """A record and what the host gets of it; of an organization's own: what the installation keeps of it."""

    record: ChargeDetailRecord
    percent: Decimal
    share_minor: int


def state_month(*, organization: Organization, month: date) -> list[HostStatement]:
    """The statements of all hosts for a month that is over; those that are there already are left alone.

    Raises ValueError for a month that is still running.
    """
    start, end = bounds(organization, month)
    if end > clock.now():
        raise ValueError(f"{month:%Y-%m} is not over")
    hosts = SiteHost.objects.filter(organization=organization).order_by("kind", "pk")  # hosts come first
    found = [_state(host, month, start, end) for host in hosts]
    return [statement for statement in found if statement is not None]


def state_last_month() -> int:
    """Every organization's last month. Returns how many statements were made; repeatable."""
    made = 0
    for organization in Organization.objects.filter(site_hosts__isnull=False).distinct():
        made += len(state_month(organization=organization, month=last_month(organization)))
    return made


def last_month(organization: Organization) -> date:
    """Its first day, in the organization's time zone."""
    today = clock.now().astimezone(ZoneInfo(organization.time_zone)).date()
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def bounds(organization: Organization, month: date) -> tuple[datetime, datetime]:
    """The month's first instant and that of the next, in the organization's time zone."""
    zone = ZoneInfo(organization.time_zone)
    first = datetime(month.year, month.month, 1, tzinfo=zone)
    following = (first + timedelta(days=32)).replace(day=1)
    return first, following


@transaction.atomic
def _state(host: SiteHost, month: date, start: datetime, end: datetime) -> HostStatement | None:
    SiteHost.objects.select_for_update().get(pk=host.pk)
    currency = host.organization.currency
    if HostStatement.objects.filter(host=host, month=month, currency=currency).exists():
        return None
    parts = list((_fees if host.is_own else _parts)(host, start, end, currency))
    sums = _sums(host, month, end, parts)
    if not parts and not sums["share_minor"]:
        return None
    statement = HostStatement.objects.create(
        organization=host.organization,
        host=host,
        month=month,
        currency=currency,
        records=len(parts),
        energy_wh=sum(part.record.energy_wh for part in parts),
        net=sum((part.record.total_net for part in parts), Decimal(0)),
        **sums,
    )
    HostStatementLine.objects.bulk_create(
        HostStatementLine(statement=statement, host=host, **part._asdict()) for part in parts
    )
    (ledger.post_own_statement if host.is_own else ledger.post_host_share)(statement=statement)
    publish(HostStated(statement_id=statement.pk, organization_id=host.organization_id))
    return statement


def _sums(host: SiteHost, month: date, end: datetime, parts: list[Part]) -> dict[str, int]:
    total_minor = sum(part.share_minor for part in parts)
    if not host.is_own:
        return {"share_minor": total_minor}
    return left_of(host, month, end, fee_minor=total_minor, provider=provider().name)


def _parts(host: SiteHost, start: datetime, end: datetime, currency: str) -> Iterator[Part]:
    shares = list(shares_of(host))
    for record in unshared_records(host, start, end).filter(currency=currency):
        percent = percent_at(shares, record.occasion.station.location_id, record.ended_at)
        if percent is not None:
            share = to_minor(record.total_net * percent.scaleb(-2), currency)
            yield Part(record, percent, share)


def _fees(host: SiteHost, start: datetime, end: datetime, currency: str) -> Iterator[Part]:
    """What the installation keeps of each record; a credit takes its fixed part back as well."""
    terms = terms_of(host.organization)
    for record in unshared_records(host, start, end).filter(currency=currency):
        held = terms_at(terms, record.ended_at)
        percent, fixed_minor = (held.percent, held.fixed_minor) if held else (Decimal(0), 0)
        sign = -1 if record.credit_of_id else 1
        fee_minor = to_minor(record.total_net * percent.scaleb(-2), currency) + sign * fixed_minor
        yield Part(record, percent, fee_minor)

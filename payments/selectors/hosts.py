"""Site hosts: what they get where, what they earned, what they are owed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Q, QuerySet
from psycopg.types.range import TimestamptzRange

from accounts.models import Organization
from core.money import Money
from payments.models import (
    ChargeDetailRecord,
    HostPayout,
    HostStatement,
    HostStatementLine,
    RevenueShare,
    SiteHost,
)
from payments.selectors.books import owed_minor
from stations.models import Location

WHOLE: Final = Decimal(100)


def payable_account(host: SiteHost) -> str:
    """The ledger account of what a host, or the organization, is owed (credit: negative)."""
    return f"payable:{host.kind}.{host.pk}"


def owed_to_host(host: SiteHost, currency: str) -> int:
    """Minor units that stand to the host's good; negative when corrections took more than was earned."""
    return -owed_minor(payable_account(host), currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHost:
    """A host as lists show it."""

    host: SiteHost
    shares: tuple[RevenueShare, ...]
    owed: Money


def hosts_of(organization: Organization, now: datetime) -> list[ShownHost]:
    """By name, with the shares that hold now."""
    return [
        shown_host(host, now)
        for host in SiteHost.objects.filter(organization=organization, kind=SiteHost.Kind.HOST).order_by(
            "name"
        )
    ]


def shown_host(host: SiteHost, now: datetime) -> ShownHost:
    currency = host.organization.currency
    return ShownHost(
        host=host,
        shares=tuple(shares_of(host).filter(Q(during__contains=now) | Q(during__startswith__gt=now))),
        owed=Money.of_minor(owed_to_host(host, currency), currency),
    )


def shares_of(host: SiteHost) -> QuerySet[RevenueShare]:
    return (
        RevenueShare.objects.filter(host=host).select_related("location").order_by("location__name", "during")
    )


def left_to_give(host: SiteHost, location: Location | None, since: datetime) -> Decimal:
    """Percent that nobody else gets from `since` on: of a site, or of the site of which least is left."""
    others = RevenueShare.objects.filter(
        organization=host.organization, during__overlap=TimestamptzRange(since, None)
    ).exclude(host=host)
    given: dict[int | None, Decimal] = defaultdict(Decimal)
    for share in others:
        given[share.location_id] += share.percent
    everywhere = given.pop(None, Decimal(0))
    at_sites = given.values() if location is None else [given.get(location.pk, Decimal(0))]
    return WHOLE - everywhere - max(at_sites, default=Decimal(0))


def unshared_records(host: SiteHost, start: datetime, end: datetime) -> QuerySet[ChargeDetailRecord]:
    """Records issued in this time that no statement of the host counts yet, credits among them."""
    counted = HostStatementLine.objects.filter(host=host).values("record")
    issued = ChargeDetailRecord.objects.filter(
        organization=host.organization, issued_at__gte=start, issued_at__lt=end
    )
    wanted = issued.exclude(pk__in=counted).exclude(total_net=0)
    return wanted.select_related("session__station", "kept__evse__station").order_by("pk")


def percent_at(shares: Iterable[RevenueShare], location_id: int, at: datetime) -> Decimal | None:
    """What the host gets of a charge that ended there then; the site's own share wins."""
    for wanted in (location_id, None):
        for share in shares:
            if share.location_id == wanted and at in share.during:
                return share.percent
    return None


def statements_of(host: SiteHost) -> QuerySet[HostStatement]:
    """Newest first."""
    return HostStatement.objects.filter(host=host).order_by("-month")


def payouts_of(host: SiteHost) -> QuerySet[HostPayout]:
    return HostPayout.objects.filter(host=host).order_by("-created_at")


def lines_of(statement: HostStatement) -> QuerySet[HostStatementLine]:
    """In the order in which the records were issued."""
    found = HostStatementLine.objects.filter(statement=statement)
    return found.select_related(
        "record__session__station__location", "record__kept__evse__station__location"
    ).order_by("record")

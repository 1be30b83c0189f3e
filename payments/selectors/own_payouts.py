"""What an organization itself is paid: what was collected for it, less what others get of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q, Sum

from accounts.models import Organization
from core.money import Money
from payments.models import HostStatement, PlatformTerms, PostingLine, SiteHost
from payments.selectors.fees import PLATFORM
from payments.selectors.ledgers import PAYOUTS
from payments.selectors.months import month_of


def terms_of(organization: Organization) -> list[PlatformTerms]:
    return list(PlatformTerms.objects.filter(organization=organization).order_by("during"))


def shown_terms(organization: Organization) -> list[tuple[PlatformTerms, Money]]:
    """Each with its fixed part as money."""
    return [(one, Money.of_minor(one.fixed_minor, organization.currency)) for one in terms_of(organization)]


def terms_at(terms: Iterable[PlatformTerms], at: datetime) -> PlatformTerms | None:
    return next((one for one in terms if at in one.during), None)


def left_of(host: SiteHost, month: date, end: datetime, *, fee_minor: int, provider: str) -> dict[str, int]:
    """The sums of the organization's own statement of a month, as its fields are named.

    All is reckoned from the month in which payouts were set up, less what earlier statements told: what came
    late, or was given back later, is set off by itself.
    """
    first = month_of(host.organization, host.created_at)
    earlier = HostStatement.objects.filter(host=host).aggregate(
        collected=Sum("collected_minor", default=0), hosts=Sum("hosts_minor", default=0)
    )
    collected_minor = _collected(host.organization, first.starts_at, end, provider) - earlier["collected"]
    hosts_minor = _for_hosts(host.organization, first.first_day, month) - earlier["hosts"]
    return {
        "collected_minor": collected_minor,
        "hosts_minor": hosts_minor,
        "fee_minor": fee_minor,
        "share_minor": collected_minor - hosts_minor - fee_minor,
    }


def _collected(organization: Organization, start: datetime, end: datetime, provider: str) -> int:
    """What stands at the provider for it; the provider's fees only where the organization bears them."""
    lines = PostingLine.objects.filter(
        posting__organization=organization,
        posting__at__gte=start,
        posting__at__lt=end,
        currency=organization.currency,
    ).exclude(posting__reference__startswith=PAYOUTS)
    at_provider = Q(account=f"cash:{provider}")
    borne_by_us = Q(account=PLATFORM, posting__reference__startswith="fee.")
    return int(lines.filter(at_provider | borne_by_us).aggregate(sum=Sum("amount_minor", default=0))["sum"])


def _for_hosts(organization: Organization, first: date, last: date) -> int:
    told = HostStatement.objects.filter(
        organization=organization,
        host__kind=SiteHost.Kind.HOST,
        currency=organization.currency,
        month__range=(first, last),
    )
    return int(told.aggregate(sum=Sum("share_minor", default=0))["sum"])

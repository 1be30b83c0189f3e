"""Site hosts and their shares; each act leaves an audit entry under the host's public id."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.types.range import TimestamptzRange

from accounts.models import Organization, User
from accounts.services import note_action
from core.events import publish
from payments.events import HostInvited
from payments.models import RevenueShare, SiteHost
from payments.selectors.hosts import left_to_give
from stations.models import Location


class HostThere(ValueError):
    """The organization has a host with this address already."""


class TooMuch(ValueError):
    """All hosts of a place together would get more than the whole; `left` is what can still be given."""

    def __init__(self, left: Decimal) -> None:
        super().__init__(f"{left} % are left")
        self.left = left


def subject_of(host: SiteHost) -> str:
    """As its audit entries name it."""
    return f"host.{host.public_id}"


@transaction.atomic
def add_host(*, actor: User, organization: Organization, name: str, email: str) -> SiteHost:
    """A new host, invited by mail to say where their money goes. Raises HostThere."""
    try:
        with transaction.atomic():
            host = SiteHost.objects.create(organization=organization, name=name, email=email)
    except IntegrityError as error:
        raise HostThere(email) from error
    _note(actor, host, "host.add", {"name": name})
    publish(HostInvited(host_id=host.pk, organization_id=organization.pk))
    return host


@transaction.atomic
def pay_ourselves(*, actor: User, organization: Organization) -> SiteHost:
    """The organization itself as somebody who is paid; it counts from this month on. Repeatable."""
    host, is_new = SiteHost.objects.get_or_create(
        organization=organization,
        kind=SiteHost.Kind.ORGANIZATION,
        defaults={"name": organization.name, "email": actor.email},
    )
    if is_new:
        _note(actor, host, "host.own", {"name": organization.name})
    return host


@transaction.atomic
def invite_again(*, actor: User, host: SiteHost) -> None:
    _note(actor, host, "host.invite", {})
    publish(HostInvited(host_id=host.pk, organization_id=host.organization_id))


@transaction.atomic
def give_share(
    *, actor: User, host: SiteHost, location: Location | None, percent: Decimal, starts_at: datetime
) -> RevenueShare:
    """From `starts_at` on the host gets so much there; what they got there before ends. Raises TooMuch."""
    Organization.objects.select_for_update().get(pk=host.organization_id)
    _end(host, location, starts_at)
    left = left_to_give(host, location, starts_at)
    if percent > left:
        raise TooMuch(left)
    share = RevenueShare.objects.create(
        organization=host.organization,
        host=host,
        location=location,
        percent=percent,
        during=TimestamptzRange(starts_at, None),
    )
    _note(actor, host, "host.share", {"percent": str(percent), "where": str(location or "")})
    return share


@transaction.atomic
def end_share(*, actor: User, share: RevenueShare, at: datetime) -> None:
    """A running one ends, what is earned stays. A planned one goes, and what it would have ended goes on."""
    Organization.objects.select_for_update().get(pk=share.organization_id)
    mine = RevenueShare.objects.filter(host=share.host, location=share.location)
    found = mine.select_related("host__organization", "location").filter(pk=share.pk).first()
    if found is None:
        return
    share = found
    if share.during.lower >= at:
        share.delete()
        for former in mine.filter(during__endswith=share.during.lower):
            _until(former, share.during.upper)
    elif share.during.upper is None or share.during.upper > at:
        _until(share, at)
    _note(actor, share.host, "host.end", {"where": str(share.location or "")})


def _end(host: SiteHost, location: Location | None, at: datetime) -> None:
    """What holds then ends, what was to begin later goes."""
    mine = RevenueShare.objects.select_for_update().filter(host=host, location=location)
    mine.filter(during__startswith__gte=at).delete()
    for share in mine.filter(during__contains=at):
        _until(share, at)


def _until(share: RevenueShare, end: datetime | None) -> None:
    share.during = TimestamptzRange(share.during.lower, end)
    share.save(update_fields=["during"])


def _note(actor: User, host: SiteHost, action: str, changes: dict[str, Any]) -> None:
    note_action(
        actor=actor,
        organization=host.organization,
        action=action,
        subject=subject_of(host),
        changes=changes,
    )

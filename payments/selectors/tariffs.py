"""A tariff's versions, where they hold, and who changed them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import AuditEntry, Organization
from core import clock
from payments.models import CustomerGroup, Tariff, TariffAssignment

HISTORY_AT_MOST = 50
SOON = timedelta(minutes=1)
"""What holds from so soon on is as good as in force."""
SHOWN = ("group", "location", "station__location", "evse__station__location")
"""What a page says of where and for whom a tariff holds."""


def versions_of(organization: Organization, public_id: UUID) -> QuerySet[Tariff]:
    """Newest first."""
    mine = Tariff.objects.filter(organization=organization, public_id=public_id)
    return mine.select_related("organization").order_by("-version")


def rewritable() -> QuerySet[Tariff]:
    """Newest versions by which nobody can have been priced: they were not used and have held nowhere."""
    held = TariffAssignment.objects.filter(tariff=OuterRef("pk"), during__startswith__lte=clock.now() + SOON)
    newer = Tariff.objects.filter(public_id=OuterRef("public_id"), version__gt=OuterRef("version"))
    return Tariff.objects.filter(~Exists(held), ~Exists(newer), used_at=None)


def assignments_of(tariff: Tariff) -> dict[str, list[TariffAssignment]]:
    """Where its versions hold "now", will hold ("planned"), and held ("past")."""
    now = clock.now()
    found: dict[str, list[TariffAssignment]] = {"now": [], "planned": [], "past": []}
    rows = TariffAssignment.objects.filter(
        organization=tariff.organization, tariff__public_id=tariff.public_id
    )
    for one in rows.select_related("tariff", *SHOWN).order_by("-during"):
        is_past = one.during.upper is not None and one.during.upper <= now
        found["past" if is_past else "planned" if one.during.lower > now else "now"].append(one)
    return found


def prices_of(group: CustomerGroup) -> QuerySet[TariffAssignment]:
    """What a group pays, where, now and as planned."""
    lasting = Q(during__endswith__isnull=True) | Q(during__endswith__gt=clock.now())
    rows = TariffAssignment.objects.filter(lasting, group=group)
    return rows.select_related("tariff", *SHOWN).order_by("during")


def history_of(organization: Organization, subject: str) -> QuerySet[AuditEntry]:
    """Who changed it, newest first."""
    entries = AuditEntry.objects.filter(organization=organization, subject=subject)
    return entries.select_related("actor").order_by("-at")[:HISTORY_AT_MOST]

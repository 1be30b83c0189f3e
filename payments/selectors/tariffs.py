"""A tariff's versions, where they hold, and who changed them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from accounts.models import AuditEntry, Organization
from core import clock
from payments.models import Tariff, TariffAssignment

HISTORY_AT_MOST = 50


def versions_of(organization: Organization, public_id: UUID) -> QuerySet[Tariff]:
    """Newest first."""
    mine = Tariff.objects.filter(organization=organization, public_id=public_id)
    return mine.select_related("organization").order_by("-version")


def assignments_of(tariff: Tariff) -> dict[str, list[TariffAssignment]]:
    """Where its versions hold "now", will hold ("planned"), and held ("past")."""
    now = clock.now()
    found: dict[str, list[TariffAssignment]] = {"now": [], "planned": [], "past": []}
    rows = TariffAssignment.objects.filter(
        organization=tariff.organization, tariff__public_id=tariff.public_id
    )
    for one in rows.select_related("tariff", "location", "evse__station__location").order_by("-during"):
        is_past = one.during.upper is not None and one.during.upper <= now
        found["past" if is_past else "planned" if one.during.lower > now else "now"].append(one)
    return found


def history_of(organization: Organization, subject: str) -> QuerySet[AuditEntry]:
    """Who changed it, newest first."""
    entries = AuditEntry.objects.filter(organization=organization, subject=subject)
    return entries.select_related("actor").order_by("-at")[:HISTORY_AT_MOST]

"""Tariffs by number and name, for floors that may not know what a tariff is (`settings.TARIFF_CHOICES`)."""

from __future__ import annotations

from payments.models import Tariff


def tariff_choices(organization_id: int) -> list[tuple[int, str]]:
    """The newest version of each tariff of an organization."""
    newest = Tariff.objects.filter(organization_id=organization_id).order_by("public_id", "-version")
    return sorted(
        ((tariff.pk, tariff.name) for tariff in newest.distinct("public_id")), key=lambda row: row[1]
    )

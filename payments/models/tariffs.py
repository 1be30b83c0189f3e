from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from payments.models.groups import CustomerGroup
from stations.models import ChargingStation, Evse, Location


class Tariff(models.Model):
    """One version of a tariff, in OCPI 2.3.0's shape. A version that was used is final."""

    class TaxIncluded(models.TextChoices):
        YES = "YES", _("included")
        NO = "NO", _("added")
        NA = "N/A", _("not applicable")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="tariffs")
    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(_("name"), max_length=80)
    currency = models.CharField(max_length=3)
    tax_included = models.CharField(max_length=3, choices=TaxIncluded.choices, default=TaxIncluded.YES)
    elements = models.JSONField(help_text=_("OCPI TariffElements; prices as strings"))
    min_price = models.JSONField(null=True, blank=True, help_text=_("OCPI PriceLimit"))
    max_price = models.JSONField(null=True, blank=True, help_text=_("OCPI PriceLimit"))
    idle_grace_minutes = models.PositiveIntegerField(default=0, help_text=_("an extension of ours to OCPI"))
    hold_minor = models.PositiveIntegerField(
        default=5000, help_text=_("the hold before energy flows, in minor units")
    )
    created_at = models.DateTimeField(default=clock.now)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["Tariff"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["public_id", "version"], name="tariff_version_unique"),
            models.UniqueConstraint(fields=["id", "organization"], name="tariff_with_its_organization"),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="used_tariffs_are_final",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__used_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class TariffAssignment(models.Model):
    """Which tariff holds where, for whom and when; without a tariff a group charges free of charge.

    The price of the driver's group before everybody's, then the narrowest place: EVSE, station, location,
    organization (`selectors.prices`).
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    tariff = models.ForeignKey(
        Tariff, on_delete=models.PROTECT, null=True, blank=True, related_name="assignments"
    )
    group = models.ForeignKey(
        CustomerGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="assignments"
    )
    location = models.ForeignKey(Location, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    station = models.ForeignKey(
        ChargingStation, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    evse = models.ForeignKey(Evse, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    during = DateTimeRangeField()

    objects = OrganizationQuerySet["TariffAssignment"].as_manager()

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="one_tariff_per_scope_at_a_time",
                expressions=[
                    (F("organization"), RangeOperators.EQUAL),
                    (Coalesce(F("group"), Value(0)), RangeOperators.EQUAL),
                    (Coalesce(F("location"), Value(0)), RangeOperators.EQUAL),
                    (Coalesce(F("station"), Value(0)), RangeOperators.EQUAL),
                    (Coalesce(F("evse"), Value(0)), RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(location__isnull=True, station__isnull=True)
                | Q(location__isnull=True, evse__isnull=True)
                | Q(station__isnull=True, evse__isnull=True),
                name="assignment_has_one_scope",
            ),
            models.CheckConstraint(
                condition=Q(tariff__isnull=False) | Q(group__isnull=False), name="free_for_groups_only"
            ),
            models.CheckConstraint(
                condition=Q(during__startswith__isnull=False) & ~Q(during__isempty=True),
                name="assignment_has_a_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tariff or _('free of charge')} → {self.place}"

    @property
    def place(self) -> Evse | ChargingStation | Location | None:
        """The one place that it holds at; None: the whole network."""
        return self.evse or self.station or self.location

    @property
    def holds_everywhere(self) -> bool:
        return self.evse_id is None and self.station_id is None and self.location_id is None


class RuleOverride(models.Model):
    """An owner's word that a rule about prices does not bind this version where it holds."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="overrides")
    rule = models.CharField(max_length=40)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["RuleOverride"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tariff", "rule"], name="rule_overridden_once"),
        ]

    def __str__(self) -> str:
        return f"{self.tariff}: {self.rule}"

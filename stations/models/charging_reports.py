"""What 2.x stations tell about smart charging: the profiles they hold, outer limits, a car's needs."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.sessions import ChargingSession
from stations.models.topology import ChargingStation


class ReportedProfile(models.Model):
    """A charging profile that a station says it holds (2.0.1 K09), whoever installed it."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="reported_profiles")
    evse_number = models.PositiveIntegerField(help_text=_("0: the whole station"))
    number = models.BigIntegerField(help_text=_("the profile's id on the wire"))
    source = models.CharField(max_length=20, help_text=_("who set it: CSO, EMS, SO, Other"))
    purpose = models.CharField(max_length=40)
    kind = models.CharField(max_length=12)
    stack_level = models.IntegerField()
    transaction_id = models.CharField(max_length=36, blank=True)
    body = models.JSONField(help_text=_("the whole profile, as it came"))
    request_number = models.BigIntegerField()
    reported_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["ReportedProfile"].as_manager()

    class Meta:
        ordering: ClassVar = ["evse_number", "purpose", "-stack_level"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["station", "evse_number", "number"], name="reported_profile_unique_in_station"
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} #{self.number}"


OURS: Final = "CSO"
SOURCES: Final[dict[str, str | Promise]] = {
    "EMS": _("Energy management"),
    "SO": _("Grid operator"),
    "CSO": _("Forecourt"),
    "Other": _("Somebody else"),
}


class ReportedLimit(models.Model):
    """Somebody else limits a station: a grid operator, a building (2.0.1 K11 to K14).

    `bounds` are what its schedules mean: {"start_at", "end_at" or null, "limit_a" per phase or "limit_w"
    over all phases}, instants in ISO form; none where it came without figures.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="reported_limits")
    evse_number = models.PositiveIntegerField(default=0, help_text=_("0: the whole station"))
    source = models.CharField(max_length=20)
    is_grid_critical = models.BooleanField(null=True)
    schedules = models.JSONField(default=list)
    bounds = models.JSONField(default=list, db_default=[])
    told_at = models.DateTimeField(default=clock.now)
    cleared_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["ReportedLimit"].as_manager()

    class Meta:
        ordering: ClassVar = ["-told_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["station", "evse_number", "source"],
                condition=Q(cleared_at__isnull=True),
                name="one_limit_of_each_source",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.evse_number}"

    @property
    def is_ours(self) -> bool:
        return self.source == OURS

    @property
    def source_text(self) -> str:
        """Who set it, for people; a word that is not in the list is shown as it came (2.1)."""
        return source_text(self.source)


def source_text(source: str) -> str:
    return str(SOURCES.get(source, source))


class ChargingNeeds(models.Model):
    """What a car told its station that it needs (2.0.1 K15, K17), and the schedule that it then chose."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="+")
    evse_number = models.PositiveIntegerField()
    session = models.ForeignKey(
        ChargingSession, on_delete=models.CASCADE, null=True, blank=True, related_name="needs"
    )
    energy_transfer = models.CharField(max_length=32, help_text=_("AC_three_phase, DC …"))
    departure_at = models.DateTimeField(null=True, blank=True)
    energy_wh = models.BigIntegerField(null=True, blank=True)
    soc_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    max_schedules = models.PositiveIntegerField(null=True, blank=True)
    body = models.JSONField(help_text=_("all that the car said"))
    schedule = models.JSONField(null=True, blank=True, help_text=_("what the car means to do"))
    received_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["ChargingNeeds"].as_manager()

    class Meta:
        verbose_name_plural = "charging needs"
        ordering: ClassVar = ["-received_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["station", "evse_number", "-received_at"], name="needs_of_evse")
        ]

    def __str__(self) -> str:
        return f"{self.station_id}/{self.evse_number} {self.energy_transfer}"

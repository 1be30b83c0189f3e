from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models import ChargingSession, ChargingStation, Circuit, Evse, Location, StationCommand


class ChargingPreferences(models.Model):
    session = models.OneToOneField(ChargingSession, on_delete=models.CASCADE, related_name="preferences")
    departure_at = models.DateTimeField(null=True, blank=True)
    energy_wh = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "charging preferences"

    def __str__(self) -> str:
        return f"{self.session}"


class PowerPlan(models.Model):
    """A plan for one location with the inputs it was made from, so that it can be replayed."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="power_plans")
    circuit = models.ForeignKey(Circuit, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    inputs = models.JSONField()
    policy = models.CharField(max_length=40)
    exposed_a = models.PositiveIntegerField(
        default=0, db_default=0, help_text=_("amps by which chargers out of reach could exceed a limit")
    )

    objects = OrganizationQuerySet["PowerPlan"].as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["location", "-made_at"])]

    def __str__(self) -> str:
        return f"{self.location} {self.made_at:%Y-%m-%d %H:%M}"


class PowerSlice(models.Model):
    """What one session gets while the plan holds, and why."""

    plan = models.ForeignKey(PowerPlan, on_delete=models.CASCADE, related_name="slices")
    session = models.ForeignKey(ChargingSession, on_delete=models.CASCADE, related_name="+")
    during = DateTimeRangeField()
    limit_w = models.PositiveIntegerField()
    limit_a = models.PositiveIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="slices_of_a_session_do_not_overlap",
                expressions=[
                    ("plan", RangeOperators.EQUAL),
                    ("session", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.limit_w} W"


class SentProfile(models.Model):
    """The charging profile that a station has, or is being given; the latest row per key counts.

    `status`: sent (the old limit still counts), accepted, rejected, cleared.
    """

    class Status(models.TextChoices):
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")
        CLEARED = "cleared", _("Cleared")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="sent_profiles")
    evse = models.ForeignKey(
        Evse, on_delete=models.CASCADE, null=True, blank=True, related_name="sent_profiles"
    )
    session = models.ForeignKey(
        ChargingSession, on_delete=models.CASCADE, null=True, blank=True, related_name="sent_profiles"
    )
    profile_id = models.IntegerField()
    purpose = models.CharField(max_length=12)
    stack_level = models.PositiveSmallIntegerField(default=0)
    limit_a = models.PositiveIntegerField(null=True, blank=True)
    limit_w = models.PositiveIntegerField(null=True, blank=True)
    command = models.OneToOneField(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="sent_profile"
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SENT)
    sent_at = models.DateTimeField(default=clock.now)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["SentProfile"].as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["evse", "purpose", "-sent_at"])]

    def __str__(self) -> str:
        return f"{self.station_id} profile {self.profile_id}"

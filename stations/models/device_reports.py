"""What 2.x stations tell about themselves beside their settings: reports, monitors, events, messages."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.topology import ChargingStation


class StationReport(models.Model):
    """One report, which comes in parts (2.0.1 B07, N02, K09, N09, O03): is it complete, what is missing?

    `seq_nos` are the numbered parts that came; messages without numbers are only counted.
    """

    class Kind(models.TextChoices):
        VARIABLES = "variables", _("Settings")
        MONITORS = "monitors", _("Monitors")
        PROFILES = "profiles", _("Charging profiles")
        CUSTOMER = "customer", _("Customer information")
        MESSAGES = "messages", _("Display messages")
        GRID = "grid", _("Grid support controls")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    request_number = models.BigIntegerField(help_text=_("the id of our request, which each part names"))
    parts = models.PositiveIntegerField(default=0)
    seq_nos = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    last_seq_no = models.PositiveIntegerField(null=True, blank=True)
    text = models.TextField(blank=True, help_text=_("what it says, where it is plain text"))
    began_at = models.DateTimeField(default=clock.now)
    heard_at = models.DateTimeField(default=clock.now)
    completed_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["StationReport"].as_manager()

    class Meta:
        ordering: ClassVar = ["-heard_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["station", "kind", "request_number"], name="report_unique_in_station"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.request_number}"

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbered parts that have not come yet, as far as can be told."""
        top = self.last_seq_no if self.last_seq_no is not None else max(self.seq_nos, default=-1)
        return tuple(sorted(set(range(top + 1)) - set(self.seq_nos)))


class _AboutVariable(models.Model):
    """Names one variable of the device model; `evse_number` 0 is the station, connector 0 the EVSE."""

    component = models.CharField(max_length=50, blank=True)
    component_instance = models.CharField(max_length=50, blank=True)
    variable = models.CharField(max_length=50, blank=True)
    instance = models.CharField(max_length=50, blank=True)
    evse_number = models.PositiveIntegerField(default=0)
    connector_number = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.component}.{self.variable}"


class VariableMonitor(_AboutVariable):
    """A monitor that a station keeps on one of its variables (2.0.1 N02 to N06)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="monitors")
    number = models.BigIntegerField(help_text=_("the station's own id of it"))
    kind = models.CharField(max_length=24, help_text=_("UpperThreshold, LowerThreshold, Delta, Periodic …"))
    value = models.FloatField(null=True, blank=True)
    severity = models.PositiveSmallIntegerField(default=9, help_text=_("0 danger … 9 debug"))
    is_transactional = models.BooleanField(default=False, help_text=_("only while someone charges"))
    origin = models.CharField(max_length=24, blank=True, help_text=_("hard-wired, preconfigured, custom"))
    reported_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["VariableMonitor"].as_manager()

    class Meta:
        ordering: ClassVar = ["component", "variable", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["station", "number"], name="monitor_unique_in_station")
        ]


class DeviceEvent(_AboutVariable):
    """Something happened to a variable: a threshold passed, a value changed (2.0.1 N07, N08)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="device_events")
    number = models.BigIntegerField(help_text=_("the station's own id of it"))
    happened_at = models.DateTimeField(help_text=_("by the station's clock"))
    received_at = models.DateTimeField(default=clock.now)
    trigger = models.CharField(max_length=12, help_text=_("Alerting, Delta or Periodic"))
    origin = models.CharField(max_length=24, blank=True)
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    value = models.TextField(blank=True)
    is_cleared = models.BooleanField(default=False, help_text=_("the value is back within its limits"))
    cause_number = models.BigIntegerField(null=True, blank=True)
    monitor_number = models.BigIntegerField(null=True, blank=True)
    transaction_id = models.CharField(max_length=36, blank=True)
    tech_code = models.CharField(max_length=50, blank=True)
    tech_info = models.CharField(max_length=1000, blank=True)

    objects = OrganizationQuerySet["DeviceEvent"].as_manager()

    class Meta:
        ordering: ClassVar = ["-happened_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["station", "number", "happened_at"], name="device_event_unique_in_station"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "-received_at"], name="device_events_of_network"),
            models.Index(fields=["received_at"], name="device_events_by_age"),
        ]


class DisplayMessage(models.Model):
    """A text that a station shows to people in front of it (2.0.1 O01 to O06)."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="display_messages")
    number = models.BigIntegerField()
    priority = models.CharField(max_length=16)
    state = models.CharField(max_length=16, blank=True, help_text=_("shown only in this state"))
    evse_number = models.PositiveIntegerField(default=0)
    transaction_id = models.CharField(max_length=36, blank=True)
    language = models.CharField(max_length=8, blank=True)
    format = models.CharField(max_length=8, default="UTF8")
    content = models.TextField()
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["DisplayMessage"].as_manager()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["station", "number"], name="message_unique_in_station")
        ]

    def __str__(self) -> str:
        return self.content[:60]

"""What stations report besides sessions and states, whichever protocol they speak."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.commands import StationCommand
from stations.models.topology import ChargingStation


class StationTransfer(models.Model):
    """Firmware on its way to a station, or a log on its way to us, told of by the station.

    `history` is a list of {"at": ISO instant, "word": the station's own}, the oldest first. A transfer
    without a command is one that somebody else caused.
    """

    class Kind(models.TextChoices):
        FIRMWARE = "firmware", _("Firmware update")
        LOG = "log", _("Log upload")

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELED = "canceled", _("Canceled")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="transfers")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    command = models.OneToOneField(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="transfer"
    )
    request_number = models.BigIntegerField(null=True, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    file_name = models.CharField(max_length=255, blank=True, help_text=_("as the station calls it"))
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    word = models.CharField(max_length=40, blank=True, help_text=_("the station's own word"))
    info = models.CharField(max_length=512, blank=True)
    history = models.JSONField(default=list, blank=True)
    requested_at = models.DateTimeField(default=clock.now)
    status_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["StationTransfer"].as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=["firmware", "log"]), name="transfer_kind_known"),
            models.CheckConstraint(
                condition=Q(status__in=["requested", "running"], ended_at__isnull=True)
                | Q(status__in=["done", "failed", "canceled"], ended_at__isnull=False),
                name="transfer_status_agrees_with_end",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["station", "kind", "-id"], name="transfers_of_station"),
            models.Index(
                fields=["organization", "-ended_at"],
                name="failed_transfers",
                condition=Q(status="failed"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"

    @property
    def status_word(self) -> str:
        """As `core.ui.status` has it."""
        words = {"requested": "waiting", "running": "under_way", "done": "succeeded"}
        return words.get(self.status, self.status)


class SecurityEvent(models.Model):
    """Something that a station found worth telling about its security (2.0.1 A04, 1.6 whitepaper A04).

    `is_urgent`: a person should look. `happened_at` is the station's clock.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="security_events")
    type = models.CharField(max_length=50)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField(default=clock.now)
    info = models.CharField(max_length=255, blank=True)
    is_urgent = models.BooleanField(default=False)
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["SecurityEvent"].as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["station", "type", "happened_at", "info"], name="security_event_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organization", "-received_at"],
                name="urgent_security_events",
                condition=Q(is_urgent=True, resolved_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.station_id}: {self.type}"

    @property
    def status_word(self) -> str:
        """Whether somebody has looked at it, as `core.ui.status` has it."""
        return "resolved" if self.resolved_at else "open"


class StationNotice(models.Model):
    """A message that is kept and shown, and from which nothing else follows. Only ever added to.

    `kind` is our word for it ("vendor_data", "battery_swap", ...); `request_number` names the command
    that asked for it.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="notices")
    at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=40)
    evse_number = models.PositiveIntegerField(null=True, blank=True)
    request_number = models.BigIntegerField(null=True, blank=True)
    body = models.JSONField()

    objects = OrganizationQuerySet["StationNotice"].as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["station", "kind", "-id"], name="notices_of_station"),
            models.Index(fields=["at"], name="notices_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.station_id}: {self.kind}"

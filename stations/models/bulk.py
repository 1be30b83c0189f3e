from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.commands import StationCommand
from stations.models.topology import ChargingStation


class BulkCommand(models.Model):
    """One command for many stations, given out at a pace, in stages, and halted when too many fail.

    `stages` are cumulative percentages of the stations: [5, 25, 100] asks five of a hundred first, and
    goes on when all of them have ended and not too many have failed.
    """

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        HALTED = "halted", _("Halted")
        COMPLETED = "completed", _("Completed")
        CANCELED = "canceled", _("Canceled")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="bulk_commands")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80, blank=True)
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    sealed = models.TextField(
        blank=True,
        db_default="",
        help_text=_("the parameters with their secrets, encrypted, until it has ended"),
    )
    selection = models.JSONField(default=dict, help_text=_("the filter, as it was asked"))
    pace_per_minute = models.PositiveIntegerField(default=60)
    stages = ArrayField(models.PositiveSmallIntegerField(), default=list)
    halt_percent = models.PositiveSmallIntegerField(default=10)
    halt_after = models.PositiveSmallIntegerField(
        default=5, help_text=_("so many must have ended before failures can halt it")
    )
    valid_for_s = models.PositiveIntegerField(help_text=_("how long each command may wait for its station"))
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    stage = models.PositiveSmallIntegerField(default=0)
    halt_reason = models.CharField(max_length=200, blank=True)
    forgiven = models.PositiveIntegerField(
        default=0, help_text=_("failures that were known when a person let it go on")
    )
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    requested_with = models.ForeignKey(
        ApiToken, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)
    asked_at = models.DateTimeField(null=True, blank=True, help_text=_("when it last asked a station"))
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["BulkCommand"].as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=["running", "halted", "completed", "canceled"]),
                name="bulk_status_known",
            ),
            models.CheckConstraint(condition=Q(pace_per_minute__gte=1), name="bulk_pace_positive"),
            models.CheckConstraint(condition=Q(halt_percent__lte=100), name="bulk_halt_is_a_percentage"),
        ]
        indexes: ClassVar = [models.Index(fields=["id"], name="running_bulks", condition=Q(status="running"))]

    def __str__(self) -> str:
        return self.name or f"{self.kind} #{self.pk}"


class BulkItem(models.Model):
    """One station of a bulk command, or one of several commands to it (then it has a `kind`).

    What became of it is told by its command, unless `outcome` says so: a station that was left out, or
    work that goes on after the answer (a firmware update).
    """

    class Outcome(models.TextChoices):
        UNDER_WAY = "under_way", _("Under way")
        SUCCEEDED = "succeeded", _("Done")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Left out")

    bulk = models.ForeignKey(BulkCommand, on_delete=models.CASCADE, related_name="items")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    stage = models.PositiveSmallIntegerField(default=0)
    command = models.OneToOneField(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="bulk_item"
    )
    kind = models.CharField(
        max_length=40,
        blank=True,
        db_default="",
        help_text=_("what this station is asked, where it differs from the others"),
    )
    params = models.JSONField(default=dict, db_default={})
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    note = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bulk", "position"], name="bulk_items_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.bulk_id}: {self.station_id}"

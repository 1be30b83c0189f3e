from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet


class DataImport(models.Model):
    """A file of another system: read, mapped, looked at, confirmed, written in pieces, perhaps undone."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Preview")
        RUNNING = "running", _("Running")
        COMPLETED = "completed", _("Completed")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="imports")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, help_text=_("see settings.IMPORTERS"))
    name = models.CharField(_("file"), max_length=120)
    encoding = models.CharField(max_length=20)
    separator = models.CharField(max_length=1, blank=True, help_text=_("empty: JSON"))
    columns = ArrayField(models.CharField(max_length=200))
    mapping = models.JSONField(default=dict, help_text=_("field -> column"))
    options = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    note = models.TextField(blank=True, help_text=_("why it could not be undone"))
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["DataImport"].as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "running", "completed", "undoing", "undone"]),
                name="import_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(confirmed_at__isnull=False), name="import_was_confirmed"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="open_imports", condition=Q(status__in=["running", "undoing"]))
        ]

    def __str__(self) -> str:
        return self.name


class ImportRow(models.Model):
    """One row of an import: what stood there, what it would do, what it did."""

    class Verdict(models.TextChoices):
        NEW = "new", _("New")
        CHANGED = "changed", _("Changed")
        UNCHANGED = "unchanged", _("Unchanged")
        PROBLEM = "problem", _("Problem")

    batch = models.ForeignKey(DataImport, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    cells = models.JSONField(default=dict, help_text=_("by column; passwords only as keyed hashes"))
    key = models.CharField(max_length=255, blank=True)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    problem = models.CharField(max_length=300, blank=True)
    values = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    is_done = models.BooleanField(default=False)
    object_id = models.BigIntegerField(null=True, blank=True, help_text=_("what it made or changed"))
    before = models.JSONField(default=dict, help_text=_("what undoing needs"))

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "number"], name="import_row_once"),
            models.CheckConstraint(
                condition=Q(verdict__in=["new", "changed", "unchanged", "problem"]),
                name="import_verdict_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.number}"

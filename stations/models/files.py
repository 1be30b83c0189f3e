from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.commands import StationCommand
from stations.models.topology import ChargingStation


class StoredFile(models.Model):
    """A file on our disk: firmware for stations, or logs that a station handed in. Never changed."""

    class Kind(models.TextChoices):
        FIRMWARE = "firmware", _("Firmware")
        LOGS = "logs", _("Logs")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    file_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200, help_text=_("as it was called where it came from"))
    stored_as = models.CharField(max_length=100, unique=True, help_text=_("path below FILES_ROOT"))
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, help_text=_("hex"))
    station = models.ForeignKey(
        ChargingStation, on_delete=models.CASCADE, null=True, blank=True, related_name="files"
    )
    # --- firmware
    version = models.CharField(max_length=50, blank=True)
    vendor = models.CharField(max_length=50, blank=True, help_text=_("empty: any"))
    model = models.CharField(max_length=50, blank=True, help_text=_("empty: any"))
    signature = models.TextField(blank=True, help_text=_("the maker's, Base64"))
    certificate = models.TextField(blank=True, help_text=_("the maker's signing certificate, PEM"))
    uploaded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["StoredFile"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=["firmware", "logs"]), name="file_kind_known"),
            models.CheckConstraint(condition=Q(size_bytes__gt=0), name="file_not_empty"),
            models.CheckConstraint(
                condition=~Q(kind="logs") | Q(station__isnull=False), name="logs_come_from_a_station"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organization", "kind", "-created_at"])]

    def __str__(self) -> str:
        return self.name

    @property
    def is_signed(self) -> bool:
        return bool(self.signature)


class FileLink(models.Model):
    """A one-time address at which a station fetches one file, or hands one in.

    Fetching is over when the last byte has left: a station may resume or try again until then.
    """

    class Purpose(models.TextChoices):
        FETCH = "fetch", _("the station fetches")
        HAND_IN = "hand_in", _("the station hands in")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="file_links")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    file = models.ForeignKey(
        StoredFile, on_delete=models.CASCADE, null=True, blank=True, related_name="links"
    )
    command = models.ForeignKey(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="file_links"
    )
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True, help_text=_("first byte"))
    used_at = models.DateTimeField(null=True, blank=True, help_text=_("last byte: no use after that"))

    objects = OrganizationQuerySet["FileLink"].as_manager()

    class Meta:
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(purpose__in=["fetch", "hand_in"]), name="link_purpose_known"),
            models.CheckConstraint(
                condition=Q(purpose="hand_in") | Q(file__isnull=False), name="link_fetches_a_file"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")), name="file_link_expires_after_creation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} #{self.pk}"

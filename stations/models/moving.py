"""Moving in from another system: foreign addresses, foreign names, and who has arrived."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.topology import ChargingStation


class PathAlias(models.Model):
    """An address of another system that the organization's chargers still dial (stations/path_patterns.py).

    Two organizations may have the same one, since identities are unique: the identity decides.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="path_aliases")
    pattern = models.CharField(_("path"), max_length=200)
    host = models.CharField(
        _("host name"), max_length=120, blank=True, help_text=_("empty: whatever name they dial")
    )
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["PathAlias"].as_manager()

    class Meta:
        ordering: ClassVar = ["pattern", "host"]
        verbose_name_plural = "path aliases"
        constraints: ClassVar = [
            models.UniqueConstraint(
                "organization", Lower("pattern"), Lower("host"), name="path_alias_once_per_organization"
            ),
            models.CheckConstraint(
                condition=Q(pattern__contains="{identity}"), name="path_alias_names_the_identity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host}{self.pattern}"


class StationAlias(models.Model):
    """What a charger calls itself, where that is not the identity it has here. One name, one station."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="aliases")
    alias = models.CharField(_("alias"), max_length=48)
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["StationAlias"].as_manager()

    class Meta:
        ordering: ClassVar = ["alias"]
        verbose_name_plural = "station aliases"
        constraints: ClassVar = [
            models.UniqueConstraint(Upper("alias"), name="station_alias_unique_ignoring_case"),
            models.CheckConstraint(condition=~Q(alias__contains=":"), name="station_alias_without_colon"),
            models.CheckConstraint(condition=~Q(alias=""), name="station_alias_not_empty"),
        ]

    def __str__(self) -> str:
        return self.alias


class Arrival(models.Model):
    """A station that is expected from another system, and how it came.

    What it came with is of its newest connection; `arrived_at` of its first.
    """

    class Showed(models.TextChoices):
        PASSWORD = "password", _("Its password")
        FIRST_SEEN = "first_seen", _("Its password, kept at the first sight")
        CERTIFICATE = "certificate", _("A certificate")
        NOTHING = "nothing", _("No password")

    station = models.OneToOneField(
        ChargingStation, on_delete=models.CASCADE, primary_key=True, related_name="arrival"
    )
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    expected_at = models.DateTimeField(default=clock.now)
    arrived_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    path_alias = models.ForeignKey(
        PathAlias, on_delete=models.SET_NULL, null=True, blank=True, related_name="arrivals"
    )
    dialed = models.CharField(max_length=200, blank=True, help_text=_("the path, as it was dialed"))
    ocpp_version = models.CharField(max_length=10, blank=True)
    showed = models.CharField(max_length=12, choices=Showed.choices, blank=True)
    remote_address = models.CharField(max_length=64, blank=True)

    objects = OrganizationQuerySet["Arrival"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(arrived_at__isnull=True, last_at__isnull=True)
                | Q(arrived_at__isnull=False, last_at__gte=models.F("arrived_at")),
                name="arrival_last_after_first",
            )
        ]

    def __str__(self) -> str:
        return f"{self.station_id}: {self.arrived_at or 'expected'}"

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.topology import ChargingStation


class ConfigurationTemplate(models.Model):
    """The settings that stations of a vendor and model should have; what differs is drift.

    `settings` maps a setting's name ("HeartbeatInterval", "OCPPCommCtrlr.HeartbeatInterval") to the
    wanted value, as text. An empty vendor, model or version fits every station.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("name"), max_length=60)
    vendor = models.CharField(_("vendor"), max_length=50, blank=True)
    model = models.CharField(_("model"), max_length=50, blank=True)
    ocpp_version = models.CharField(_("OCPP version"), max_length=10, blank=True)
    settings = models.JSONField(default=dict)
    changed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["ConfigurationTemplate"].as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "organization", Upper("name"), name="template_name_unique_in_organization"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def fits(self, station: ChargingStation) -> bool:
        """Whether this template is meant for stations like this one."""
        return all(wanted in ("", found) for wanted, found in self._pairs(station))

    def rank(self) -> int:
        """How narrowly it is meant: the narrower of two fitting templates decides."""
        return sum(bool(part) * weight for part, weight in self._weights())

    def _pairs(self, station: ChargingStation) -> tuple[tuple[str, str], ...]:
        return (
            (self.vendor.casefold(), station.vendor.casefold()),
            (self.model.casefold(), station.model.casefold()),
            (self.ocpp_version, station.ocpp_version),
        )

    def _weights(self) -> tuple[tuple[Any, int], ...]:
        return ((self.model, 4), (self.vendor, 2), (self.ocpp_version, 1))

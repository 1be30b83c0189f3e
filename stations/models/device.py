from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core.tenancy import OrganizationQuerySet
from stations.models.topology import ChargingStation


class DeviceVariable(models.Model):
    """One setting that a station reported; 1.6 keys are variables without a component."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="variables")
    component = models.CharField(max_length=50, blank=True)
    component_instance = models.CharField(max_length=50, blank=True)
    variable = models.CharField(max_length=50)
    instance = models.CharField(max_length=50, blank=True)
    evse_number = models.PositiveIntegerField(default=0)
    connector_number = models.PositiveIntegerField(default=0)
    attribute = models.CharField(max_length=10, default="Actual")
    value = models.TextField(blank=True)
    mutability = models.CharField(max_length=12, blank=True)
    characteristics = models.JSONField(
        default=dict, blank=True, help_text=_("dataType, unit, minLimit, maxLimit, valuesList (2.x)")
    )
    reported_at = models.DateTimeField()

    objects = OrganizationQuerySet["DeviceVariable"].as_manager()

    class Meta:
        ordering: ClassVar = ["component", "variable"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=[
                    "station",
                    "component",
                    "component_instance",
                    "variable",
                    "instance",
                    "evse_number",
                    "connector_number",
                    "attribute",
                ],
                name="variable_unique_in_station",
            )
        ]

    def __str__(self) -> str:
        return f"{self.component}.{self.variable}" if self.component else self.variable

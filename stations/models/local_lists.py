from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core.tenancy import OrganizationQuerySet
from stations.models.commands import StationCommand
from stations.models.topology import ChargingStation


class LocalList(models.Model):
    """The list of cards that a station accepts by itself, as we know it to be there.

    Without a row, or with `is_on` false, a station's list is not our business. `entries` maps a
    token's uid to its entry as sent; `sending` is the same list after the command in flight.
    """

    class State(models.TextChoices):
        BEHIND = "behind", _("Waiting to be sent")
        ASKING = "asking", _("Asking which list it has")
        SENDING = "sending", _("Being sent")
        IN_STEP = "in_step", _("In step")
        FAILED = "failed", _("Not taken; tried again later")
        UNSUPPORTED = "unsupported", _("The charger keeps no list")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.OneToOneField(
        ChargingStation, on_delete=models.CASCADE, primary_key=True, related_name="local_list"
    )
    is_on = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.BEHIND)
    version = models.PositiveIntegerField(default=0, help_text=_("0: empty or unknown"))
    entries = models.JSONField(default=dict)
    is_certain = models.BooleanField(default=False, help_text=_("the station itself named this version"))
    sending = models.JSONField(null=True, blank=True)
    command = models.ForeignKey(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    left_out = models.PositiveIntegerField(default=0, help_text=_("tokens that do not fit"))
    refusals = models.PositiveSmallIntegerField(default=0, help_text=_("in a row"))
    word = models.CharField(max_length=60, blank=True, help_text=_("the station's latest answer"))
    due_at = models.DateTimeField(null=True, blank=True, help_text=_("when to look again; empty: no need"))
    synced_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["LocalList"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=["behind", "asking", "sending", "in_step", "failed", "unsupported"]),
                name="local_list_state_known",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["due_at"], name="due_local_lists", condition=Q(is_on=True))]

    def __str__(self) -> str:
        return f"{self.station_id}: v{self.version}"

    @property
    def size(self) -> int:
        return len(self.entries)

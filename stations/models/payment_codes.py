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


class PaymentCode(models.Model):
    """The QR code with a password of the moment on a station's display, as it was last asked.

    While it is on, `sealed` holds the secret that station and we share (`stations.services.sealing`);
    what became of the asking is the command's to tell.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.OneToOneField(
        ChargingStation, on_delete=models.CASCADE, primary_key=True, related_name="payment_code"
    )
    is_on = models.BooleanField(default=False)
    sealed = models.TextField(blank=True, help_text=_("the shared secret, encrypted"))
    length = models.PositiveSmallIntegerField(default=8)
    validity_s = models.PositiveSmallIntegerField(default=30)
    command = models.ForeignKey(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["PaymentCode"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_on=True) & ~Q(sealed="") | Q(is_on=False, sealed=""),
                name="payment_code_has_a_secret_while_on",
            ),
            models.CheckConstraint(
                condition=Q(length__gte=6, validity_s__gte=6, validity_s__lte=3600),
                name="payment_code_within_the_standard",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station_id}: {'on' if self.is_on else 'off'}"

    @property
    def state(self) -> str:
        """asked, taken or refused, of the latest asking; refused also when no answer came in time."""
        status = self.command.status if self.command else ""
        if status in (StationCommand.Status.QUEUED, StationCommand.Status.SENT):
            return "asked"
        return "taken" if status in ("", StationCommand.Status.ACCEPTED) else "refused"

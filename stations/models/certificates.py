from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.commands import StationCommand
from stations.models.topology import ChargingStation

NOT_ARRIVED: Final = ("expired", "timed_out", "rejected", "failed")


class StationCertificate(models.Model):
    """A certificate that our own authority signed for a station (2.0.1 A02, A03).

    The station's private key never leaves the station; the authority's key is in the environment.
    """

    class Use(models.TextChoices):
        CONNECTION = "connection", _("Connection to us")
        VEHICLE = "vehicle", _("Plug and charge")

    class Status(models.TextChoices):
        ISSUED = "issued", _("On its way")
        INSTALLED = "installed", _("Installed")
        REFUSED = "refused", _("Refused by the charger")
        REPLACED = "replaced", _("Replaced")
        REVOKED = "revoked", _("Revoked")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="certificates")
    use = models.CharField(max_length=10, choices=Use.choices, default=Use.CONNECTION)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ISSUED)
    serial_number = models.CharField(max_length=40, unique=True, help_text=_("hex"))
    fingerprint = models.CharField(max_length=64, unique=True, help_text=_("SHA-256 of the DER form, hex"))
    pem = models.TextField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    issued_at = models.DateTimeField(default=clock.now)
    command = models.ForeignKey(
        StationCommand, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_because = models.CharField(max_length=80, blank=True)

    objects = OrganizationQuerySet["StationCertificate"].as_manager()

    class Meta:
        ordering: ClassVar = ["-issued_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(valid_until__gt=models.F("valid_from")), name="certificate_is_valid_once"
            ),
            models.CheckConstraint(
                condition=models.Q(status="revoked", revoked_at__isnull=False)
                | (~models.Q(status="revoked") & models.Q(revoked_at__isnull=True)),
                name="revoked_agrees_with_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["valid_until"],
                name="certificates_in_use",
                condition=models.Q(status__in=["issued", "installed"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.station_id}: {self.serial_number}"

    @property
    def undelivered(self) -> str:
        """Why it did not arrive, in one word; empty while it is on its way, and when it is there."""
        if self.status != self.Status.ISSUED:
            return ""
        if self.command is None:
            return "unknown"
        return self.command.status if self.command.status in NOT_ARRIVED else ""

    @property
    def can_be_sent_again(self) -> bool:
        """It never reached the station or was not taken, and is still valid."""
        has_failed = bool(self.undelivered) or self.status == self.Status.REFUSED
        return has_failed and self.valid_until > clock.now()

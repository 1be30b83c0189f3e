from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.sessions import ChargingSession
from stations.models.topology import Evse


class IssuedEvseId(models.Model):
    """Every public EVSE id that was ever given, upper case: a trigger writes it, nothing removes it."""

    evse_id = models.CharField(max_length=48, primary_key=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")

    objects = OrganizationQuerySet["IssuedEvseId"].as_manager()

    def __str__(self) -> str:
        return self.evse_id


class Meter(models.Model):
    """The meter of an EVSE, as far as its signatures are concerned."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    evse = models.OneToOneField(Evse, on_delete=models.CASCADE, related_name="meter")
    serial = models.CharField(_("serial number"), max_length=60, blank=True)
    public_key = models.TextField(
        _("public key"), help_text=_("hex, Base64 or PEM, as on the meter's label or its data sheet")
    )
    noted_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["Meter"].as_manager()

    def __str__(self) -> str:
        return self.serial or str(self.evse)


class SignedValue(models.Model):
    """A signed meter value, whole as it came, of any length; what we could read and check of it.

    `is_valid` is None where the key of the meter is not known or the scheme is not ours to check.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(ChargingSession, on_delete=models.CASCADE, related_name="signed_values")
    taken_at = models.DateTimeField(help_text=_("as the station dated the message"))
    context = models.CharField(max_length=30, blank=True)
    format = models.CharField(max_length=20)
    body = models.TextField()
    body_hash = models.CharField(max_length=64, help_text=_("SHA-256, hex: the same value is kept once"))
    public_key = models.TextField(blank=True, help_text=_("as the station told it; proves nothing alone"))
    is_valid = models.BooleanField(null=True)
    remark = models.CharField(max_length=120, blank=True)
    readings = models.JSONField(default=list, help_text=_("what it says, see stations.ocmf.Reading"))

    objects = OrganizationQuerySet["SignedValue"].as_manager()

    class Meta:
        ordering: ClassVar = ["taken_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session", "body_hash"], name="signed_value_once_per_session")
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.taken_at:%H:%M:%S}"


class Measurement(models.Model):
    """What a session's signed values prove; made when it ends, and again when more arrive.

    Under calibration law nothing is billed before it exists.
    """

    class Verdict(models.TextChoices):
        PROVEN = "proven", _("Proven by the meter's signature")
        REFUTED = "refuted", _("The signature does not fit")
        UNPROVEN = "unproven", _("Signed, but the meter's key is not known")
        UNSIGNED = "unsigned", _("Not signed")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    session = models.OneToOneField(ChargingSession, on_delete=models.CASCADE, related_name="measurement")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    energy_wh = models.BigIntegerField(null=True, blank=True, help_text=_("between the signed registers"))
    is_clock_synchronized = models.BooleanField(null=True)
    problems = models.JSONField(default=list, help_text=_("see stations.rules"))
    judged_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["Measurement"].as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["judged_at"], name="unsigned_measurements", condition=Q(verdict="unsigned"))
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.verdict}"

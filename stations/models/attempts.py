from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import IdToken, Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.causes import CAUSES, MREC
from stations.models.sessions import ChargingSession
from stations.models.topology import ChargingStation, Evse


class StartAttempt(models.Model):
    """Somebody wanted to charge: when, where, by which door, how far it came, and why no further.

    A record of its own, also when no session follows. `steps` tells when each step was reached.
    """

    class Door(models.TextChoices):
        APP = "app", _("App")
        QR = "qr", _("QR code, as a guest")
        CARD = "card", _("Payment terminal")
        RFID = "rfid", _("RFID card")
        PLUG = "plug", _("Plug")
        AUTOCHARGE = "autocharge", _("Autocharge")
        REMOTE = "remote", _("Operator")
        TEST = "test", _("Test charge")

    class Outcome(models.TextChoices):
        OPEN = "open", _("Under way")
        SUCCEEDED = "succeeded", _("Charged")
        FAILED = "failed", _("Failed")
        WITHDRAWN = "withdrawn", _("Taken back")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    station = models.ForeignKey(
        ChargingStation, on_delete=models.CASCADE, related_name="start_attempts", db_index=False
    )
    evse = models.ForeignKey(Evse, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.OneToOneField(
        ChargingSession, on_delete=models.SET_NULL, null=True, blank=True, related_name="start_attempt"
    )
    driver = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    id_token = models.ForeignKey(IdToken, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    token_uid = models.CharField(max_length=255, blank=True, help_text=_("as the station sent it"))
    reference = models.CharField(max_length=64, blank=True, help_text=_("what it was paid with"))
    door = models.CharField(max_length=10, choices=Door.choices)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, default=Outcome.OPEN)
    reached = models.CharField(max_length=10, default="asked", help_text=_("the furthest step"))
    steps = models.JSONField(default=dict)
    cause = models.CharField(max_length=13, blank=True)
    detail = models.CharField(max_length=200, blank=True, help_text=_("what was said about it"))
    began_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["StartAttempt"].as_manager()

    class Meta:
        ordering: ClassVar = ["-began_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(cause__in=["", *CAUSES]), name="attempt_cause_from_the_table"),
            models.CheckConstraint(
                condition=(Q(outcome="open") & Q(ended_at=None) & Q(cause=""))
                | (Q(outcome__in=["succeeded", "withdrawn"]) & Q(ended_at__isnull=False) & Q(cause=""))
                | (Q(outcome="failed") & Q(ended_at__isnull=False) & ~Q(cause="")),
                name="attempt_outcome_agrees_with_facts",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "-began_at"], name="attempts_of_organization"),
            models.Index(fields=["station", "-began_at"], name="attempts_of_station"),
            models.Index(fields=["began_at"], name="open_attempts", condition=Q(outcome="open")),
            models.Index(fields=["reference"], name="attempts_by_reference", condition=~Q(reference="")),
        ]

    def __str__(self) -> str:
        return f"{self.door} {self.began_at:%Y-%m-%d %H:%M}"

    @property
    def status_word(self) -> str:
        """The word that says on pages how it stands."""
        return {"open": "pending", "withdrawn": "canceled"}.get(self.outcome, self.outcome)

    @property
    def cause_name(self) -> str:
        """A ChargeX code with its name; a family as it is."""
        return f"{self.cause} {MREC[self.cause].name}" if self.cause in MREC else self.cause

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.sessions import ChargingSession
from stations.models.topology import ChargingStation


class StationCommand(models.Model):
    """A command and its whole story: who asked what, what was sent, what came back.

    The row is the command; the nudge to the socket's owner is only a tap on the shoulder. `params` are
    as they may be shown, without secrets.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting for the station")
        SENT = "sent", _("Sent")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Refused by the station")
        FAILED = "failed", _("Failed")
        TIMED_OUT = "timed_out", _("No answer")
        EXPIRED = "expired", _("Expired")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="commands")
    session = models.ForeignKey(
        ChargingSession, on_delete=models.SET_NULL, null=True, blank=True, related_name="commands"
    )
    bulk = models.ForeignKey(
        "BulkCommand", on_delete=models.SET_NULL, null=True, blank=True, related_name="commands"
    )
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    sealed = models.TextField(
        blank=True,
        db_default="",
        help_text=_("the parameters with their secrets, encrypted, until it is sent"),
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    requested_with = models.ForeignKey(
        ApiToken, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    is_forced = models.BooleanField(default=False, help_text=_("sent although the schema refuses it"))
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    connection_no = models.PositiveBigIntegerField(null=True, blank=True)
    message_id = models.CharField(max_length=36, blank=True)
    sent = models.JSONField(
        null=True, blank=True, help_text=_("action and payload as sent, secrets redacted")
    )
    answer = models.JSONField(null=True, blank=True)
    answer_word = models.CharField(max_length=60, blank=True, help_text=_("the station's own word"))

    objects = OrganizationQuerySet["StationCommand"].as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="command_expires_after_creation"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "expired"], sent_at__isnull=True, answered_at__isnull=True)
                | Q(status__in=["sent", "timed_out"], sent_at__isnull=False, answered_at__isnull=True)
                | Q(
                    status__in=["accepted", "rejected", "failed"],
                    sent_at__isnull=False,
                    answered_at__isnull=False,
                ),
                name="command_status_agrees_with_times",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["station", "id"], name="queued_commands", condition=Q(status="queued")),
            models.Index(fields=["sent_at"], name="unanswered_commands", condition=Q(status="sent")),
            models.Index(fields=["organization", "-id"], name="commands_of_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"

    @property
    def took_ms(self) -> int | None:
        """From the sending to the answer, in milliseconds; None when there is none."""
        if self.sent_at is None or self.answered_at is None:
            return None
        return round((self.answered_at - self.sent_at).total_seconds() * 1000)

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.models import IdToken, Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models import ChargingSession, Evse, Location

NUMBER_SEQUENCE = "scheduling_reservation_number"


class Reservation(models.Model):
    """An EVSE kept for a driver during a future interval [start, end). The charger learns of it
    shortly before (`announced_at`). `number` is the reservation id on the wire.
    """

    class Status(models.TextChoices):
        HELD = "held", _("Held")
        CONFIRMED = "confirmed", _("Confirmed")
        FULFILLED = "fulfilled", _("Used")
        CANCELED = "canceled", _("Canceled")
        MISSED = "missed", _("Missed")
        EXPIRED = "expired", _("Expired")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="reservations")
    evse = models.ForeignKey(Evse, on_delete=models.PROTECT, related_name="reservations")
    driver = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reservations")
    id_token = models.ForeignKey(IdToken, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value(NUMBER_SEQUENCE), function="nextval", output_field=models.BigIntegerField()),
    )
    during = DateTimeRangeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.HELD)
    hold_expires_at = models.DateTimeField(null=True, blank=True)
    energy_wh = models.BigIntegerField(null=True, blank=True, help_text=_("what the driver asked for"))
    quote = models.JSONField(null=True, blank=True, help_text=_("the price as it was shown"))
    session = models.OneToOneField(
        ChargingSession, on_delete=models.PROTECT, null=True, blank=True, related_name="reservation"
    )
    created_at = models.DateTimeField(default=clock.now)
    announced_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    lost_stall_at = models.DateTimeField(
        null=True, blank=True, help_text=_("since then the driver knows that the stall is out of order")
    )
    reminded_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when the driver was reminded of what not coming costs")
    )
    told_late_at = models.DateTimeField(
        null=True, blank=True, help_text=_("and told that the start has passed")
    )
    canceled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    cancel_note = models.CharField(
        max_length=200, blank=True, db_default="", help_text=_("a word to the driver")
    )

    objects = OrganizationQuerySet["Reservation"].as_manager()

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="no_overlapping_reservations",
                expressions=[("evse", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(status__in=["held", "confirmed"]),
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            models.CheckConstraint(
                condition=Q(during__startswith__isnull=False, during__endswith__isnull=False)
                & ~Q(during__isempty=True),
                name="reservation_has_both_ends",
            ),
            models.CheckConstraint(
                condition=~Q(status="held") | Q(hold_expires_at__isnull=False),
                name="reservation_hold_expires",
            ),
            models.CheckConstraint(
                condition=~Q(status="fulfilled") | Q(session__isnull=False), name="fulfilled_has_a_session"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["driver", "-created_at"]),
            models.Index(F("hold_expires_at"), name="reservation_holds", condition=Q(status="held")),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def is_taken_away(self) -> bool:
        """Canceled by somebody else than its driver."""
        is_canceled = self.status == self.Status.CANCELED
        return is_canceled and self.canceled_by_id not in (None, self.driver_id)

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from core.tenancy import OrganizationQuerySet
from payments.models.payments import Payment


class Dispute(models.Model):
    """A payer's bank asks the money of a payment back. What we know of it is what the provider said last."""

    class Status(models.TextChoices):
        WARNING_NEEDS_RESPONSE = "warning_needs_response", _("The bank asks")
        WARNING_UNDER_REVIEW = "warning_under_review", _("The bank looks at the answer")
        WARNING_CLOSED = "warning_closed", _("The bank asks no more")
        NEEDS_RESPONSE = "needs_response", _("Answer needed")
        UNDER_REVIEW = "under_review", _("Under review")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")
        PREVENTED = "prevented", _("Prevented")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="disputes")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider_ref = models.CharField(max_length=80, unique=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=60, help_text=_("the provider's word"))
    status = models.CharField(max_length=24, choices=Status.choices)
    due_at = models.DateTimeField(null=True, blank=True, help_text=_("until when an answer counts"))
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(default=clock.now, help_text=_("when the provider was asked last"))

    objects = OrganizationQuerySet["Dispute"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="dispute_amount_not_negative")
        ]
        indexes: ClassVar = [models.Index(fields=["organization", "-opened_at"])]

    def __str__(self) -> str:
        return self.provider_ref

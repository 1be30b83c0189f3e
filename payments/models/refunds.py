from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from payments.models.payments import Payment
from payments.models.records import ChargeDetailRecord


class Refund(models.Model):
    """Money given back of a captured payment (minor units); its share of the payment is reserved at once.

    Without `by` it was made at the provider, and taken over here. `cdr` is the record that it was counted
    against, when it was entered in the books.
    """

    class Status(models.TextChoices):
        ASKED = "asked", _("Being asked for")
        PENDING = "pending", _("On its way")
        SUCCEEDED = "succeeded", _("Given back")
        FAILED = "failed", _("Not given back")
        CANCELED = "canceled", _("Refund canceled")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    cdr = models.ForeignKey(
        ChargeDetailRecord, on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=300, help_text=_("in the words of whoever gave it back"))
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ASKED)
    provider_ref = models.CharField(max_length=80, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["Refund"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_gives_something"),
            models.CheckConstraint(condition=~Q(reason=""), name="refund_has_a_reason"),
            models.UniqueConstraint(
                fields=["provider_ref"], condition=~Q(provider_ref=""), name="refund_provider_ref_unique"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.public_id}"

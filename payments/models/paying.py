from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet


class PaymentWay(models.Model):
    """How an organization's drivers pay from a moment on; without a row by card. Rows are only added."""

    class Way(models.TextChoices):
        CARD = "card", _("By card")
        INTERNAL = "internal", _("On accounts only")
        FREE = "free", _("Nobody pays")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="payment_ways")
    way = models.CharField(max_length=10, choices=Way.choices)
    since = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = OrganizationQuerySet["PaymentWay"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "since"], name="one_payment_way_at_a_time"),
            models.CheckConstraint(
                condition=Q(way__in=["card", "internal", "free"]), name="payment_way_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}: {self.way}"

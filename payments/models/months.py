from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet


class ClosedMonth(models.Model):
    """A month whose books are closed: nothing is posted into it any more (`Posting` guards it)."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="closed_months")
    month = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    sums = models.JSONField()
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["ClosedMonth"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "month"], name="month_closed_once"),
            models.CheckConstraint(
                condition=models.Q(ends_at__lte=models.F("closed_at")), name="month_closed_when_over"
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="closed_months_stay", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class LedgerMapping(models.Model):
    """The number of one of our ledger accounts in the organization's bookkeeping."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="ledger_mappings")
    account = models.CharField(max_length=60)
    number = models.CharField(max_length=20)

    objects = OrganizationQuerySet["LedgerMapping"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "account"], name="account_mapped_once")
        ]

    def __str__(self) -> str:
        return f"{self.account} → {self.number}"

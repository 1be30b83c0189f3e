from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet


class PrepaidTerms(models.Model):
    """Whether an organization's drivers may pay in ahead, and within which amounts (minor units).

    Without a row they may not. What was paid in stays theirs when it is switched off: it pays for charges
    until it is used up or given back.
    """

    organization = models.OneToOneField(
        Organization, on_delete=models.PROTECT, primary_key=True, related_name="prepaid_terms"
    )
    is_offered = models.BooleanField(default=False)
    smallest_minor = models.BigIntegerField(default=1000)
    largest_minor = models.BigIntegerField(default=20000)
    start_minor = models.BigIntegerField(default=500)

    objects = OrganizationQuerySet["PrepaidTerms"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(smallest_minor__gt=0, start_minor__gt=0, largest_minor__gte=F("smallest_minor")),
                name="prepaid_amounts_in_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization}"


class PrepaidBalance(models.Model):
    """Money that a driver has paid in with one organization, and can spend there only.

    How much it is stands nowhere but in the books (`selectors.balances`). Its row is locked by whoever takes
    from it, so that nothing is promised twice.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="balances")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="balances")
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["PrepaidBalance"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "user"], name="one_balance_per_driver")
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.organization}"

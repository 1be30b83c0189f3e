from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from core import clock
from payments.models.hosts import HostPayout, SiteHost
from payments.models.payments import BillingAccount, Payment


class ProviderOperation(models.Model):
    """One call to the provider, written and committed before it is made (MONEY.md rule 5)."""

    class State(models.TextChoices):
        WRITTEN = "written"
        UNKNOWN = "unknown"
        DONE = "done"
        FAILED = "failed"

    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="operations"
    )
    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="operations"
    )
    host = models.ForeignKey(
        SiteHost, on_delete=models.PROTECT, null=True, blank=True, related_name="operations"
    )
    payout = models.ForeignKey(
        HostPayout, on_delete=models.PROTECT, null=True, blank=True, related_name="operations"
    )
    kind = models.CharField(max_length=24)
    idempotency_key = models.CharField(max_length=80, unique=True)
    request = models.JSONField(default=dict)
    response = models.JSONField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WRITTEN)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"], name="open_operations", condition=Q(state__in=["written", "unknown"])
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["payment", "kind"],
                condition=Q(state__in=["written", "unknown"]),
                name="one_open_operation_per_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.idempotency_key}"


class WebhookEvent(models.Model):
    """A webhook as it came: stored once by its id, applied later by looking at the object itself."""

    provider = models.CharField(max_length=20, default="stripe")
    event_id = models.CharField(max_length=80)
    type = models.CharField(max_length=80)
    payload = models.JSONField()
    received_at = models.DateTimeField(default=clock.now)
    processed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="webhook_stored_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["received_at"], name="open_webhooks", condition=Q(processed_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models

from core import clock


class DomainEvent(models.Model):
    """Something that happened; never changed afterwards."""

    type = models.CharField(max_length=80)
    subject = models.CharField(max_length=80, blank=True)
    payload = models.JSONField()
    occurred_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["type", "occurred_at"])]
        triggers: ClassVar = [pgtrigger.Protect(name="events_do_not_change", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class Delivery(models.Model):
    """One event on its way to one handler. The state lives here, not in a cursor (ADR 4)."""

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        BURIED = "buried"

    event = models.ForeignKey(DomainEvent, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "handler"], name="one_delivery_per_handler"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "done", "buried"]), name="delivery_state_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"], name="pending_deliveries", condition=models.Q(state="pending")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.handler}"


class Pulse(models.Model):
    """When something periodic last ran, so that its silence can be seen."""

    name = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"

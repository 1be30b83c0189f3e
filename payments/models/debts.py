from __future__ import annotations

from typing import ClassVar

from django.db import models

from core import clock
from payments.models.records import ChargeDetailRecord


class DebtNotice(models.Model):
    """A driver was told that a charge is not paid: at once (step 0), and again. Each step once per record."""

    record = models.ForeignKey(ChargeDetailRecord, on_delete=models.PROTECT, related_name="notices")
    step = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["record", "step"], name="one_notice_per_step"),
        ]

    def __str__(self) -> str:
        return f"{self.record} notice {self.step}"

from __future__ import annotations

from typing import ClassVar

from django.db import models

from core import clock


class Mail(models.Model):
    """A mail that the demo would have sent; the mailbox page shows it on loopback."""

    sent_at = models.DateTimeField(default=clock.now)
    sender = models.CharField(max_length=200)
    recipients = models.CharField(max_length=400)
    subject = models.CharField(max_length=300)
    body = models.TextField()

    class Meta:
        ordering: ClassVar = ["-sent_at", "-id"]

    def __str__(self) -> str:
        return self.subject

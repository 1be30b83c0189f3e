from __future__ import annotations

from typing import ClassVar

from django.db import models

from accounts.models import User
from core import clock
from stations.models import Location


class SavedPlace(models.Model):
    """A place that a driver wants to find again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_places", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="savers")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "location"], name="a_place_is_saved_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.location}"

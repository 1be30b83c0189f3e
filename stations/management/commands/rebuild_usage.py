from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from stations.services.usage import rebuild


class Command(BaseCommand):
    help = "Recompute every DailyUsage row from the sessions."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{rebuild()} rows")

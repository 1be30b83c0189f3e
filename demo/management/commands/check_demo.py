"""`manage.py check_demo`: prove one charge from end to end; exit 1 with a sentence when it fails."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from demo.proof import prove


class Command(BaseCommand):
    help = "Prove one charge from end to end against the running demo."

    def handle(self, *args: Any, **options: Any) -> None:
        prove(tell=self.stdout.write)

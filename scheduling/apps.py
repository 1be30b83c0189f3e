from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "scheduling"

    def ready(self) -> None:
        """Let every event class be known before the wiring is checked."""
        import_module(f"{self.name}.events")

"""`manage.py settle_payments`: one sweep that finishes open operations and collects what is due."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from payments.services.recovery import IN_FLIGHT, settle_payments


class Command(BaseCommand):
    help = "Finish payments that were cut off: look at the provider first, then go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--in-flight",
            type=int,
            default=IN_FLIGHT.seconds,
            help="seconds after which an unanswered hold is no longer waited for (default %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        sweep = settle_payments(in_flight=timedelta(seconds=options["in_flight"]))
        for step, count in sweep.counts.items():
            self.stdout.write(f"{step}: {count}")
        for trouble in sweep.troubles:
            self.stderr.write(f"left: {trouble}")
        self.stdout.write(f"{sum(sweep.counts.values())} done, {len(sweep.troubles)} left for the next sweep")

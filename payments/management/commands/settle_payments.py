"""`manage.py settle_payments`: one sweep that finishes what was cut off, then compares provider and books."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from payments.providers.base import ProviderError
from payments.selectors.reconciling import open_discrepancies, organizations_that_collect
from payments.services.reconciliation import ask_reconciliation, run_reconciliation
from payments.services.recovery import IN_FLIGHT, settle_payments


class Command(BaseCommand):
    help = "Finish payments that were cut off (look at the provider first, then go on), then reconcile."

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
        self._reconcile()

    def _reconcile(self) -> None:
        for organization in organizations_that_collect():
            asked = ask_reconciliation(organization=organization)
            try:
                run = run_reconciliation(run_id=asked.pk)
            except ProviderError as error:
                self.stderr.write(f"left: {organization} is not compared: {error}")
                continue
            self.stdout.write(
                f"{organization}: {run.found} discrepancies in {run.counts['payments']} payments"
            )
            for one in open_discrepancies(organization):
                self.stdout.write(f"  {one.get_kind_display()}: {one.ref} {one.detail}")

from __future__ import annotations

from celery import shared_task

from payments.services import reconciliation, recovery, showing, watching


@shared_task(ignore_result=True)
def settle_payments() -> None:
    recovery.settle_payments()


@shared_task(ignore_result=True)
def ask_due_reconciliations() -> None:
    reconciliation.ask_due_reconciliations()


@shared_task(ignore_result=True)
def watch_holds() -> None:
    watching.stop_exhausted()


@shared_task(ignore_result=True)
def show_running_costs() -> None:
    showing.show_running_costs()

from __future__ import annotations

from celery import shared_task

from payments.services import company_invoices, recovery, showing, watching


@shared_task(ignore_result=True)
def settle_payments() -> None:
    recovery.settle_payments()


@shared_task(ignore_result=True)
def watch_holds() -> None:
    watching.stop_exhausted()


@shared_task(ignore_result=True)
def show_running_costs() -> None:
    showing.show_running_costs()


@shared_task(ignore_result=True)
def issue_company_invoices() -> None:
    company_invoices.issue_due_invoices()

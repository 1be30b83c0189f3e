from __future__ import annotations

from celery import shared_task

from payments.services import (
    allowances,
    card_care,
    company_invoices,
    debts,
    kept_holds,
    reconciliation,
    recovery,
    showing,
    statements,
    watching,
)


@shared_task(ignore_result=True)
def settle_payments() -> None:
    recovery.settle_payments()


@shared_task(ignore_result=True)
def state_hosts() -> None:
    """Every day, so that a month's statements are there when it is over in the organization's time zone."""
    statements.state_last_month()


@shared_task(ignore_result=True)
def ask_due_reconciliations() -> None:
    reconciliation.ask_due_reconciliations()


@shared_task(ignore_result=True)
def place_due_holds() -> None:
    kept_holds.place_due_holds()


@shared_task(ignore_result=True)
def watch_holds() -> None:
    watching.watch_holds()
    allowances.watch_allowances()


@shared_task(ignore_result=True)
def show_running_costs() -> None:
    showing.show_running_costs()


@shared_task(ignore_result=True)
def notice_debts() -> None:
    debts.notice_debts()


@shared_task(ignore_result=True)
def watch_ending_cards() -> None:
    card_care.watch_ending_cards()


@shared_task(ignore_result=True)
def issue_company_invoices() -> None:
    company_invoices.issue_due_invoices()

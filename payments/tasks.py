from __future__ import annotations

from celery import shared_task

from payments.services import recovery, watching


@shared_task(ignore_result=True)
def settle_payments() -> None:
    recovery.settle_payments()


@shared_task(ignore_result=True)
def watch_holds() -> None:
    watching.stop_exhausted()

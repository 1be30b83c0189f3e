from __future__ import annotations

from celery import shared_task

from ocpp_bridge import retention


@shared_task(ignore_result=True)
def make_journal_partitions() -> None:
    retention.make_partitions()


@shared_task(ignore_result=True)
def drop_old_journal() -> None:
    retention.drop_old()

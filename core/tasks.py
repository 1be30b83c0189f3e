from __future__ import annotations

from celery import shared_task

from core import outbox, pulse


@shared_task(ignore_result=True)
def deliver_outbox() -> None:
    outbox.deliver_pending()


@shared_task(ignore_result=True)
def note_beat() -> None:
    pulse.beat(name="beat")

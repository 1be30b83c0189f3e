from __future__ import annotations

from celery import shared_task

from core import outbox, pulse, retention


@shared_task(ignore_result=True)
def deliver_outbox() -> None:
    outbox.deliver_pending()


@shared_task(ignore_result=True)
def note_beat() -> None:
    pulse.beat(name="beat")


@shared_task(ignore_result=True)
def forget_old_events() -> None:
    retention.forget_old_events()

"""The outbox: what must happen after something happened, at least once, per handler (ADR 4).

A delivery is claimed by a lease (its next attempt moves ahead in one conditional update), handled
outside any transaction, and then marked. A crash in between costs the lease and nothing else.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import connection

from core import clock
from core.dotted import resolve
from core.events import event_types
from core.models import Delivery
from core.pacing import Paced

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 10
BATCH = 50

_CLAIM = """
update core_delivery set attempts = attempts + 1, next_attempt_at = %s
 where id in (select id from core_delivery
               where state = 'pending' and next_attempt_at <= %s
               order by id limit %s for update skip locked)
returning id
"""


WAKES_APART_S: Final = 0.25


def wake() -> None:
    """Ask a worker to deliver soon. The periodic sweep is the guarantee; this is only quicker."""
    if settings.OUTBOX_WAKES:
        _waker.ask()


def _send_wake() -> None:
    try:
        resolve("core.tasks.deliver_outbox").delay()  # type: ignore[attr-defined]
    except Exception:
        logger.warning("the outbox could not be woken; the sweep will deliver")


_waker: Final = Paced(_send_wake, apart_s=WAKES_APART_S)
"""Wakes of one process, at most four a second: each is a message to the broker."""


def deliver_pending(*, batch: int = BATCH) -> int:
    """Deliver what is due, oldest first, until nothing is left; returns how many were tried."""
    tried = 0
    while claimed := _claim(batch):
        for delivery in Delivery.objects.filter(pk__in=claimed).select_related("event").order_by("pk"):
            _deliver(delivery)
        tried += len(claimed)
    return tried


def revive(*, delivery_id: int) -> bool:
    """Give a buried delivery another chance. False when it was not buried."""
    return bool(
        Delivery.objects.filter(pk=delivery_id, state=Delivery.State.BURIED).update(
            state=Delivery.State.PENDING, attempts=0, next_attempt_at=clock.now()
        )
    )


def _claim(batch: int) -> list[int]:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [now + LEASE, now, batch])
        return [pk for (pk,) in cursor.fetchall()]


def _deliver(delivery: Delivery) -> None:
    event_type = event_types()[delivery.event.type]
    try:
        resolve(delivery.handler)(event_type.from_payload(delivery.event.payload))
    except Exception as error:
        logger.exception("handler %s failed on %s", delivery.handler, delivery.event)
        _postpone(delivery, error)
    else:
        Delivery.objects.filter(pk=delivery.pk).update(
            state=Delivery.State.DONE, done_at=clock.now(), error=""
        )


def _postpone(delivery: Delivery, error: Exception) -> None:
    is_hopeless = delivery.attempts >= MAX_ATTEMPTS
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.BURIED if is_hopeless else Delivery.State.PENDING,
        next_attempt_at=clock.now() + timedelta(seconds=2**delivery.attempts),
        error=f"{type(error).__name__}: {error}"[:2000],
    )

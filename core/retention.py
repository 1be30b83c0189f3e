"""How long records are kept, and what still needs the old ones (settings: `*_KEPT_DAYS`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from core import clock
from core.dotted import resolve_all
from core.models import Delivery

WINDOW: Final = 5_000

_WINDOW: Final = """
select id, occurred_at, exists (select from core_delivery d where d.event_id = e.id and d.state <> %s)
  from core_domainevent e where id > %s order by id limit %s
"""


def keep_from(*, days: int) -> datetime:
    """The instant from which records must stay: `days` ago, or earlier while they are still needed.

    `RECORDS_NEEDED_SINCE` names functions of higher floors; each answers since when it needs them, or None.
    """
    asked: list[datetime | None] = [ask() for ask in resolve_all(settings.RECORDS_NEEDED_SINCE)]
    wanted: datetime = clock.now() - timedelta(days=days)
    return min([wanted, *(since for since in asked if since is not None)])


def forget_old_events() -> int:
    """Let go of news that everybody has had and nobody needs any more; returns how many went.

    In windows along the primary key, which follows time closely enough: no index is needed for it.
    """
    limit, last, gone = keep_from(days=settings.EVENTS_KEPT_DAYS), 0, 0
    while window := _window_after(last):
        old = [pk for pk, occurred_at, is_open in window if occurred_at < limit and not is_open]
        gone += _forget(old)
        last = window[-1][0]
        if not any(occurred_at < limit for _, occurred_at, _ in window):
            break
    return gone


def _window_after(last: int) -> list[tuple[int, datetime, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(_WINDOW, [Delivery.State.DONE, last, WINDOW])
        rows: list[tuple[int, datetime, bool]] = cursor.fetchall()
        return rows


@transaction.atomic
def _forget(event_ids: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("delete from core_delivery where event_id = any(%s)", [event_ids])
        cursor.execute("delete from core_domainevent where id = any(%s)", [event_ids])
        gone: int = cursor.rowcount
        return gone

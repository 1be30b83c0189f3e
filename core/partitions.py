"""Tables partitioned by day: a partition for each day ahead, and dropping the old ones."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from psycopg import sql

logger = logging.getLogger(__name__)

AHEAD_DAYS = 7


def ensure_days(table: str, first: date, days: int = AHEAD_DAYS) -> None:
    """Make sure that `table` has partitions for `days` days from `first` (UTC days).

    A day whose rows lie in the default partition already (they came before the first sweep) stays
    there, and does not keep the days after it from being made.
    """
    for offset in range(days):
        _ensure_day(table, first + timedelta(days=offset))


def _ensure_day(table: str, day: date) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_create_statement(table, day))
    except IntegrityError:
        logger.warning("%s keeps %s in its default partition", table, day)


def drop_days_before(table: str, keep_from: date) -> list[str]:
    """Drop the partitions of days before `keep_from`; returns their names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits where inhparent = %s::regclass", [table]
        )
        old = [name for (name,) in cursor.fetchall() if _day_of(table, name) < keep_from]
        for name in old:
            cursor.execute(sql.SQL("drop table {}").format(sql.Identifier(name)))
    return old


def _create_statement(table: str, day: date) -> sql.Composed:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return sql.SQL("create table if not exists {} partition of {} for values from ({}) to ({})").format(
        sql.Identifier(f"{table}_{day:%Y%m%d}"),
        sql.Identifier(table),
        sql.Literal(start.isoformat()),
        sql.Literal((start + timedelta(days=1)).isoformat()),
    )


def _day_of(table: str, partition: str) -> date:
    suffix = partition.removeprefix(f"{table}_")
    return datetime.strptime(suffix, "%Y%m%d").date() if suffix.isdigit() else date.max  # noqa: DTZ007

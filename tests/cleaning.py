"""After a test that committed: empty the tables that hold rows, and only those.

Django's own way truncates every table of the house, cascading, and then makes the permissions anew: half
a second after each of a thousand tests.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase
from psycopg import sql

MADE_BY_MIGRATING: Final = frozenset(
    {"auth_permission", "django_content_type", "django_migrations", "django_site"}
)
AS_A_REPLICA: Final = sql.SQL("BEGIN; SET LOCAL session_replication_role = replica; ")


def clean_quickly() -> None:
    """From now on every transactional test is cleaned after in this way."""
    TransactionTestCase._fixture_teardown = _clean  # type: ignore[attr-defined]


def _clean(test: Any) -> None:
    for alias in test._databases_names(include_mirrors=False):
        _empty(connections[alias])


def _empty(connection: BaseDatabaseWrapper) -> None:
    """As a replica does it: no trigger that keeps the books whole runs, and no order of tables is needed.

    The tests' role must be allowed that: a superuser, or one with SET on session_replication_role.
    """
    with connection.cursor() as cursor:
        cursor.execute(_look_for_rows(connection.alias))
        if filled := [table for (table,) in cursor.fetchall()]:
            deletes = sql.SQL(";").join(map(_delete, filled))
            cursor.execute(sql.Composed([AS_A_REPLICA, deletes, sql.SQL("; COMMIT")]))


@cache
def _look_for_rows(alias: str) -> sql.Composed:
    tables = connections[alias].introspection.django_table_names(only_existing=True, include_views=False)
    return sql.SQL(" UNION ALL ").join(map(_look, sorted(set(tables) - MADE_BY_MIGRATING)))


def _delete(table: str) -> sql.Composed:
    return sql.SQL("DELETE FROM {}").format(sql.Identifier(table))


def _look(table: str) -> sql.Composed:
    told = {"name": sql.Literal(table), "table": sql.Identifier(table)}
    return sql.SQL("SELECT {name} WHERE EXISTS (SELECT 1 FROM {table})").format(**told)

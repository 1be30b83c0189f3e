"""A cursor for the few statements that run all day, prepared where the line to the server is ours alone.

Planning such a statement costs PostgreSQL as much as running it for a small batch. A pooler in
transaction mode hands each transaction to another backend, where nothing is prepared: then, and
only then, nothing is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from weakref import WeakSet

import orjson
import psycopg
from django.db import connection

_looked_at: Final[WeakSet[psycopg.Connection[Any]]] = WeakSet()


def hot_cursor() -> psycopg.Cursor[Any]:
    """psycopg's own cursor on Django's connection and transaction: parameters travel apart."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    if raw not in _looked_at:
        _looked_at.add(raw)
        raw.prepare_threshold = 0 if is_direct(raw) else None
    return psycopg.Cursor(raw)


def array(values: Iterable[Any]) -> str:
    """Values as PostgreSQL writes an array of them: psycopg's own way costs ten times as much.

    JSON writes numbers, null, instants and quoted texts as an array does, but for its escapes of
    control characters.
    """
    items = list(values)
    text = orjson.dumps(items)
    if b"\\" in text:
        text = b"[" + b",".join(map(_item, items)) + b"]"
    return f"{{{text[1:-1].decode()}}}"


def _item(value: Any) -> bytes:
    if not isinstance(value, str):
        return orjson.dumps(value)
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'.encode()


def is_direct(raw: psycopg.Connection[Any]) -> bool:
    """Whether the backend that answers is the one that greeted us: a pooler greets with its own number."""
    [answering] = psycopg.Cursor(raw).execute("select pg_backend_pid()", prepare=False).fetchall()[0]
    return bool(answering == raw.info.backend_pid)

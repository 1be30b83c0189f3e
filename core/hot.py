"""The few statements that run all day, straight through libpq: prepared where the line is ours alone.

Planning such a statement costs PostgreSQL as much as running it for a small batch. A pooler in
transaction mode hands each transaction to another backend, where nothing is prepared: then, and
only then, nothing is. What a cursor does for the comfort of its user costs a process that has just
woken up more than the statement itself (ADR 22).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from select import POLLIN, POLLOUT, poll
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import orjson
import psycopg
from django.db import connection
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result

Row: TypeAlias = tuple[Any, ...]
Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]

_MARK: Final = re.compile(r"%(?:\((\w+)\)s|(s)|%)")
_GOOD: Final = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.COPY_IN)


class Line:
    """Django's connection of this thread, and its transaction, as libpq sees it.

    Raises psycopg's own errors, which Django does not wrap.
    """

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self._pg = raw.pgconn
        self._is_direct = is_direct(raw)
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self._transformer = Transformer(raw.adapters)
        self.is_autocommit = raw.autocommit

    def execute(self, statement: str, parameters: Parameters = ()) -> list[Row]:
        """Run one statement, with `%s` or `%(name)s` where parameters go; its rows, if it has any."""
        self._begin()
        text, names = _numbered(statement)
        given = [parameters[name] for name in names] if isinstance(parameters, Mapping) else parameters
        values = self._transformer.dump_sequence(given, [PyFormat.TEXT] * len(given))
        result = self._send(text, values, self._transformer.types or ())
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple) if result.ntuples else []

    def copy(self, statement: str, text: str) -> None:
        """Run one COPY … FROM STDIN with this text."""
        self._begin()
        self._checked(self._pg.exec_(statement.encode()))
        self._pg.put_copy_data(text.encode())
        self._pg.put_copy_end()
        self._push()
        while result := self._next_result():
            self._checked(result)

    def _push(self) -> None:
        """More than fits between us and the server goes as it makes room for it."""
        there = poll()
        there.register(self._pg.socket, POLLIN | POLLOUT)
        while self._pg.flush():
            if any(event & ~POLLOUT for _, event in there.poll()):
                self._pg.consume_input()

    def _next_result(self) -> pq.abc.PGresult | None:
        """`get_result` alone would wait with the interpreter's lock in hand."""
        there = poll()
        there.register(self._pg.socket, POLLIN)
        while self._pg.is_busy():
            there.poll()
            self._pg.consume_input()
        return self._pg.get_result()

    def _checked(self, result: pq.abc.PGresult) -> pq.abc.PGresult:
        if self._pg.status == pq.ConnStatus.BAD:
            raise psycopg.OperationalError(result.get_error_message() or "the connection is lost")
        if result.status not in _GOOD:
            raise error_from_result(result)
        return result

    def _begin(self) -> None:
        if not self.is_autocommit and self._pg.transaction_status == pq.TransactionStatus.IDLE:
            self._checked(self._pg.exec_(b"begin"))

    def _send(self, text: str, values: Sequence[Any], types: tuple[int, ...]) -> pq.abc.PGresult:
        if not self._is_direct:
            return self._checked(self._pg.exec_params(text.encode(), values, types))
        name = self._names.get((text, types))
        if name is None:
            name = b"hot_%d" % len(self._names)
            self._checked(self._pg.prepare(name, text.encode(), types))
            self._names[text, types] = name
        return self._checked(self._pg.exec_prepared(name, values))


_lines: Final[WeakKeyDictionary[psycopg.Connection[Any], Line]] = WeakKeyDictionary()


def hot_line() -> Line:
    """The line of this thread's connection; opened, and looked at once, where needed."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    line = _lines.get(raw)
    if line is None:
        line = _lines[raw] = Line(raw)
    line.is_autocommit = raw.autocommit
    return line


@cache
def _numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """The statement with $1, $2, … where its parameters go, and the names in their order."""
    places: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name, is_unnamed = found.groups()
        if name is None and not is_unnamed:
            return "%"
        return f"${places.setdefault(name or str(len(places)), len(places) + 1)}"

    return _MARK.sub(number, statement), tuple(places)


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

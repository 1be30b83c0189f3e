"""Where the stand-in keeps its objects: one SQLite file (or memory), one writer, one transaction a call."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from simulator.stripe.errors import Document, missing

SCHEMA = """
create table if not exists objects (
    seq integer primary key autoincrement,
    id text not null unique,
    kind text not null,
    created integer not null,
    body text not null
);
create index if not exists objects_kind on objects (kind, seq);
create index if not exists objects_customer on objects (kind, json_extract(body, '$.customer'));
create index if not exists objects_intent on objects (kind, json_extract(body, '$.payment_intent'));
create table if not exists answers (
    key text primary key,
    fingerprint text not null,
    status integer not null,
    body text not null,
    created integer not null
);
create table if not exists deadlines (id text primary key, due_at integer not null);
create index if not exists deadlines_due on deadlines (due_at);
create table if not exists deliveries (
    seq integer primary key autoincrement,
    event text not null,
    attempts integer not null default 0,
    next_at real not null
);
create index if not exists deliveries_next on deliveries (next_at);
"""
BOUNDS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Store:
    """JSON documents by id, with their kind and birth. `path` None keeps everything in memory."""

    def __init__(self, path: str | None = None) -> None:
        self.db = sqlite3.connect(path or ":memory:", isolation_level=None)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = normal")  # a killed process loses nothing; that is the bar here
        self.db.executescript(SCHEMA)

    def close(self) -> None:
        self.db.close()

    def empty(self) -> None:
        with self.transaction():
            for table in ("objects", "answers", "deadlines", "deliveries"):
                self.db.execute(f"delete from {table}")  # noqa: S608 (our own names)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an inner one is a savepoint of the outer."""
        begin, end, undo = (
            ("savepoint inside", "release inside", "rollback to inside")
            if self.db.in_transaction
            else ("begin immediate", "commit", "rollback")
        )
        self.db.execute(begin)
        try:
            yield
        except BaseException:
            self.db.execute(undo)
            raise
        self.db.execute(end)

    def put(self, document: Document) -> Document:
        """Keep a new or changed object."""
        self.db.execute(
            "insert into objects (id, kind, created, body) values (?, ?, ?, ?)"
            " on conflict (id) do update set body = excluded.body",
            (document["id"], document["object"], document["created"], json.dumps(document)),
        )
        return document

    def get(self, kind: str, object_id: str, param: str = "id") -> Document:
        """The object, or `resource_missing` (404) naming `param`."""
        row = self.db.execute(
            "select body from objects where id = ? and kind = ?", (object_id, kind)
        ).fetchone()
        if row is None:
            raise missing(kind, object_id, param)
        return self._read(row)

    def any(self, object_id: str) -> Document | None:
        """Whatever bears this id, or None."""
        row = self.db.execute("select body from objects where id = ?", (object_id,)).fetchone()
        return None if row is None else self._read(row)

    @staticmethod
    def _read(row: tuple[str]) -> Document:
        document: Document = json.loads(row[0])
        return document

    def page(
        self,
        kind: str,
        *,
        equal: Mapping[str, Any],
        created: Mapping[str, int | None],
        after: str | None,
        before: str | None,
        limit: int,
    ) -> tuple[list[Document], bool]:
        """Up to `limit` objects, newest first, and whether there are more in that direction."""
        where, values = self._conditions(kind, equal, created)
        if cursor := after or before:
            where.append("seq < ?" if after else "seq > ?")
            values.append(self._place(kind, cursor, "starting_after" if after else "ending_before"))
        order = "asc" if before and not after else "desc"
        query = f"select body from objects where {' and '.join(where)} order by seq {order} limit ?"  # noqa: S608
        rows = self.db.execute(query, (*values, limit + 1)).fetchall()
        found = [self._read(row) for row in rows[:limit]]
        return (found[::-1] if order == "asc" else found), len(rows) > limit

    @staticmethod
    def _conditions(
        kind: str, equal: Mapping[str, Any], created: Mapping[str, int | None]
    ) -> tuple[list[str], list[Any]]:
        where = ["kind = ?"]
        values: list[Any] = [kind]
        for name, wanted in equal.items():
            where.append(f"json_extract(body, '$.{name}') = ?")
            values.append(wanted)
        for name, moment in created.items():
            where.append(f"created {BOUNDS[name]} ?")
            values.append(moment)
        return where, values

    def _place(self, kind: str, object_id: str, param: str) -> int:
        row = self.db.execute(
            "select seq from objects where id = ? and kind = ?", (object_id, kind)
        ).fetchone()
        if row is None:
            raise missing(kind, object_id, param)
        place: int = row[0]
        return place

    def set_deadline(self, object_id: str, due_at: int | None) -> None:
        """When an object must be looked at by itself (a hold or page that runs out); None: never."""
        self.db.execute("delete from deadlines where id = ?", (object_id,))
        if due_at is not None:
            self.db.execute("insert into deadlines (id, due_at) values (?, ?)", (object_id, due_at))

    def due(self, now_s: int) -> list[Document]:
        rows = self.db.execute(
            "select o.body from deadlines d join objects o using (id) where d.due_at <= ? order by d.due_at",
            (now_s,),
        ).fetchall()
        return [self._read(row) for row in rows]

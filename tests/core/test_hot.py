"""Hot statements: prepared on a direct line, not behind a pooler; values travel as arrays."""

from __future__ import annotations

import re
import socket
import threading
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from core import hot

pytestmark = pytest.mark.django_db(transaction=True)
KEY_DATA = re.compile(rb"(K\0\0\0\x0c)(....)", re.DOTALL)
"""BackendKeyData (PostgreSQL, Message Formats): the number of the backend, and its secret."""


def test_what_runs_on_a_direct_line_is_prepared():
    hot.hot_line().execute("select %s::text as greeting", ["hello"])
    hot.hot_line().execute("select %s::text as greeting", ["again"])
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_prepared_statements where statement like '%%as greeting'")
        assert cursor.fetchone() == (1,)


def test_parameters_go_by_name_or_in_order():
    line = hot.hot_line()
    assert line.execute("select %s::int - %s::int, 7 %% 4", [5, 3]) == [(2, 3)]
    assert line.execute("select %(a)s::text, %(b)s::int, %(a)s::text", {"b": 1, "a": "x", "c": 0}) == [
        ("x", 1, "x")
    ]


def test_what_returns_no_rows_says_so():
    assert hot.hot_line().execute("select 1 where false") == []
    assert hot.hot_line().execute("set application_name = 'hot'") == []


def test_it_is_part_of_the_transaction_around_it():
    line = hot.hot_line()
    line.execute("create temporary table told (word text)")
    with transaction.atomic():
        hot.hot_line().execute("insert into told values (%s)", ["gone"])
        hot.hot_line().copy("copy told from stdin", "gone, too\n")
        transaction.set_rollback(True)
    with transaction.atomic():
        hot.hot_line().copy("copy told from stdin", "kept\n")
    assert hot.hot_line().execute("select word from told") == [("kept",)]


def test_what_the_database_refuses_is_told_by_name_and_the_line_goes_on():
    line = hot.hot_line()
    with pytest.raises(psycopg.errors.DivisionByZero, match="division by zero"):
        line.execute("select 1 / %s::int", [0])
    line.execute("create temporary table numbers (n int)")
    with pytest.raises(psycopg.errors.InvalidTextRepresentation, match="no number"):
        line.copy("copy numbers from stdin", "1\nno number\n")
    with pytest.raises(psycopg.errors.UndefinedTable):
        line.copy("copy nothing_here from stdin", "1\n")
    assert line.execute("select count(*) from numbers") == [(0,)]


def test_a_copy_may_be_longer_than_what_fits_on_the_way():
    line = hot.hot_line()
    line.execute("create temporary table long_words (word text)")
    line.copy("copy long_words from stdin", f"{'x' * 9_000_000}\n" * 3)
    assert line.execute("select sum(length(word)) from long_words") == [(27_000_000,)]


def test_an_interrupted_line_is_an_operational_error():
    line = hot.hot_line()
    with pytest.raises(psycopg.OperationalError):
        line.execute("select pg_terminate_backend(pg_backend_pid())")
    connection.close()
    assert hot.hot_line().execute("select 1") == [(1,)]


def test_behind_a_pooler_nothing_is_prepared():
    """A pooler greets with a number of its own, since another backend may answer each transaction."""
    with pooler() as line:
        assert line.execute("select 1").fetchone() == (1,)
        assert not hot.is_direct(line)
    with psycopg.connect(**parameters()) as line:
        assert hot.is_direct(line)


def parameters() -> dict[str, object]:
    known = connection.get_connection_params()
    return {name: known[name] for name in ("dbname", "user", "host", "port", "password") if known.get(name)}


def pooler() -> psycopg.Connection:
    """A connection through something that answers the handshake with another backend's number."""
    door = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(door,), daemon=True).start()
    through = {**parameters(), "host": "127.0.0.1", "port": door.getsockname()[1], "sslmode": "disable"}
    return psycopg.connect(**through, gssencmode="disable")


def _serve(door: socket.socket) -> None:
    here, _ = door.accept()
    door.close()
    known = parameters()
    there = socket.socket(socket.AF_UNIX)
    there.connect(f"{known['host']}/.s.PGSQL.{known.get('port', 5432)}")
    threading.Thread(target=_carry, args=(here, there, bytes), daemon=True).start()
    _carry(there, here, lambda data: KEY_DATA.sub(lambda found: found[1] + b"\0\0\0\7", data))


def _carry(source: socket.socket, target: socket.socket, change) -> None:
    while data := source.recv(65536):
        target.sendall(change(data))
    target.shutdown(socket.SHUT_WR)


ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-7))])
INSTANTS = st.builds(datetime.fromtimestamp, st.integers(-2_000_000_000, 4_000_000_000), ZONES)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.none() | TEXTS | st.sampled_from(["null", "NULL", "{}", '"', "\\", "a,b", "\n\t"])),
    st.lists(st.none() | INSTANTS),
)
def test_an_array_says_what_the_list_says(numbers, texts, instants):
    row = hot.hot_line().execute(
        "select %s::bigint[], %s::text[], %s::timestamptz[]", list(map(hot.array, (numbers, texts, instants)))
    )
    assert row == [(numbers, texts, instants)]

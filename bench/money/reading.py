"""Reads the three books without a line of the product's code: SQL here, the stand-in's own file there."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg

from bench.money import town
from bench.money.verdict import Books, Charge, Intent, Payment

_PAYMENTS: Final = """
select p.public_id::text, p.session_id, p.status, p.provider_ref, p.captured_minor,
       coalesce((select sum(l.amount_minor) from payments_postingline l
                   join payments_posting g on g.id = l.posting_id
                  where g.payment_id = p.id and g.reference not like 'fee.%'
                    and case when p.paid_from_id is null then l.account = 'cash:stripe'
                             else l.account like 'payable:prepaid.%' end), 0)::bigint,
       p.paid_from_id is not null
  from payments_payment p order by p.id
"""
_CHARGES: Final = """
select s.id, count(c.id), coalesce(sum(round(c.total_gross * 100)), 0)::bigint, u.email
  from stations_chargingsession s join accounts_user u on u.id = s.driver_id
  left join payments_chargedetailrecord c on c.session_id = s.id
 group by s.id, u.email order by s.id
"""
_SUM: Final = """
select coalesce(sum(l.amount_minor), 0)::bigint
  from payments_postingline l join payments_posting g on g.id = l.posting_id
 where l.account like %s and g.reference not like 'fee.%%'
"""
_BALANCES: Final = """
select coalesce(-sum(l.amount_minor), 0)::bigint
  from payments_prepaidbalance b
  left join payments_postingline l on l.account = 'payable:prepaid.' || b.id
 group by b.id
"""
_OPEN: Final = "select count(*) from payments_provideroperation where state in ('written', 'unknown')"
_UNREAD: Final = "select count(*) from payments_webhookevent where processed_at is null"


def books(database_url: str, state: Path) -> Books:
    """Everything as it stands now."""
    with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as theirs:
        movements = list(_documents(theirs, "balance_transaction"))
        intents = tuple(_intents(theirs, movements))
    with psycopg.connect(database_url) as ours:
        return Books(
            intents=intents,
            payments=tuple(Payment(*row) for row in ours.execute(_PAYMENTS)),
            charges=tuple(
                Charge(session, bills, billed, town.has_paying_card(email))
                for session, bills, billed, email in ours.execute(_CHARGES)
            ),
            cash_minor=_one(ours, _SUM, "cash:stripe"),
            receivable_minor=_one(ours, _SUM, "receivable:%"),
            balances_minor=tuple(minor for (minor,) in ours.execute(_BALANCES)),
            open_operations=_one(ours, _OPEN),
            unread_webhooks=_one(ours, _UNREAD),
            provider_balance_minor=sum(one["amount"] for one in movements),
        )


def writes(state: Path) -> int:
    """How many writes the provider has answered, or would have, had nobody hung up."""
    return _count(state, "answers")


def undelivered(state: Path) -> int:
    """How many webhooks the provider still has to send."""
    return _count(state, "deliveries")


def _count(state: Path, table: str) -> int:
    with closing(sqlite3.connect(f"file:{state}?mode=ro", uri=True)) as theirs:
        return int(theirs.execute(f"select count(*) from {table}").fetchone()[0])  # noqa: S608 (our own names)


def _intents(theirs: sqlite3.Connection, movements: list[dict[str, Any]]) -> Iterator[Intent]:
    charges = {one["id"]: one["payment_intent"] for one in _documents(theirs, "charge")}
    taken: dict[str, list[int]] = defaultdict(list)
    for movement in movements:
        taken[charges[movement["source"]]].append(movement["amount"])
    for one in _documents(theirs, "payment_intent"):
        payment = one["metadata"].get("payment", "")
        yield Intent(one["id"], payment, one["status"], tuple(taken[one["id"]]))


def _documents(theirs: sqlite3.Connection, kind: str) -> Iterator[dict[str, Any]]:
    for (body,) in theirs.execute("select body from objects where kind = ? order by seq", (kind,)):
        yield json.loads(body)


def _one(ours: psycopg.Connection[Any], sql: str, *values: str) -> int:
    row = ours.execute(sql, values).fetchone()
    assert row is not None
    return int(row[0])

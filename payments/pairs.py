"""A posting's lines as pairs of debit and credit, as bookkeeping programs take them. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    debit: str
    credit: str
    amount_minor: int


def pairs(lines: Sequence[tuple[str, int]]) -> Iterator[Pair]:
    """What each debited account gets from which credited one.

    `lines` are signed minor units by account, debit positive, and sum to zero.
    """
    given = deque((account, -amount) for account, amount in lines if amount < 0)
    for debit, wanted in ((account, amount) for account, amount in lines if amount > 0):
        while wanted:
            credit, there = given.popleft()
            moved = min(wanted, there)
            yield Pair(debit, credit, moved)
            wanted -= moved
            if there > moved:
                given.appendleft((credit, there - moved))

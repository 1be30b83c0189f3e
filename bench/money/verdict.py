"""From three independent books to a yes or no. Pure: what the provider, our ledger and our bills say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from bench.ocpp.verdict import Bar

FINAL: Final = {"captured": "succeeded", "voided": "canceled"}
LEAST_FAULTED: Final = 0.15
LEAST_KILLS_PER_SESSION: Final = 0.05


@dataclass(frozen=True)
class Intent:
    """The provider's side of a payment; `payment` is our public id in its metadata."""

    ref: str
    payment: str
    status: str
    taken_minor: tuple[int, ...]


@dataclass(frozen=True)
class Payment:
    """Our side; `posted_minor` is what the ledger says came in by it, or was drawn from a balance.

    Without a session it topped a balance up.
    """

    public_id: str
    session: int | None
    status: str
    ref: str
    captured_minor: int
    posted_minor: int
    is_drawn: bool = False


@dataclass(frozen=True)
class Charge:
    """One session: what its bills say, None where there is none, and whether its driver's card pays."""

    session: int
    bills: int
    billed_minor: int
    card_pays: bool


@dataclass(frozen=True)
class Books:
    """All that was read, at one moment."""

    intents: tuple[Intent, ...]
    payments: tuple[Payment, ...]
    charges: tuple[Charge, ...]
    cash_minor: int
    receivable_minor: int
    open_operations: int
    unread_webhooks: int
    provider_balance_minor: int
    balances_minor: tuple[int, ...] = ()
    """What drivers have on their balances, by the ledger."""

    @cached_property
    def session_of(self) -> dict[str, int | None]:
        return {payment.public_id: payment.session for payment in self.payments}

    @cached_property
    def taken_minor(self) -> Counter[int | None]:
        """What the provider really took, and what balances paid, by session; None: to top them up."""
        taken: Counter[int | None] = Counter()
        for intent in self.intents:
            taken[self.session_of.get(intent.payment, -1)] += sum(intent.taken_minor)
        for payment in self.payments:
            taken[payment.session] += payment.captured_minor if payment.is_drawn else 0
        return taken

    @cached_property
    def drawn_minor(self) -> int:
        return sum(payment.captured_minor for payment in self.payments if payment.is_drawn)


@dataclass(frozen=True)
class Injected:
    """What was done to the run."""

    writes: int
    faults: dict[str, int]
    died: dict[str, int]
    killed_from_outside: int
    webhooks: dict[str, int]

    @property
    def faulted(self) -> float:
        """Of the provider's writes."""
        return sum(self.faults.values()) / self.writes if self.writes else 0.0

    @property
    def kills(self) -> int:
        return sum(self.died.values()) + self.killed_from_outside


def judge(books: Books, sessions: int) -> list[Bar]:
    """The promise: nothing lost, nothing twice, nothing stuck, nothing wrong, and three books that agree."""
    due_minor = sum(charge.billed_minor for charge in books.charges if charge.card_pays)
    owed_minor = sum(charge.billed_minor for charge in books.charges if not charge.card_pays)
    topped_up_minor = books.taken_minor[None]
    taken_minor = sum(books.taken_minor.values()) - topped_up_minor
    return [
        Bar("charges", len(books.charges), at_least=sessions),
        _none("charges without exactly one bill", (charge.bills != 1 for charge in books.charges)),
        _none("lost: less taken than billed", map(_is_lost, _sides(books))),
        _none("doubled: more taken than billed, or twice", [*_doubled(books)]),
        _none("stuck holds", (intent.status == "requires_capture" for intent in books.intents)),
        _none("wrong states", [*_wrong(books)]),
        _none("ledger postings that differ", (p.posted_minor != p.captured_minor for p in books.payments)),
        Bar("operations still open", books.open_operations, at_most=0),
        _equal("provider's balance less ledger's cash", books.provider_balance_minor - books.cash_minor),
        _equal(
            "provider's movements and balances' draws less bills of cards that pay", taken_minor - due_minor
        ),
        _equal(
            "topped up less drawn and what balances hold",
            topped_up_minor - books.drawn_minor - sum(books.balances_minor),
        ),
        _none("balances below zero", (minor < 0 for minor in books.balances_minor)),
        *_drawn(books),
        _equal("ledger's receivables less bills of cards that do not", books.receivable_minor - owed_minor),
    ]


def hardship(injected: Injected, sessions: int) -> list[Bar]:
    """A quiet run proves nothing."""
    return [
        Bar("of the provider's writes faulted", injected.faulted, at_least=LEAST_FAULTED),
        Bar("processes killed by -9", injected.kills, at_least=sessions * LEAST_KILLS_PER_SESSION),
        _at_least_one("webhooks dropped", injected.webhooks.get("webhook_drop", 0)),
        _at_least_one("webhooks doubled", injected.webhooks.get("webhook_duplicate", 0)),
        _at_least_one("webhooks late", injected.webhooks.get("webhook_shuffle", 0)),
    ]


def later(before: Books, after: Books) -> list[Bar]:
    """Webhooks and news that arrive only after the sweep are read, and move nothing."""
    return [
        _none("books that late news changed", [replace(before, unread_webhooks=0) != after]),
        Bar("webhooks unread", after.unread_webhooks, at_most=0),
    ]


def _drawn(books: Books) -> Iterable[Bar]:
    """Balances that nobody drew on prove nothing."""
    if books.balances_minor:
        yield _at_least_one("payments from balances", sum(one.is_drawn for one in books.payments))


def _sides(books: Books) -> Iterable[tuple[Charge, int]]:
    return ((charge, books.taken_minor[charge.session]) for charge in books.charges)


def _is_lost(side: tuple[Charge, int]) -> bool:
    charge, taken_minor = side
    return charge.card_pays and taken_minor < charge.billed_minor


def _doubled(books: Books) -> Iterable[bool]:
    yield from (taken_minor > charge.billed_minor for charge, taken_minor in _sides(books))
    yield from (len(intent.taken_minor) > 1 for intent in books.intents)


def _wrong(books: Books) -> Iterable[bool]:
    """A payment that is not final or not what the provider has; an intent that is nobody's, or strays."""
    intents = {intent.ref: intent for intent in books.intents}
    yield from (_differs(one, intents.get(one.ref)) for one in books.payments if not one.is_drawn)
    yield from (one.status not in (*FINAL, "failed") for one in books.payments if one.is_drawn)
    ours = {payment.ref for payment in books.payments}
    for intent in books.intents:
        is_nobodys = intent.payment not in books.session_of
        yield is_nobodys or (intent.ref not in ours and intent.status == "succeeded")


def _differs(payment: Payment, intent: Intent | None) -> bool:
    if payment.status == "failed":
        return intent is not None and intent.status in ("succeeded", "requires_capture")
    if intent is None or FINAL.get(payment.status) != intent.status:
        return True
    return payment.captured_minor != sum(intent.taken_minor)


def _none(name: str, found: Iterable[bool]) -> Bar:
    return Bar(name, sum(found), at_most=0)


def _equal(name: str, difference_minor: int) -> Bar:
    return Bar(f"{name}, minor units", difference_minor, at_least=0, at_most=0)


def _at_least_one(name: str, count: int) -> Bar:
    return Bar(name, count, at_least=1)


def holds(bars: Sequence[Bar]) -> bool:
    return all(bar.holds for bar in bars)

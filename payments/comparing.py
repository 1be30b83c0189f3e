"""What provider, books and payments do not agree on. Pure: values in, findings out (MONEY rule 10).

`compare` names each discrepancy with one of a closed list of kinds (`payments.models.Discrepancy.Kind`).
A payment's books are only judged when nothing else about it differs, for then they would differ as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from payments.providers.base import DisputeSeen, Intent, IntentStatus, Movement, RefundSeen, RefundState
from payments.states import DISPUTE, REFUND

GONE = (RefundState.FAILED, RefundState.CANCELED)
HERE = {
    IntentStatus.HELD: "authorized",
    IntentStatus.PAID: "captured",
    IntentStatus.CANCELED: "voided",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OurRefund:
    ref: str
    refund_id: str
    status: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OurPayment:
    """A payment as we know it. `cash_minor` is what the books say of the provider's account for it.

    `overpaid_minor`: what its session paid beyond its bill. `is_whole`: every movement of it lies in the
    compared time. `asked_to_capture`: we once asked the provider to capture it. `fees`: what the books say
    that the provider kept, by its movement.
    """

    pk: int
    payment_id: str
    ref: str
    status: str
    currency: str
    captured_minor: int = 0
    cash_minor: int = 0
    overpaid_minor: int = 0
    is_whole: bool = True
    asked_to_capture: bool = False
    refunds: tuple[OurRefund, ...] = ()
    disputes: Mapping[str, str] = field(default_factory=dict)
    fees: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OurCard:
    ref: str
    label: str
    is_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OurPayout:
    ref: str
    reversed_minor: int
    currency: str


@dataclass(slots=True)
class Statement:
    """What the provider says of a time."""

    intents: dict[str, Intent] = field(default_factory=dict)
    named: dict[str, Intent] = field(default_factory=dict)
    refunds: dict[str, list[RefundSeen]] = field(default_factory=dict)
    disputes: dict[str, list[DisputeSeen]] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)

    def add(self, intent: Intent) -> None:
        self.intents[intent.ref] = intent
        if intent.payment_id:
            self.named[intent.payment_id] = intent

    def intent_of(self, payment: OurPayment) -> Intent | None:
        """By its reference, or by our payment's id in it when its answer was lost."""
        return self.intents.get(payment.ref) if payment.ref else self.named.get(payment.payment_id)

    def moved_minor(self) -> dict[str, dict[str, int]]:
        """What the account gained by each intent, by currency, less the provider's fees."""
        sums: dict[str, dict[str, int]] = {}
        for move in self.movements:
            mine = sums.setdefault(move.intent_ref, {})
            mine[move.currency] = mine.get(move.currency, 0) + move.amount_minor - move.fee_minor
        return sums

    def fees(self) -> dict[str, dict[str, int]]:
        """What the provider kept for payments and refunds: by intent, then by movement."""
        found: dict[str, dict[str, int]] = {}
        for move in self.movements:
            if move.own_fee_minor:
                found.setdefault(move.intent_ref, {})[move.ref] = move.own_fee_minor
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One discrepancy. `ref` names the provider's object, `detail` the states (here → there)."""

    kind: str
    ref: str
    payment: int | None = None
    ours_minor: int | None = None
    theirs_minor: int | None = None
    currency: str = ""
    detail: str = ""


def compare(payments: Iterable[OurPayment], theirs: Statement) -> list[Finding]:
    """Everything on which the payments and the statement do not agree."""
    moved, fees = theirs.moved_minor(), theirs.fees()
    return [finding for payment in payments for finding in _about(payment, theirs, moved, fees)]


def compare_cards(cards: Iterable[OurCard]) -> list[Finding]:
    return [Finding(kind="card_gone", ref=card.ref, detail=card.label) for card in cards if not card.is_there]


def compare_payouts(payouts: Iterable[OurPayout], theirs: Mapping[str, int]) -> list[Finding]:
    """Payouts of which more came back at the provider than we know of; `theirs`: by its transfer."""
    return [
        Finding(
            kind="payout_reversed",
            ref=one.ref,
            ours_minor=one.reversed_minor,
            theirs_minor=theirs[one.ref],
            currency=one.currency,
        )
        for one in payouts
        if theirs.get(one.ref, 0) > one.reversed_minor
    ]


def strangers(theirs: Statement, known: Mapping[str, str]) -> list[Finding]:
    """Intents that bear our mark, hold or took money, and belong to no payment here.

    `known`: the payments' ids, with the reference of the intent that each goes by (empty: none yet).
    """
    return [
        Finding(
            kind="intent_unknown",
            ref=one.ref,
            ours_minor=0,
            theirs_minor=money_in(one, theirs),
            detail=one.status,
            currency=one.currency,
        )
        for one in theirs.intents.values()
        if one.payment_id and known.get(one.payment_id) not in ("", one.ref) and money_in(one, theirs)
    ]


def money_in(intent: Intent, theirs: Statement) -> int:
    """What an intent holds, or took and has not given back."""
    returned = sum(one.amount_minor for one in theirs.refunds.get(intent.ref, ()) if one.state not in GONE)
    return intent.held_minor + max(0, intent.received_minor - returned)


def _about(
    payment: OurPayment,
    theirs: Statement,
    moved: Mapping[str, Mapping[str, int]],
    fees: Mapping[str, Mapping[str, int]],
) -> Iterator[Finding]:
    intent = theirs.intent_of(payment)
    ref = payment.ref or (intent.ref if intent else "")
    found = [*_state(payment, intent), *_refunds(payment, theirs.refunds.get(ref, []))]
    found += _disputes(payment, theirs.disputes.get(ref, []))
    found += _fees(payment, fees.get(ref, {}))
    yield from found or _books(payment, moved.get(ref, {}))


def _state(payment: OurPayment, intent: Intent | None) -> Iterator[Finding]:
    there = HERE.get(intent.status, "") if intent else "missing"
    kind = _state_kind(payment, there)
    if kind:
        yield _finding(
            payment,
            kind,
            payment.ref or (intent.ref if intent else ""),
            detail=f"{payment.status} → {there or (intent.status if intent else '')}",
            ours_minor=payment.captured_minor,
            theirs_minor=intent.received_minor if intent else 0,
        )
    elif intent and payment.captured_minor != intent.received_minor:
        received = intent.received_minor
        yield _finding(
            payment, "amount_differs", intent.ref, ours_minor=payment.captured_minor, theirs_minor=received
        )


def _state_kind(payment: OurPayment, there: str) -> str:
    match payment.status, there:
        case "captured", "captured":
            return ""
        case "captured", _:
            return "missing_there"
        case "authorized", "captured":
            return "state_behind" if payment.asked_to_capture else "captured_elsewhere"
        case "authorized", "voided" | "missing":
            return "hold_gone"
        case (("created" | "requires_action"), ("authorized" | "captured" | "voided")):
            return "state_behind"
        case (("voided" | "failed"), "authorized"):
            return "state_behind"
    return ""


def _refunds(payment: OurPayment, seen: list[RefundSeen]) -> Iterator[Finding]:
    for one in seen:
        mine = next((r for r in payment.refunds if one.ref == r.ref or one.refund_id == r.refund_id), None)
        if mine is None:
            if one.state not in GONE:
                yield _finding(
                    payment, "refund_unknown", one.ref, ours_minor=0, theirs_minor=one.amount_minor
                )
        elif one.state.value in REFUND[mine.status]:
            yield _finding(payment, "state_behind", one.ref, detail=f"{mine.status} → {one.state}")


def _disputes(payment: OurPayment, seen: list[DisputeSeen]) -> Iterator[Finding]:
    for one in seen:
        mine = payment.disputes.get(one.ref)
        if mine is None:
            yield _finding(payment, "dispute_unknown", one.ref, ours_minor=0, theirs_minor=one.amount_minor)
        elif one.status in DISPUTE[mine]:
            yield _finding(payment, "state_behind", one.ref, detail=f"{mine} → {one.status}")


def _fees(payment: OurPayment, told: Mapping[str, int]) -> Iterator[Finding]:
    """Fee by fee, where every movement of the payment lies in the compared time."""
    for ref in sorted({*payment.fees, *told}) if payment.is_whole else ():
        ours_minor, theirs_minor = payment.fees.get(ref, 0), told.get(ref, 0)
        if ours_minor != theirs_minor:
            yield _finding(payment, "fee_differs", ref, ours_minor=ours_minor, theirs_minor=theirs_minor)


def _books(payment: OurPayment, moved: Mapping[str, int]) -> Iterator[Finding]:
    """What the account keeps in another currency than the payment's cannot be compared."""
    moved_minor = moved.get(payment.currency, 0)
    if moved.keys() - {payment.currency}:
        return
    if payment.is_whole and payment.cash_minor != moved_minor:
        yield _finding(
            payment, "ledger_differs", payment.ref, ours_minor=payment.cash_minor, theirs_minor=moved_minor
        )
    elif payment.overpaid_minor > 0:
        yield _finding(payment, "overpaid", payment.ref, ours_minor=0, theirs_minor=payment.overpaid_minor)


def _finding(payment: OurPayment, kind: str, ref: str, **more: object) -> Finding:
    return Finding(kind=kind, ref=ref, payment=payment.pk, currency=payment.currency, **more)  # type: ignore[arg-type]

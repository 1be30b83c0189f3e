"""The account's balance: what stands there, and the only place that makes balance transactions."""

from __future__ import annotations

from typing import Final

from simulator.stripe.errors import Document
from simulator.stripe.world import World

DAY_S: Final = 86_400


def fee(amount: int) -> int:
    """1.5 % and 25 minor units, rounded half up, as for a European card."""
    return (amount * 15 + 500) // 1000 + 25


def book(
    world: World,
    kind: str,
    source: str,
    amount: int,
    fee_amount: int,
    currency: str,
    *,
    category: str | None = None,
) -> Document:
    """One movement of the account's balance; `amount` is negative for money that leaves."""
    details = [
        {
            "amount": fee_amount,
            "application": None,
            "currency": currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    entry = world.new(
        "balance_transaction",
        amount=amount,
        available_on=world.now() + 2 * DAY_S,
        currency=currency,
        description=None,
        exchange_rate=None,
        fee=fee_amount,
        fee_details=details if fee_amount else [],
        net=amount - fee_amount,
        reporting_category=category or kind,
        source=source,
        status="pending",
        type=kind,
    )
    return world.store.put(entry)


def standing(world: World, currency: str) -> int:
    """What stands in the account, in the currency's smallest unit; funds need no days to become available."""
    query = (
        "select coalesce(sum(json_extract(body, '$.net')), 0) from objects"
        " where kind = 'balance_transaction' and json_extract(body, '$.currency') = ?"
    )
    [total] = world.store.db.execute(query, (currency,)).fetchone()
    return int(total)

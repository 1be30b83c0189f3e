"""Balance transactions: each movement of the account's balance, with Stripe's fee."""

from __future__ import annotations

from simulator.stripe.resources.reading import listing, retrieve
from simulator.stripe.shapes import lists
from simulator.stripe.world import Endpoint, World


def standing(world: World, currency: str) -> int:
    """What stands in the account, in the currency's smallest unit; funds need no days to become available."""
    query = (
        "select coalesce(sum(json_extract(body, '$.net')), 0) from objects"
        " where kind = 'balance_transaction' and json_extract(body, '$.currency') = ?"
    )
    [total] = world.store.db.execute(query, (currency,)).fetchone()
    return int(total)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/v1/balance_transactions",
        lists.BALANCE,
        listing("balance_transaction", "currency", "source", "type"),
        "BalanceTransactionListParams",
    ),
    Endpoint(
        "GET",
        "/v1/balance_transactions/{id}",
        lists.NOTHING,
        retrieve("balance_transaction"),
        "BalanceTransactionRetrieveParams",
    ),
)

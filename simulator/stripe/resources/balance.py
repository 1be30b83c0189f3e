"""Balance transactions: each movement of the account's balance, with Stripe's fee."""

from __future__ import annotations

from simulator.stripe.resources.reading import listing, retrieve
from simulator.stripe.shapes import lists
from simulator.stripe.world import Endpoint

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

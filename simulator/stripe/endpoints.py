"""Every operation of the API in one tuple."""

from __future__ import annotations

from typing import Final

from simulator.stripe.resources import (
    accounts,
    balance,
    charges,
    checkout_sessions,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
    transfers,
)
from simulator.stripe.world import Endpoint

ENDPOINTS: Final[tuple[Endpoint, ...]] = tuple(
    endpoint
    for module in (
        customers,
        payment_methods,
        payment_intents,
        setup_intents,
        checkout_sessions,
        charges,
        refunds,
        disputes,
        balance,
        accounts,
        transfers,
        events,
    )
    for endpoint in module.ENDPOINTS
)

"""Parameters of connected accounts, of their hosted setup, and of transfers to them."""

from __future__ import annotations

from simulator.stripe.fields import Shape, choice, inert, integer, later, metadata, text
from simulator.stripe.shapes.common import CREATED, EXPAND, PAGE

ACCOUNT_CREATE: Shape = {
    **EXPAND,
    "country": text(),
    "email": text(),
    "metadata": metadata(),
    "type": choice("express", "custom", "standard"),
    **inert("business_profile", "business_type", "capabilities", "controller", "settings"),
    **later(
        "account_token",
        "company",
        "default_currency",
        "documents",
        "external_account",
        "groups",
        "individual",
        "tos_acceptance",
    ),
}
ACCOUNTS: Shape = {**PAGE, **CREATED}
LINK_CREATE: Shape = {
    **EXPAND,
    "account": text(required=True),
    "refresh_url": text(),
    "return_url": text(),
    "type": choice("account_onboarding", "account_update", required=True),
    **inert("collect", "collection_options"),
}
TRANSFER_CREATE: Shape = {
    **EXPAND,
    "amount": integer(at_least=1),
    "currency": text(required=True),
    "description": text(),
    "destination": text(required=True),
    "metadata": metadata(),
    "transfer_group": text(),
    **later("source_transaction", "source_type"),
}
TRANSFER_REVERSE: Shape = {
    **EXPAND,
    "amount": integer(at_least=1),
    "description": text(),
    "metadata": metadata(),
    **later("refund_application_fee"),
}
TRANSFERS: Shape = {**PAGE, **CREATED, "destination": text(), "transfer_group": text()}

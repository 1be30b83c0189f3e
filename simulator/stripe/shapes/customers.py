"""Parameters of customers and payment methods."""

from __future__ import annotations

from simulator.stripe.fields import Shape, hash_of, inert, integer, later, metadata, text
from simulator.stripe.shapes.common import ADDRESS, BILLING, EXPAND, METHOD_DATA

INVOICE_SETTINGS: Shape = {
    "default_payment_method": text(),
    **inert("custom_fields", "footer", "rendering_options"),
}
CUSTOMER: Shape = {
    **EXPAND,
    "address": hash_of(ADDRESS),
    "description": text(),
    "email": text(),
    "invoice_settings": hash_of(INVOICE_SETTINGS),
    "metadata": metadata(),
    "name": text(),
    "phone": text(),
    **inert(
        "business_name",
        "individual_name",
        "invoice_prefix",
        "next_invoice_sequence",
        "preferred_locales",
        "shipping",
        "tax",
        "tax_exempt",
        "validate",
    ),
    **later("balance", "cash_balance", "source"),
}
CUSTOMER_CREATE: Shape = {**CUSTOMER, "payment_method": text(), **later("tax_id_data", "test_clock")}
CUSTOMER_UPDATE: Shape = {**CUSTOMER, **later("default_source")}

CARD: Shape = {
    "number": text(),
    "exp_month": integer(),
    "exp_year": integer(),
    "cvc": text(),
    **inert("networks"),
    **later("token"),
}
METHOD_CREATE: Shape = {
    **METHOD_DATA,
    **EXPAND,
    "card": hash_of(CARD),
    **later("custom", "customer", "payment_method"),
}
METHOD_UPDATE: Shape = {
    **EXPAND,
    "billing_details": hash_of(BILLING),
    "metadata": metadata(),
    **inert("allow_redisplay"),
    "card": hash_of({"exp_month": integer(), "exp_year": integer(), **inert("networks")}),
    **later("us_bank_account"),
}
METHOD_ATTACH: Shape = {**EXPAND, "customer": text(), **later("customer_account")}

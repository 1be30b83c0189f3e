"""Parameters of the list operations, and of operations that take nothing of their own."""

from __future__ import annotations

from simulator.stripe.fields import Shape, choice, inert, later, list_of, text
from simulator.stripe.shapes.common import CREATED, EXPAND, PAGE

NOTHING: Shape = EXPAND
CLIENT_READ: Shape = {**EXPAND, "client_secret": text()}
CUSTOMERS: Shape = {**PAGE, **CREATED, "email": text(), **later("test_clock")}
PAYMENT_INTENTS: Shape = {**PAGE, **CREATED, "customer": text(), **later("customer_account")}
SETUP_INTENTS: Shape = {
    **PAGE,
    **CREATED,
    "customer": text(),
    "payment_method": text(),
    **later("attach_to_self", "customer_account"),
}
OWN_METHODS: Shape = {**PAGE, "type": choice("card"), **inert("allow_redisplay")}
PAYMENT_METHODS: Shape = {**OWN_METHODS, "customer": text(), **later("customer_account")}
CHARGES: Shape = {
    **PAGE,
    **CREATED,
    "customer": text(),
    "payment_intent": text(),
    **later("transfer_group"),
}
DISPUTES: Shape = {**PAGE, **CREATED, "charge": text(), "payment_intent": text()}
REFUNDS: Shape = {**PAGE, **CREATED, "charge": text(), "payment_intent": text()}
BALANCE: Shape = {
    **PAGE,
    **CREATED,
    "currency": text(),
    "source": text(),
    "type": text(),
    **later("payout"),
}
EVENTS: Shape = {**PAGE, **CREATED, "type": text(), "types": list_of(text()), **later("delivery_success")}
SESSIONS: Shape = {
    **PAGE,
    **CREATED,
    "customer": text(),
    "payment_intent": text(),
    "status": choice("open", "complete", "expired"),
    **later("customer_account", "customer_details", "payment_link", "subscription"),
}
LINE_ITEMS: Shape = PAGE

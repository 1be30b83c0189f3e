"""Parameters of payment intents, setup intents and refunds."""

from __future__ import annotations

from simulator.stripe.fields import (
    Shape,
    choice,
    flag,
    hash_of,
    inert,
    integer,
    later,
    metadata,
    off_session,
    text,
)
from simulator.stripe.shapes.common import CAPTURE, EXPAND, FUTURE, REDIRECTS

_CARD_INERT = inert(
    "installments",
    "moto",
    "network",
    "request_extended_authorization",
    "request_incremental_authorization",
    "request_multicapture",
    "request_overcapture",
    "request_three_d_secure",
    "statement_descriptor_suffix_kana",
    "statement_descriptor_suffix_kanji",
)
CARD_OPTIONS: Shape = {
    "capture_method": choice("manual"),
    "setup_future_usage": choice("none", "off_session", "on_session"),
    **_CARD_INERT,
    **inert("require_cvc_recollection"),
    **later(
        "cvc_token", "mandate_options", "setup_credential_usage", "stored_credential_usage", "three_d_secure"
    ),
}
_PASSED_OVER = inert(
    "allowed_payment_method_types",
    "amount_details",
    "excluded_payment_method_types",
    "hooks",
    "payment_details",
)
_WORDS: Shape = {name: text() for name in ("statement_descriptor", "statement_descriptor_suffix")}
_INTENT: Shape = {
    **EXPAND,
    "customer": text(),
    "description": text(),
    "metadata": metadata(),
    "payment_method": text(),
    "payment_method_options": hash_of({"card": hash_of(CARD_OPTIONS)}),
    "receipt_email": text(),
    "setup_future_usage": FUTURE,
    **inert("shipping", "payment_method_configuration"),
    **_PASSED_OVER,
    **_WORDS,
    **later(
        "application_fee_amount", "customer_account", "payment_method_data", "transfer_data", "transfer_group"
    ),
}
PAYMENT_CREATE: Shape = {
    **_INTENT,
    "amount": integer(at_least=1, required=True),
    "currency": text(required=True),
    "automatic_payment_methods": hash_of(REDIRECTS),
    "capture_method": CAPTURE,
    "confirm": flag(),
    "error_on_requires_action": flag(),
    "off_session": off_session(),
    "return_url": text(),
    **inert("mandate", "mandate_data", "radar_options", "use_stripe_sdk"),
    "confirmation_method": choice("automatic"),
    **later("confirmation_token", "on_behalf_of"),
}
PAYMENT_UPDATE: Shape = {
    **_INTENT,
    "amount": integer(at_least=1),
    "currency": text(),
    "capture_method": CAPTURE,
}
PAYMENT_CONFIRM: Shape = {
    **EXPAND,
    **_PASSED_OVER,
    "capture_method": CAPTURE,
    "error_on_requires_action": flag(),
    "off_session": off_session(),
    "payment_method": text(),
    "payment_method_options": hash_of({"card": hash_of(CARD_OPTIONS)}),
    "receipt_email": text(),
    "return_url": text(),
    "setup_future_usage": FUTURE,
    **inert("mandate", "mandate_data", "radar_options", "shipping", "use_stripe_sdk"),
    **later("amount_to_confirm", "confirmation_token", "payment_method_data"),
}
PAYMENT_CAPTURE: Shape = {
    **EXPAND,
    "amount_to_capture": integer(at_least=1),
    "final_capture": flag(),
    "metadata": metadata(),
    **_WORDS,
    **inert("amount_details", "hooks", "payment_details"),
    **later("application_fee_amount", "transfer_data"),
}
PAYMENT_CANCEL: Shape = {
    **EXPAND,
    "cancellation_reason": choice("abandoned", "duplicate", "fraudulent", "requested_by_customer"),
}

SETUP_CARD_OPTIONS: Shape = {
    **inert("moto", "network", "request_three_d_secure"),
    **later("mandate_options", "setup_credential_usage", "three_d_secure"),
}
_SETUP: Shape = {
    **EXPAND,
    "customer": text(),
    "description": text(),
    "metadata": metadata(),
    "payment_method": text(),
    "payment_method_options": hash_of({"card": hash_of(SETUP_CARD_OPTIONS)}),
    **inert("allowed_payment_method_types", "excluded_payment_method_types", "payment_method_configuration"),
    **later("attach_to_self", "customer_account", "flow_directions", "payment_method_data"),
}
SETUP_CREATE: Shape = {
    **_SETUP,
    "automatic_payment_methods": hash_of(REDIRECTS),
    "confirm": flag(),
    "return_url": text(),
    "usage": FUTURE,
    **inert("mandate_data", "use_stripe_sdk"),
    **later("confirmation_token", "on_behalf_of", "single_use"),
}
SETUP_UPDATE: Shape = _SETUP
SETUP_CONFIRM: Shape = {
    **EXPAND,
    "payment_method": text(),
    "payment_method_options": hash_of({"card": hash_of(SETUP_CARD_OPTIONS)}),
    "return_url": text(),
    **inert("allowed_payment_method_types", "mandate_data", "use_stripe_sdk"),
    **later("confirmation_token", "payment_method_data"),
}
SETUP_CANCEL: Shape = {
    **EXPAND,
    "cancellation_reason": choice("abandoned", "requested_by_customer", "duplicate"),
}

REFUND_CREATE: Shape = {
    **EXPAND,
    "amount": integer(at_least=1),
    "charge": text(),
    "payment_intent": text(),
    "metadata": metadata(),
    "reason": choice("duplicate", "fraudulent", "requested_by_customer"),
    **inert("instructions_email"),
    **later("currency", "customer", "origin", "refund_application_fee", "reverse_transfer"),
}
REFUND_UPDATE: Shape = {**EXPAND, "metadata": metadata()}
CHARGE_UPDATE: Shape = {
    **EXPAND,
    "description": text(),
    "metadata": metadata(),
    **inert("fraud_details", "receipt_email", "shipping"),
    **later("customer", "transfer_group"),
}

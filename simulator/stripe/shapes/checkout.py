"""Parameters of Checkout sessions."""

from __future__ import annotations

from simulator.stripe.fields import Shape, choice, hash_of, inert, integer, later, list_of, metadata, text
from simulator.stripe.shapes.common import CAPTURE, EXPAND, FUTURE

PRODUCT: Shape = {
    "name": text(required=True),
    "description": text(),
    "metadata": metadata(),
    **inert("images", "tax_code", "tax_details", "unit_label"),
}
PRICE: Shape = {
    "currency": text(required=True),
    "product_data": hash_of(PRODUCT, required=True),
    "unit_amount": integer(at_least=0, required=True),
    **inert("tax_behavior"),
    **later("product", "recurring", "unit_amount_decimal"),
}
LINE_ITEM: Shape = {
    "price_data": hash_of(PRICE, required=True),
    "quantity": integer(at_least=1, required=True),
    "metadata": metadata(),
    **later("adjustable_quantity", "price", "tax_rates"),
}
INTENT_DATA: Shape = {
    "capture_method": CAPTURE,
    "description": text(),
    "metadata": metadata(),
    "receipt_email": text(),
    "setup_future_usage": FUTURE,
    "statement_descriptor": text(),
    "statement_descriptor_suffix": text(),
    **inert("shipping"),
    **later("application_fee_amount", "on_behalf_of", "transfer_data", "transfer_group"),
}
SETUP_DATA: Shape = {"description": text(), "metadata": metadata(), **later("on_behalf_of")}
SESSION_CARD_OPTIONS: Shape = {
    "setup_future_usage": FUTURE,
    "capture_method": choice("manual"),
    **inert(
        "installments",
        "request_extended_authorization",
        "request_incremental_authorization",
        "request_multicapture",
        "request_overcapture",
        "request_three_d_secure",
        "restrictions",
        "statement_descriptor_suffix_kana",
        "statement_descriptor_suffix_kanji",
    ),
}
SESSION_CREATE: Shape = {
    **EXPAND,
    "mode": choice("payment", "setup", required=True),
    "success_url": text(),
    "cancel_url": text(),
    "client_reference_id": text(),
    "currency": text(),
    "customer": text(),
    "customer_creation": choice("always", "if_required"),
    "customer_email": text(),
    "expires_at": integer(),
    "line_items": list_of(hash_of(LINE_ITEM)),
    "metadata": metadata(),
    "payment_intent_data": hash_of(INTENT_DATA),
    "payment_method_options": hash_of({"card": hash_of(SESSION_CARD_OPTIONS)}),
    "setup_intent_data": hash_of(SETUP_DATA),
    "submit_type": choice("auto", "book", "donate", "pay"),
    "ui_mode": choice("hosted_page"),
    **inert(
        "adaptive_pricing",
        "allow_promotion_codes",
        "allowed_payment_method_types",
        "billing_address_collection",
        "branding_settings",
        "consent_collection",
        "custom_text",
        "customer_update",
        "excluded_payment_method_types",
        "integration_identifier",
        "locale",
        "name_collection",
        "origin_context",
        "payment_method_collection",
        "payment_method_configuration",
        "permissions",
        "phone_number_collection",
        "redirect_on_completion",
        "return_url",
        "saved_payment_method_options",
        "wallet_options",
    ),
    **later(
        "after_expiration",
        "automatic_tax",
        "custom_fields",
        "customer_account",
        "discounts",
        "invoice_creation",
        "managed_payments",
        "optional_items",
        "payment_method_data",
        "shipping_address_collection",
        "shipping_options",
        "subscription_data",
        "tax_id_collection",
    ),
}
SESSION_UPDATE: Shape = {
    **EXPAND,
    "metadata": metadata(),
    **later("collected_information", "line_items", "payment_intent_data", "shipping_options"),
}

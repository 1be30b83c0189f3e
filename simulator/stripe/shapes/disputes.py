"""Parameters of disputes."""

from __future__ import annotations

from typing import Final

from simulator.stripe.fields import Shape, flag, hash_of, inert, metadata, text
from simulator.stripe.shapes.common import EXPAND

SAID: Final = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)
EVIDENCE: Shape = {**{name: text() for name in SAID}, **inert("appeal", "enhanced_evidence")}
UPDATE: Shape = {
    **EXPAND,
    "evidence": hash_of(EVIDENCE),
    "metadata": metadata(),
    "submit": flag(),
    **inert("intended_submission_method"),
}

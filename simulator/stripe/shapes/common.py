"""Parts that several operations share."""

from __future__ import annotations

from simulator.stripe.fields import (
    Shape,
    choice,
    flag,
    hash_of,
    inert,
    integer,
    later,
    list_of,
    metadata,
    span,
    text,
)

EXPAND: Shape = {"expand": list_of(text())}
PAGE: Shape = {
    **EXPAND,
    "limit": integer(at_least=1),
    "starting_after": text(),
    "ending_before": text(),
}
CREATED: Shape = {"created": span()}
ADDRESS: Shape = {name: text() for name in ("city", "country", "line1", "line2", "postal_code", "state")}
BILLING: Shape = {
    "address": hash_of(ADDRESS),
    "email": text(),
    "name": text(),
    "phone": text(),
    **inert("tax_id"),
}
OTHER_METHODS: Shape = later(
    *[
        "acss_debit",
        "affirm",
        "afterpay_clearpay",
        "alipay",
        "alma",
        "amazon_pay",
        "au_becs_debit",
        "bacs_debit",
        "bancontact",
        "billie",
        "bizum",
        "blik",
        "boleto",
        "cashapp",
        "crypto",
        "customer_balance",
        "eps",
        "fpx",
        "giropay",
        "grabpay",
        "ideal",
        "interac_present",
        "kakao_pay",
        "klarna",
        "konbini",
        "kr_card",
        "link",
        "mb_way",
        "mobilepay",
        "multibanco",
        "naver_pay",
        "nz_bank_account",
        "oxxo",
        "p24",
        "pay_by_bank",
        "payco",
        "paynow",
        "paypal",
        "paypay",
        "payto",
        "pix",
        "promptpay",
        "revolut_pay",
        "samsung_pay",
        "satispay",
        "scalapay",
        "sepa_debit",
        "sequra",
        "sofort",
        "sunbit",
        "swish",
        "twint",
        "upi",
        "us_bank_account",
        "wechat_pay",
        "zip",
    ]
)
METHOD_DATA: Shape = {
    "type": choice("card", required=True),
    "billing_details": hash_of(BILLING),
    "metadata": metadata(),
    **inert("allow_redisplay", "radar_options"),
    **OTHER_METHODS,
}
REDIRECTS: Shape = {"enabled": flag(required=True), "allow_redirects": choice("always", "never")}
CAPTURE = choice("automatic", "automatic_async", "manual")
FUTURE = choice("off_session", "on_session")

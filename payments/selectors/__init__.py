"""Reads of payments."""

from payments.selectors.books import (
    Day,
    Revenue,
    debts,
    owed_minor,
    receivable_account,
    revenue_between,
    revenue_by_day,
    revenue_today,
)
from payments.selectors.cards import ENDING_WITHIN, ShownCard, ending_cards, shown_cards
from payments.selectors.facts import session_facts
from payments.selectors.payments import (
    ShownPayment,
    cards_of,
    current_tariffs,
    default_method,
    differing,
    holds_waiting,
    latest_payments,
    open_payment_of,
    payments_of,
    record_of,
    shown_payment,
    users_with_card,
)
from payments.selectors.unpaid import Debt, debt_of, unpaid_debts

__all__ = [
    "ENDING_WITHIN",
    "Day",
    "Debt",
    "Revenue",
    "ShownCard",
    "ShownPayment",
    "cards_of",
    "current_tariffs",
    "debt_of",
    "debts",
    "default_method",
    "differing",
    "ending_cards",
    "holds_waiting",
    "latest_payments",
    "open_payment_of",
    "owed_minor",
    "payments_of",
    "receivable_account",
    "record_of",
    "revenue_between",
    "revenue_by_day",
    "revenue_today",
    "session_facts",
    "shown_cards",
    "shown_payment",
    "unpaid_debts",
    "users_with_card",
]

from payments.models.debts import DebtNotice
from payments.models.ledger import Posting, PostingLine
from payments.models.payments import (
    BillingAccount,
    Payment,
    PaymentMethod,
    ProviderOperation,
    WebhookEvent,
)
from payments.models.records import ChargeDetailRecord
from payments.models.tariffs import Tariff, TariffAssignment

__all__ = [
    "BillingAccount",
    "ChargeDetailRecord",
    "DebtNotice",
    "Payment",
    "PaymentMethod",
    "Posting",
    "PostingLine",
    "ProviderOperation",
    "Tariff",
    "TariffAssignment",
    "WebhookEvent",
]

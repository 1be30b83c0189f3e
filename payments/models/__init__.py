from payments.models.disputes import Dispute
from payments.models.ledger import Posting, PostingLine
from payments.models.payments import (
    BillingAccount,
    Payment,
    PaymentMethod,
    ProviderOperation,
    WebhookEvent,
)
from payments.models.reconciling import Discrepancy, ReconciliationRun
from payments.models.records import ChargeDetailRecord
from payments.models.refunds import Refund
from payments.models.tariffs import Tariff, TariffAssignment

__all__ = [
    "BillingAccount",
    "ChargeDetailRecord",
    "Discrepancy",
    "Dispute",
    "Payment",
    "PaymentMethod",
    "Posting",
    "PostingLine",
    "ProviderOperation",
    "ReconciliationRun",
    "Refund",
    "Tariff",
    "TariffAssignment",
    "WebhookEvent",
]

from payments.models.debts import DebtNotice
from payments.models.disputes import Dispute
from payments.models.hosts import (
    HostPayout,
    HostStatement,
    HostStatementLine,
    RevenueShare,
    SiteHost,
)
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
from payments.models.tariffs import RuleOverride, Tariff, TariffAssignment

__all__ = [
    "BillingAccount",
    "ChargeDetailRecord",
    "DebtNotice",
    "Discrepancy",
    "Dispute",
    "HostPayout",
    "HostStatement",
    "HostStatementLine",
    "Payment",
    "PaymentMethod",
    "Posting",
    "PostingLine",
    "ProviderOperation",
    "ReconciliationRun",
    "Refund",
    "RevenueShare",
    "RuleOverride",
    "SiteHost",
    "Tariff",
    "TariffAssignment",
    "WebhookEvent",
]

from payments.models.debts import DebtNotice
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
from payments.models.records import ChargeDetailRecord
from payments.models.tariffs import RuleOverride, Tariff, TariffAssignment

__all__ = [
    "BillingAccount",
    "ChargeDetailRecord",
    "DebtNotice",
    "HostPayout",
    "HostStatement",
    "HostStatementLine",
    "Payment",
    "PaymentMethod",
    "Posting",
    "PostingLine",
    "ProviderOperation",
    "RevenueShare",
    "RuleOverride",
    "SiteHost",
    "Tariff",
    "TariffAssignment",
    "WebhookEvent",
]

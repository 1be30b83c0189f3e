from payments.models.balances import PrepaidBalance, PrepaidTerms
from payments.models.companies import CompanyAccount, CompanyCharge, CompanyMember, Voucher
from payments.models.debts import DebtNotice
from payments.models.disputes import Dispute
from payments.models.groups import CustomerGroup, GroupMember
from payments.models.hosts import (
    HostPayout,
    HostStatement,
    HostStatementLine,
    PlatformTerms,
    RevenueShare,
    SiteHost,
)
from payments.models.invoices import (
    Invoice,
    InvoiceCounter,
    InvoicedRecord,
    InvoicePayment,
    IssuerDetails,
)
from payments.models.keeping import KeptStall, Occasion
from payments.models.ledger import Posting, PostingLine
from payments.models.months import ClosedMonth, LedgerMapping
from payments.models.operations import ProviderOperation, WebhookEvent
from payments.models.paying import PaymentWay
from payments.models.payments import BillingAccount, Payment, PaymentMethod
from payments.models.reconciling import Discrepancy, ReconciliationRun
from payments.models.records import ChargeDetailRecord
from payments.models.refunds import Refund
from payments.models.tariffs import RuleOverride, Tariff, TariffAssignment

__all__ = [
    "BillingAccount",
    "ChargeDetailRecord",
    "ClosedMonth",
    "CompanyAccount",
    "CompanyCharge",
    "CompanyMember",
    "CustomerGroup",
    "DebtNotice",
    "Discrepancy",
    "Dispute",
    "GroupMember",
    "HostPayout",
    "HostStatement",
    "HostStatementLine",
    "Invoice",
    "InvoiceCounter",
    "InvoicePayment",
    "InvoicedRecord",
    "IssuerDetails",
    "KeptStall",
    "LedgerMapping",
    "Occasion",
    "Payment",
    "PaymentMethod",
    "PaymentWay",
    "PlatformTerms",
    "Posting",
    "PostingLine",
    "PrepaidBalance",
    "PrepaidTerms",
    "ProviderOperation",
    "ReconciliationRun",
    "Refund",
    "RevenueShare",
    "RuleOverride",
    "SiteHost",
    "Tariff",
    "TariffAssignment",
    "Voucher",
    "WebhookEvent",
]

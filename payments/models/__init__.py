from payments.models.companies import CompanyAccount, CompanyCharge, CompanyMember, Voucher
from payments.models.invoices import (
    Invoice,
    InvoiceCounter,
    InvoicedRecord,
    InvoicePayment,
    IssuerDetails,
)
from payments.models.ledger import Posting, PostingLine
from payments.models.months import ClosedMonth, LedgerMapping
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
    "ClosedMonth",
    "CompanyAccount",
    "CompanyCharge",
    "CompanyMember",
    "Invoice",
    "InvoiceCounter",
    "InvoicePayment",
    "InvoicedRecord",
    "IssuerDetails",
    "LedgerMapping",
    "Payment",
    "PaymentMethod",
    "Posting",
    "PostingLine",
    "ProviderOperation",
    "Tariff",
    "TariffAssignment",
    "Voucher",
    "WebhookEvent",
]

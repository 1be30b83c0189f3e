"""An invoice as UBL 2.1 (OASIS), in the use of EN 16931-3-2. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element

from payments.einvoice.document import PIECE, SEPA_TRANSFER, SPECIFICATION, EInvoice, Line, Party, category
from payments.einvoice.writing import Pen, as_bytes

_OASIS: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
_COMMON: Final = {
    "cac": f"{_OASIS}CommonAggregateComponents-2",
    "cbc": f"{_OASIS}CommonBasicComponents-2",
}
_EMAIL: Final = "EM"
"""Of the code list for electronic addresses (EAS)."""


def as_ubl(invoice: EInvoice) -> bytes:
    """The document as UBL Invoice, or CreditNote."""
    kind = "CreditNote" if invoice.is_credit else "Invoice"
    return as_bytes(_Writer(invoice, kind).write())


class _Writer:
    def __init__(self, invoice: EInvoice, kind: str) -> None:
        self.invoice, self.kind = invoice, kind
        self.pen = Pen({"ubl": f"{_OASIS}{kind}-2", **_COMMON})

    def write(self) -> Element:
        """The order of elements is the schema's."""
        root = self.pen.root(f"ubl:{self.kind}")
        self._head(root)
        self._parties(root)
        delivered = self.pen.child(root, "cac:Delivery")
        self.pen.text(delivered, "cbc:ActualDeliveryDate", self.invoice.period[1].isoformat())
        self._payment(root)
        self._totals(root)
        for line in self.invoice.lines:
            self._line(root, line)
        return root

    def _head(self, root: Element) -> None:
        text, invoice = self.pen.text, self.invoice
        text(root, "cbc:CustomizationID", SPECIFICATION)
        text(root, "cbc:ID", invoice.number)
        text(root, "cbc:IssueDate", invoice.issued_on.isoformat())
        if invoice.due_on and not invoice.is_credit:  # a CreditNote has no such element
            text(root, "cbc:DueDate", invoice.due_on.isoformat())
        text(root, f"cbc:{self.kind}TypeCode", invoice.type_code)
        text(root, "cbc:Note", invoice.note)
        text(root, "cbc:DocumentCurrencyCode", invoice.currency)
        text(root, "cbc:BuyerReference", invoice.buyer_reference)
        self._period(root, *invoice.period)
        for earlier in invoice.preceding:
            reference = self.pen.path(root, "cac:BillingReference", "cac:InvoiceDocumentReference")
            text(reference, "cbc:ID", earlier.number)
            text(reference, "cbc:IssueDate", earlier.issued_on.isoformat())

    def _period(self, parent: Element, first: object, last: object) -> None:
        period = self.pen.child(parent, "cac:InvoicePeriod")
        self.pen.text(period, "cbc:StartDate", first)
        self.pen.text(period, "cbc:EndDate", last)

    def _parties(self, root: Element) -> None:
        self._party(self.pen.path(root, "cac:AccountingSupplierParty", "cac:Party"), self.invoice.seller)
        self._party(self.pen.path(root, "cac:AccountingCustomerParty", "cac:Party"), self.invoice.buyer)

    def _party(self, party: Element, of: Party) -> None:
        text, path = self.pen.text, self.pen.path
        text(party, "cbc:EndpointID", of.email, schemeID=_EMAIL)
        if of.identifier:
            text(path(party, "cac:PartyIdentification"), "cbc:ID", of.identifier)
        address = self.pen.child(party, "cac:PostalAddress")
        text(address, "cbc:StreetName", of.street)
        text(address, "cbc:CityName", of.city)
        text(address, "cbc:PostalZone", of.postal_code)
        text(path(address, "cac:Country"), "cbc:IdentificationCode", of.country_code)
        for number, scheme in ((of.vat_number, "VAT"), (of.tax_number, "FC")):
            if number:
                registered = self.pen.child(party, "cac:PartyTaxScheme")
                text(registered, "cbc:CompanyID", number)
                text(path(registered, "cac:TaxScheme"), "cbc:ID", scheme)
        text(path(party, "cac:PartyLegalEntity"), "cbc:RegistrationName", of.name)

    def _payment(self, root: Element) -> None:
        text, invoice = self.pen.text, self.invoice
        if invoice.iban and not invoice.is_credit:
            means = self.pen.child(root, "cac:PaymentMeans")
            text(means, "cbc:PaymentMeansCode", SEPA_TRANSFER)
            text(means, "cbc:PaymentID", invoice.number)
            text(self.pen.path(means, "cac:PayeeFinancialAccount"), "cbc:ID", invoice.iban)
        if invoice.terms:
            text(self.pen.path(root, "cac:PaymentTerms"), "cbc:Note", invoice.terms)

    def _totals(self, root: Element) -> None:
        total = self.pen.child(root, "cac:TaxTotal")
        self._amount(total, "TaxAmount", self.invoice.tax)
        for tax in self.invoice.taxes:
            part = self.pen.child(total, "cac:TaxSubtotal")
            self._amount(part, "TaxableAmount", tax.net)
            self._amount(part, "TaxAmount", tax.tax)
            self._category(self.pen.child(part, "cac:TaxCategory"), tax.vat)
        sums = self.pen.child(root, "cac:LegalMonetaryTotal")
        self._amount(sums, "LineExtensionAmount", self.invoice.net)
        self._amount(sums, "TaxExclusiveAmount", self.invoice.net)
        self._amount(sums, "TaxInclusiveAmount", self.invoice.gross)
        self._amount(sums, "PayableAmount", self.invoice.gross)

    def _line(self, root: Element, line: Line) -> None:
        text = self.pen.text
        quantity = "CreditedQuantity" if self.invoice.is_credit else "InvoicedQuantity"
        row = self.pen.child(root, f"cac:{self.kind}Line")
        text(row, "cbc:ID", line.number)
        text(row, f"cbc:{quantity}", line.quantity, unitCode=PIECE)
        self._amount(row, "LineExtensionAmount", line.net)
        text(row, "cbc:AccountingCost", line.cost_center)
        self._period(row, line.first_day.isoformat(), line.last_day.isoformat())
        item = self.pen.child(row, "cac:Item")
        text(item, "cbc:Description", line.description)
        text(item, "cbc:Name", line.name)
        self._category(self.pen.child(item, "cac:ClassifiedTaxCategory"), line.vat)
        self._amount(self.pen.child(row, "cac:Price"), "PriceAmount", line.price)

    def _category(self, element: Element, vat: Decimal) -> None:
        self.pen.text(element, "cbc:ID", category(vat))
        self.pen.text(element, "cbc:Percent", f"{vat.normalize() + 0:f}")
        self.pen.text(self.pen.path(element, "cac:TaxScheme"), "cbc:ID", "VAT")

    def _amount(self, parent: Element, name: str, amount: Decimal) -> None:
        self.pen.text(parent, f"cbc:{name}", f"{amount:f}", currencyID=self.invoice.currency)

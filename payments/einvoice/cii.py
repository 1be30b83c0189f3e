"""An invoice as UN/CEFACT Cross Industry Invoice: what Factur-X and ZUGFeRD embed (EN 16931). Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element

from payments.einvoice.document import (
    PIECE,
    SEPA_TRANSFER,
    SPECIFICATION,
    EInvoice,
    Line,
    Party,
    Tax,
    category,
)
from payments.einvoice.writing import Pen, as_bytes

FILE_NAME: Final = "factur-x.xml"
_UNECE: Final = "urn:un:unece:uncefact:data:"
_PEN: Final = Pen(
    {
        "rsm": f"{_UNECE}standard:CrossIndustryInvoice:100",
        "ram": f"{_UNECE}standard:ReusableAggregateBusinessInformationEntity:100",
        "udt": f"{_UNECE}standard:UnqualifiedDataType:100",
        "qdt": f"{_UNECE}standard:QualifiedDataType:100",
    }
)
_DAY: Final = "102"
"""CCYYMMDD (UNCL 2379)."""


def as_cii(invoice: EInvoice) -> bytes:
    """The order of elements is the schema's."""
    root = _PEN.root("rsm:CrossIndustryInvoice")
    context = _PEN.path(
        root, "rsm:ExchangedDocumentContext", "ram:GuidelineSpecifiedDocumentContextParameter"
    )
    _PEN.text(context, "ram:ID", SPECIFICATION)
    _head(_PEN.child(root, "rsm:ExchangedDocument"), invoice)
    trade = _PEN.child(root, "rsm:SupplyChainTradeTransaction")
    for line in invoice.lines:
        _line(_PEN.child(trade, "ram:IncludedSupplyChainTradeLineItem"), line)
    _agreement(_PEN.child(trade, "ram:ApplicableHeaderTradeAgreement"), invoice)
    delivered = _PEN.path(
        trade,
        "ram:ApplicableHeaderTradeDelivery",
        "ram:ActualDeliverySupplyChainEvent",
        "ram:OccurrenceDateTime",
    )
    _day(delivered, invoice.period[1])
    _settlement(_PEN.child(trade, "ram:ApplicableHeaderTradeSettlement"), invoice)
    return as_bytes(root)


def _head(document: Element, invoice: EInvoice) -> None:
    _PEN.text(document, "ram:ID", invoice.number)
    _PEN.text(document, "ram:TypeCode", invoice.type_code)
    _day(_PEN.child(document, "ram:IssueDateTime"), invoice.issued_on)
    if invoice.note:
        _PEN.text(_PEN.child(document, "ram:IncludedNote"), "ram:Content", invoice.note)


def _line(item: Element, line: Line) -> None:
    text, path = _PEN.text, _PEN.path
    text(path(item, "ram:AssociatedDocumentLineDocument"), "ram:LineID", line.number)
    product = path(item, "ram:SpecifiedTradeProduct")
    text(product, "ram:Name", line.name)
    text(product, "ram:Description", line.description)
    price = path(item, "ram:SpecifiedLineTradeAgreement", "ram:NetPriceProductTradePrice")
    text(price, "ram:ChargeAmount", f"{line.price:f}")
    delivery = path(item, "ram:SpecifiedLineTradeDelivery")
    text(delivery, "ram:BilledQuantity", line.quantity, unitCode=PIECE)
    settlement = path(item, "ram:SpecifiedLineTradeSettlement")
    tax = path(settlement, "ram:ApplicableTradeTax")
    text(tax, "ram:TypeCode", "VAT")
    text(tax, "ram:CategoryCode", category(line.vat))
    text(tax, "ram:RateApplicablePercent", f"{line.vat:f}")
    _period(settlement, line.first_day, line.last_day)
    sums = path(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    text(sums, "ram:LineTotalAmount", f"{line.net:f}")
    if line.cost_center:
        text(path(settlement, "ram:ReceivableSpecifiedTradeAccountingAccount"), "ram:ID", line.cost_center)


def _agreement(agreement: Element, invoice: EInvoice) -> None:
    _PEN.text(agreement, "ram:BuyerReference", invoice.buyer_reference)
    _party(_PEN.child(agreement, "ram:SellerTradeParty"), invoice.seller)
    _party(_PEN.child(agreement, "ram:BuyerTradeParty"), invoice.buyer)


def _party(party: Element, of: Party) -> None:
    text, path = _PEN.text, _PEN.path
    text(party, "ram:ID", of.identifier)
    text(party, "ram:Name", of.name)
    address = path(party, "ram:PostalTradeAddress")
    text(address, "ram:PostcodeCode", of.postal_code)
    text(address, "ram:LineOne", of.street)
    text(address, "ram:CityName", of.city)
    text(address, "ram:CountryID", of.country_code)
    if of.email:
        text(path(party, "ram:URIUniversalCommunication"), "ram:URIID", of.email, schemeID="EM")
    for number, scheme in ((of.vat_number, "VA"), (of.tax_number, "FC")):
        if number:
            text(path(party, "ram:SpecifiedTaxRegistration"), "ram:ID", number, schemeID=scheme)


def _settlement(settlement: Element, invoice: EInvoice) -> None:
    text, path = _PEN.text, _PEN.path
    if invoice.iban and not invoice.is_credit:
        text(settlement, "ram:PaymentReference", invoice.number)
    text(settlement, "ram:InvoiceCurrencyCode", invoice.currency)
    if invoice.iban and not invoice.is_credit:
        means = path(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
        text(means, "ram:TypeCode", SEPA_TRANSFER)
        text(path(means, "ram:PayeePartyCreditorFinancialAccount"), "ram:IBANID", invoice.iban)
    for tax in invoice.taxes:
        _tax(path(settlement, "ram:ApplicableTradeTax"), tax)
    _period(settlement, *invoice.period)
    terms = path(settlement, "ram:SpecifiedTradePaymentTerms")
    text(terms, "ram:Description", invoice.terms)
    if invoice.due_on:
        _day(path(terms, "ram:DueDateDateTime"), invoice.due_on)
    _sums(path(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation"), invoice)
    for earlier in invoice.preceding:
        reference = path(settlement, "ram:InvoiceReferencedDocument")
        text(reference, "ram:IssuerAssignedID", earlier.number)
        _day(path(reference, "ram:FormattedIssueDateTime"), earlier.issued_on, kind="qdt")


def _tax(element: Element, tax: Tax) -> None:
    _PEN.text(element, "ram:CalculatedAmount", f"{tax.tax:f}")
    _PEN.text(element, "ram:TypeCode", "VAT")
    _PEN.text(element, "ram:BasisAmount", f"{tax.net:f}")
    _PEN.text(element, "ram:CategoryCode", category(tax.vat))
    _PEN.text(element, "ram:RateApplicablePercent", f"{tax.vat:f}")


def _sums(element: Element, invoice: EInvoice) -> None:
    amounts: tuple[tuple[str, Decimal], ...] = (
        ("LineTotalAmount", invoice.net),
        ("TaxBasisTotalAmount", invoice.net),
        ("TaxTotalAmount", invoice.tax),
        ("GrandTotalAmount", invoice.gross),
        ("DuePayableAmount", invoice.gross),
    )
    for name, amount in amounts:
        currency = {"currencyID": invoice.currency} if name == "TaxTotalAmount" else {}
        _PEN.text(element, f"ram:{name}", f"{amount:f}", **currency)


def _period(parent: Element, first: date, last: date) -> None:
    period = _PEN.child(parent, "ram:BillingSpecifiedPeriod")
    _day(_PEN.child(period, "ram:StartDateTime"), first)
    _day(_PEN.child(period, "ram:EndDateTime"), last)


def _day(parent: Element, day: date, kind: str = "udt") -> None:
    _PEN.text(parent, f"{kind}:DateTimeString", f"{day:%Y%m%d}", format=_DAY)

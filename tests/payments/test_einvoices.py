"""Electronic invoices, judged by the official schemas and rules, and by sums of our own."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from core.money import from_minor
from payments.einvoice.cii import as_cii
from payments.einvoice.document import EInvoice, Line, Party, Preceding, Tax, missing
from payments.einvoice.ubl import as_ubl
from payments.services import correcting
from payments.services.company_documents import COLUMNS, csv_rows, einvoice_of
from payments.services.company_invoices import issue_invoice, tax_sums
from payments.services.corrections import Wanted
from payments.services.invoice_pdf import invoice_pdf
from tests.factories import UserFactory
from tests.payments.fleet import a_company, an_issuer, charged
from tests.payments.official import broken_rules, fired_rules, schema_errors

UBL = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
RAM = {"ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"}
SELLER = Party(
    name="Nordlys & Søn GmbH",
    street="Kai 1",
    postal_code="20457",
    city="Hamburg",
    country_code="DE",
    vat_number="DE123456788",
    email="books@example.org",
)
BUYER = replace(SELLER, name="Fjord <Fleet>", vat_number="DE136695976", email="fleet@example.org")


def an_invoice(nets: list[tuple[int, str]], *, is_credit=False, **more) -> EInvoice:
    """Lines of so many cents at so many percent, summed as we sum them."""
    taxes = tax_sums([{"vat": vat, "net": net} for net, vat in nets])
    totals = {name: from_minor(sum(tax[name] for tax in taxes), "EUR") for name in ("net", "tax", "gross")}
    day = date(2026, 11, 20)
    known = {
        "number": "NL-I2026-00001",
        "is_credit": is_credit,
        "issued_on": date(2026, 12, 1),
        "due_on": None if is_credit else date(2026, 12, 15),
        "currency": "EUR",
        "note": "The money is collected by Forecourt.",
        "terms": "To be paid by Dec. 15, 2026.",
        "buyer_reference": "04011000-12345-03",
        "iban": "DE02120300000000202051",
        "seller": SELLER,
        "buyer": BUYER,
        "lines": tuple(
            Line(
                number=n,
                name="Charging, 22.4 kWh",
                description="2026-11-20, Harbour Hub",
                net=from_minor(net, "EUR"),
                vat=Decimal(vat),
                cost_center="Sales" if n % 2 else "",
                first_day=day,
                last_day=day,
            )
            for n, (net, vat) in enumerate(nets, 1)
        ),
        "taxes": tuple(
            Tax(
                vat=Decimal(tax["vat"]),
                net=from_minor(tax["net"], "EUR"),
                tax=from_minor(tax["tax"], "EUR"),
            )
            for tax in taxes
        ),
    }
    return EInvoice(**{**known, **totals, **more})


SHAPES = {
    "plain": an_invoice([(833, "20"), (417, "20")]),
    "two rates and none": an_invoice([(833, "19"), (417, "7"), (0, "0")]),
    "something given back": an_invoice(
        [(-833, "19"), (1667, "19")],
        preceding=(Preceding(number="NL-I2026-00000", issued_on=date(2026, 11, 1)),),
    ),
    "a credit note": an_invoice([(833, "19")], is_credit=True, number="NL-C2026-00001"),
    "a seller with a tax number only": an_invoice(
        [(833, "19")], seller=replace(SELLER, vat_number="", tax_number="27/123/45678", identifier="DE*NOR")
    ),
    "without bank and reference": an_invoice([(833, "19")], iban="", buyer_reference="", note=""),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("write", [as_ubl, as_cii])
def test_the_official_schema_and_rules_accept_what_we_write(shape, write):
    xml = write(SHAPES[shape])
    assert schema_errors(xml) == []
    assert broken_rules(xml) == []
    assert fired_rules(xml) > 20


@pytest.mark.parametrize("write", [as_ubl, as_cii])
def test_the_judges_see_a_wrong_sum_and_a_missing_party(write):
    wrong = replace(SHAPES["plain"], gross=Decimal("99.99"))
    assert any("BR-CO-15" in rule for rule in broken_rules(write(wrong)))
    nobody = replace(SHAPES["plain"], buyer=replace(BUYER, country_code=""))
    assert any("BR-11" in rule for rule in broken_rules(write(nobody)))


def test_what_the_standard_asks_for_and_nobody_wrote_is_named():
    assert missing(SHAPES["plain"]) == ()
    bare = replace(SHAPES["plain"], seller=Party(name="N"), buyer=Party(name="F"), lines=())
    assert missing(bare) == ("seller.vat_number", "seller.country_code", "buyer.country_code", "lines")


def money(xml: bytes, path: str, namespaces) -> list[Decimal]:
    return [Decimal(one.text) for one in etree.fromstring(xml).xpath(path, namespaces=namespaces)]


NETS = st.lists(
    st.tuples(st.integers(-20_000, 500_000), st.sampled_from(["0", "7", "19", "20", "25.5"])),
    min_size=1,
    max_size=40,
)


@given(NETS)
def test_sums_hold_in_both_forms_whatever_was_charged(nets):
    """BR-CO-10, 13, 14, 15, 17, BR-S-08 and BR-27, reckoned here from the written lines."""
    ubl, cii = as_ubl(an_invoice(nets)), as_cii(an_invoice(nets))
    for lines, tax, gross, prices in (
        (
            money(ubl, "//cac:InvoiceLine/cbc:LineExtensionAmount", UBL),
            money(ubl, "/*/cac:TaxTotal/cbc:TaxAmount", UBL),
            money(ubl, "//cbc:PayableAmount", UBL),
            money(ubl, "//cbc:PriceAmount", UBL),
        ),
        (
            money(
                cii, "//ram:LineTotalAmount[../../ram:ApplicableTradeTax/ram:RateApplicablePercent][1]", RAM
            )[: len(nets)],
            money(cii, "//ram:TaxTotalAmount", RAM),
            money(cii, "//ram:DuePayableAmount", RAM),
            money(cii, "//ram:ChargeAmount", RAM),
        ),
    ):
        expected = sum((tax_of(vat, nets) for vat in {vat for _, vat in nets}), Decimal(0))
        assert sum(lines) == Decimal(sum(net for net, _ in nets)) / 100
        assert tax == [expected]
        assert gross == [sum(lines) + expected]
        assert min(prices) >= 0


def tax_of(vat: str, nets) -> Decimal:
    base = Decimal(sum(net for net, rate in nets if rate == vat)) / 100
    return (base * Decimal(vat) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


# --- from charges to documents ---------------------------------------------------------------


@pytest.fixture
def invoice(story):
    an_issuer(story)
    company = a_company(story)
    session = charged(story, 20_000)
    issue_invoice(company=company)
    correcting.correct_session(
        session=session, by=UserFactory(), reason="meter", wanted=Wanted(energy_wh=10_000)
    )
    charged(story, 40_000, days=1)
    return issue_invoice(company=company)


@pytest.mark.django_db
def test_an_invoice_of_real_charges_is_accepted_in_both_forms(invoice):
    document = einvoice_of(invoice)
    for xml in (as_ubl(document), as_cii(document)):
        assert schema_errors(xml) == []
        assert broken_rules(xml) == []
    assert [one.number for one in document.preceding] == ["NL-I2026-00001"]


@pytest.mark.django_db
def test_the_pdf_carries_the_same_invoice_for_programs(invoice):
    document = einvoice_of(invoice)
    reader = PdfReader(io.BytesIO(invoice_pdf(invoice, document)))
    assert reader.attachments["factur-x.xml"] == [as_cii(document)]
    about = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<fx:ConformanceLevel>EN 16931<" in about
    assert "<pdfaid:part>3<" in about
    text = "".join(page.extract_text() for page in reader.pages)
    for shown in (invoice.text, "Fjord Fleet", "Nordlys Charging GmbH", "Sales", "15.01"):
        assert shown in text


@pytest.mark.django_db
def test_without_a_tax_number_the_pdf_is_for_people_only(story):
    invoice = issue_of(story)
    reader = PdfReader(io.BytesIO(invoice_pdf(invoice, einvoice_of(invoice))))
    assert not reader.attachments


def issue_of(story):
    company = a_company(story, name="Łódź Żółw → Flota")
    charged(story, 20_000)
    return issue_invoice(company=company)


@pytest.mark.django_db
def test_a_long_invoice_goes_over_pages(story):
    invoice = issue_of(story)
    invoice.lines = invoice.lines * 120
    document = einvoice_of(invoice)
    reader = PdfReader(io.BytesIO(invoice_pdf(invoice, document)))
    assert len(reader.pages) > 2


@pytest.mark.django_db
def test_the_file_for_spreadsheets_has_a_row_for_each_line(invoice):
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in csv_rows(invoice)]
    assert [row["net"] for row in rows] == [Decimal("-8.33"), Decimal("4.17"), Decimal("16.67")]
    assert rows[0]["corrects"] == "NL-I2026-00001"

"""The monthly invoices of companies: every charge once, tax exact, paid by bank."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection

from accounts.models import AuditEntry
from core import clock
from payments import selectors
from payments.models import Invoice, InvoicedRecord, PostingLine
from payments.selectors.companies import uninvoiced
from payments.services import correcting
from payments.services.company_invoices import (
    AlreadyPaid,
    NothingToInvoice,
    issue_due_invoices,
    issue_invoice,
    mark_paid,
)
from payments.services.corrections import NoNewAgreement, Wanted
from payments.tasks import issue_company_invoices
from tests.factories import UserFactory
from tests.payments.fleet import a_company, an_issuer, charged
from tests.payments.stories import NOON, deliver

pytestmark = pytest.mark.django_db

DECEMBER = datetime(2026, 12, 1, 6, tzinfo=UTC)


@pytest.fixture
def company(story):
    an_issuer(story)
    return a_company(story)


def balance(account):
    return sum(PostingLine.objects.filter(account=account).values_list("amount_minor", flat=True))


def owed(company):
    return balance(f"receivable:company.{company.pk}")


def test_a_month_becomes_one_invoice_with_every_session(story, company):
    charged(story, 20_000)
    charged(story, 10_000, days=3)
    with clock.at(DECEMBER):
        invoice = issue_invoice(company=company)
    assert (invoice.text, invoice.kind) == ("NL-I2026-00001", "invoice")
    assert [
        (line["first_day"], line["energy_wh"], line["net"], line["cost_center"]) for line in invoice.lines
    ] == [
        ("2026-11-20", 20_000, 833, "Sales"),
        ("2026-11-23", 10_000, 417, "Sales"),
    ]
    assert invoice.taxes == [{"vat": "20", "net": 1250, "tax": 250, "gross": 1500}]
    assert (invoice.due_on, invoice.customer["legal_name"]) == (date(2026, 12, 15), "Fjord Fleet")


def test_tax_is_reckoned_on_the_sum_and_the_books_follow(story, company):
    for day in range(3):
        charged(story, 250, days=day)  # 0.13 each: 0.11 net and 0.02 tax, three times
    assert owed(company) == 39
    invoice = issue_invoice(company=company)
    assert (invoice.net_minor, invoice.tax_minor) == (33, 7)
    assert owed(company) == invoice.gross_minor == 40
    assert balance("tax:20") == -7


def test_the_sweep_makes_last_months_invoice_once_when_the_organizations_month_has_begun(story, company):
    story.evse.organization.__class__.objects.update(time_zone="America/New_York")
    charged(story, 20_000)
    with clock.at(datetime(2026, 12, 1, 3, tzinfo=UTC)):  # still November there
        assert issue_due_invoices() == 0
    with clock.at(datetime(2026, 12, 1, 9, tzinfo=UTC)):
        issue_company_invoices()
        assert issue_due_invoices() == 0
    assert [one.month for one in Invoice.objects.filter(company=company)] == [date(2026, 11, 1)]


def test_a_charge_that_was_billed_late_comes_with_the_next_month(story, company):
    charged(story, 20_000)
    with clock.at(DECEMBER):
        issue_due_invoices()
    late = charged(story, 10_000, days=2)
    with clock.at(DECEMBER + timedelta(hours=1)):
        assert issue_due_invoices() == 0
    with clock.at(datetime(2027, 1, 1, 6, tzinfo=UTC)):
        assert issue_due_invoices() == 1
    second = Invoice.objects.get(month=date(2026, 12, 1))
    assert [line["session"] for line in second.lines] == [late.number]
    assert second.text == "NL-I2027-00001"


def test_a_charge_corrected_before_the_invoice_stands_on_it_once(story, company):
    session = charged(story, 20_000)
    correcting.correct_session(
        session=session, by=UserFactory(), reason="meter", wanted=Wanted(energy_wh=10_000)
    )
    invoice = issue_invoice(company=company)
    assert [line["net"] for line in invoice.lines] == [417]
    assert invoice.records.count() == 3
    assert not uninvoiced(company).exists()


def test_a_charge_corrected_later_is_given_back_on_the_next_invoice_by_name(story, company):
    session = charged(story, 20_000)
    first = issue_invoice(company=company)
    operator = UserFactory()
    with pytest.raises(NoNewAgreement):
        correcting.correct_session(
            session=session, by=operator, reason="dearer", wanted=Wanted(energy_wh=30_000)
        )
    correcting.correct_session(session=session, by=operator, reason="meter", wanted=Wanted(energy_wh=10_000))
    charged(story, 40_000, days=1)
    second = issue_invoice(company=company)
    assert [(line["net"], line["corrects"]) for line in second.lines] == [
        (-833, first.text),
        (417, ""),
        (1667, ""),
    ]
    assert second.taxes == [{"vat": "20", "net": 1251, "tax": 250, "gross": 1501}]
    assert owed(company) == first.gross_minor + second.gross_minor == 2501


def test_less_than_nothing_becomes_a_credit_note(story, company):
    session = charged(story, 20_000)
    first = issue_invoice(company=company)
    correcting.correct_session(
        session=session, by=UserFactory(), reason="meter", wanted=Wanted(energy_wh=10_000)
    )
    credit = issue_invoice(company=company)
    assert (credit.kind, credit.text[:4], credit.gross_minor, credit.due_on) == (
        "credit_note",
        "NL-C",
        499,
        None,
    )
    assert credit.taxes == [{"vat": "20", "net": 416, "tax": 83, "gross": 499}]
    assert owed(company) == first.gross_minor - credit.gross_minor


def test_nothing_to_invoice_is_said(company):
    with pytest.raises(NothingToInvoice):
        issue_invoice(company=company)
    assert not Invoice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_make_one_invoice(story, company):
    charged(story, 20_000)

    def act():
        with clock.at(DECEMBER):
            issue_due_invoices()
        connection.close()

    threads = [threading.Thread(target=act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Invoice.objects.filter(company=company).count() == 1
    assert InvoicedRecord.objects.count() == 1


def test_the_company_gets_its_invoice_by_mail_once_it_is_issued(story, company):
    charged(story, 20_000)
    invoice = issue_invoice(company=company, by=UserFactory(name="Olga"))
    deliver()
    (letter,) = [one for one in mail.outbox if one.to == ["fleet@example.org"]]
    assert invoice.text in letter.subject
    ((name, content, kind),) = letter.attachments
    assert (name, kind) == (f"{invoice.text}.pdf", "application/pdf")
    assert content.startswith(b"%PDF")
    assert AuditEntry.objects.get(action="company.invoice").actor.name == "Olga"


def test_a_payment_by_bank_is_noted_once_and_settles_what_is_owed(story, company):
    charged(story, 20_000)
    invoice = issue_invoice(company=company)
    operator = UserFactory()
    mark_paid(invoice=invoice, by=operator, paid_on=date(2026, 12, 9), reference="SEPA 4711")
    assert (owed(company), balance("cash:bank")) == (0, 1000)
    with pytest.raises(AlreadyPaid):
        mark_paid(invoice=invoice, by=operator, paid_on=date(2026, 12, 9), reference="again")
    assert balance("cash:bank") == 1000
    assert AuditEntry.objects.get(action="invoice.paid").changes["reference"] == "SEPA 4711"


def test_a_receipt_of_a_fleets_charge_names_the_account_and_has_no_number_of_its_own(story, company):
    record = selectors.record_of(charged(story, 20_000))
    from payments.services.receipts import receipt_of

    receipt = receipt_of(record)
    assert receipt.invoice is None
    assert any("Fjord Fleet" in remark for remark in receipt.remarks)
    assert record.issued_at == NOON + timedelta(hours=1)

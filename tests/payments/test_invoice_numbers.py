"""Numbers of documents: no gap and none twice, whatever fails, and whoever writes."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction

from core import clock
from payments.models import CompanyAccount, Invoice, InvoiceCounter, IssuerDetails
from payments.services.billing import bill_session
from payments.services.invoicing import issue, number_text
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db

NOTHING = {"currency": "EUR", "net_minor": 0, "tax_minor": 0, "gross_minor": 0, "taxes": []}


def a_company(organization=None):
    address = {"street": "Kai 1", "postal_code": "5003", "city": "Bergen", "country_code": "NO"}
    return CompanyAccount.objects.create(
        organization=organization or OrganizationFactory(time_zone="Europe/Berlin"),
        name="Fleet",
        email="fleet@example.org",
        **address,
    )


def write(company, series="I"):
    return issue(kind=Invoice.Kind.INVOICE, series=series, company=company, **NOTHING)


def numbers(company, series="I"):
    found = Invoice.objects.filter(company=company, series=series)
    return sorted(found.values_list("number", flat=True))


def run(sql, *parameters):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        cursor.execute("set constraints all immediate")


def test_each_series_each_organization_and_each_year_counts_for_itself():
    here, there = a_company(), a_company()
    with clock.at(datetime(2026, 12, 31, 22, 30, tzinfo=UTC)):
        assert [write(here).number, write(here).number, write(there).number] == [1, 2, 1]
        assert write(here, "C").number == 1
    with clock.at(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)):  # already New Year in Berlin
        assert (write(here).text, write(there).text) == ("I2027-00001", "I2027-00001")


def test_the_printed_number_carries_the_prefix_of_its_day():
    assert number_text("NL", "R", datetime(2026, 5, 1, tzinfo=UTC).date(), 17) == "NL-R2026-00017"
    company = a_company()
    IssuerDetails.objects.create(
        organization=company.organization,
        legal_name="Nordlys AS",
        street="Kai 2",
        postal_code="5003",
        city="Bergen",
        country_code="NO",
        invoice_prefix="NL",
    )
    document = write(company)
    assert document.text.startswith("NL-I")
    IssuerDetails.objects.update(legal_name="Sydlys AS", invoice_prefix="SL")
    document.refresh_from_db()
    assert document.issuer["legal_name"] == "Nordlys AS"


def test_what_is_undone_takes_no_number():
    company = a_company()
    with transaction.atomic():
        assert write(company).number == 1
        transaction.set_rollback(True)
    assert write(company).number == 1


@pytest.mark.django_db(transaction=True)
def test_many_threads_with_failures_in_between_leave_no_gap_and_none_twice():
    company = a_company()
    chance = random.Random(7)
    fates = [[chance.random() < 0.3 for _ in range(12)] for _ in range(8)]
    written, failed = [], []

    def act(fate):
        for fails in fate:
            try:
                with transaction.atomic():
                    document = write(company)
                    if fails:
                        raise ZeroDivisionError
                written.append(document.number)
            except ZeroDivisionError:
                failed.append(document.number)
        connection.close()

    threads = [threading.Thread(target=act, args=(fate,)) for fate in fates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == sum(map(sum, fates)) > 10
    assert sorted(written) == numbers(company) == list(range(1, len(written) + 1))


def test_every_billed_charge_has_its_number(story):
    record = bill_session(session_id=story.session(energy_wh=20_000).pk)
    invoice = record.invoice
    assert (invoice.number, invoice.net_minor, invoice.tax_minor, invoice.gross_minor) == (1, 833, 167, 1000)
    assert invoice.taxes == [{"vat": "20", "net": 833, "tax": 167, "gross": 1000}]
    assert invoice.customer == {}


# --- against raw SQL -------------------------------------------------------------------------


def test_documents_are_final(story):
    bill_session(session_id=story.session(energy_wh=20_000).pk)
    for change in (
        "update payments_invoice set gross_minor = 1, net_minor = 1",
        "delete from payments_invoice",
    ):
        with pytest.raises(DatabaseError, match="Cannot update or delete"):
            run(change)
    assert Invoice.objects.count() == 1


def test_a_counter_goes_up_by_one_with_a_document_for_each_number():
    company = a_company()
    write(company)
    for change, why in (
        ("update payments_invoicecounter set number = 5", "no gaps"),
        ("update payments_invoicecounter set number = 2", "taken by no document"),
        ("delete from payments_invoicecounter", "Cannot"),
    ):
        with pytest.raises(DatabaseError, match=why):
            run(change)
    assert InvoiceCounter.objects.get().number == 1


def test_a_document_with_a_number_that_was_not_counted_is_refused():
    first = write(a_company())
    fields = {name.attname: getattr(first, name.attname) for name in Invoice._meta.concrete_fields}
    skipped = {**fields, "id": None, "number": 7, "text": "I2026-00007", "public_id": first.company.public_id}
    with pytest.raises(DatabaseError, match="was not counted"), transaction.atomic():
        Invoice.objects.create(**skipped)

"""The operator's pages of companies, asked by a client; and the driver's start on account."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import AuditEntry, Membership
from payments.models import CompanyAccount, CompanyMember, Invoice, InvoicePayment, IssuerDetails, Payment
from payments.services.company_charges import account_for
from stations.models import ChargingSession, ChargingStation
from tests.factories import MembershipFactory, TokenFactory
from tests.payments.fleet import ADDRESS, a_company, an_issuer, charged

pytestmark = pytest.mark.django_db

FORM = {
    **ADDRESS,
    "name": "Fjord Fleet",
    "country_code": "de",
    "vat_number": "de 136 695 976",
    "email": "fleet@example.org",
    "locale": "de",
    "monthly_limit": "1500,50",
    "is_active": "on",
}


@pytest.fixture
def owner(client, story):
    member = MembershipFactory(organization=story.evse.organization)
    client.force_login(member.user)
    return member


def test_a_company_is_made_and_changed_with_tidy_numbers(client, owner):
    assert client.get(reverse("payments:company_new")).status_code == 200
    client.post(reverse("payments:company_new"), FORM)
    company = CompanyAccount.objects.get()
    assert (company.vat_number, company.country_code, company.monthly_limit_minor) == (
        "DE136695976",
        "DE",
        150_050,
    )
    address = reverse("payments:company_change", args=[company.public_id])
    assert b"1500.50" in client.get(address).content
    client.post(address, {**FORM, "monthly_limit": ""})
    company.refresh_from_db()
    assert company.monthly_limit_minor is None
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"company.create", "company.change"}


@pytest.mark.parametrize(
    ("field", "said", "answer"),
    [
        ("vat_number", "136695976", b"with the letters of the country"),
        ("country_code", "Deu", b"at most 2"),
        ("monthly_limit", "0", b"Empty is no limit"),
        ("name", "", b"required"),
    ],
)
def test_what_is_written_wrong_is_told_at_its_field(client, owner, field, said, answer):
    response = client.post(reverse("payments:company_new"), {**FORM, field: said})
    assert response.status_code == 422
    assert answer in response.content
    assert not CompanyAccount.objects.exists()


def test_a_name_is_taken_once(client, owner, story):
    a_company(story)
    response = client.post(reverse("payments:company_new"), FORM)
    assert response.status_code == 422
    assert b"Another company has this name" in response.content


def test_drivers_and_cards_join_and_leave(client, owner, story):
    company = a_company(story)
    CompanyMember.objects.all().delete()
    TokenFactory(uid="FLEET1", user=None, organization=story.evse.organization)
    TokenFactory(uid="FOREIGN1", user=None)
    add = reverse("payments:company_member_add", args=[company.public_id])
    client.post(add, {"who": story.driver.email.upper(), "cost_center": "Sales"})
    client.post(add, {"who": "fleet1"})
    assert b"charge on a company" in client.post(add, {"who": "fleet1"}).content
    for nobody in ("FOREIGN1", "nobody@example.org"):
        assert b"No driver has this address" in client.post(add, {"who": nobody}).content
    person, token = CompanyMember.objects.order_by("pk")
    assert (person.user, person.cost_center, token.id_token.uid) == (story.driver, "Sales", "FLEET1")
    client.post(reverse("payments:company_member_remove", args=[company.public_id, person.pk]))
    assert list(CompanyMember.objects.all()) == [token]


def test_the_pages_of_a_company_and_its_invoice(client, owner, story):
    an_issuer(story)
    company = a_company(story, monthly_limit_minor=5000)
    charged(story, 20_000)
    assert b"Fjord Fleet" in client.get(reverse("payments:companies")).content
    assert (
        b"Issue an invoice now" in client.get(reverse("payments:company", args=[company.public_id])).content
    )
    client.post(reverse("payments:company_invoice_now", args=[company.public_id]))
    invoice = Invoice.objects.get(company=company)
    page = client.get(reverse("payments:invoice", args=[invoice.public_id])).content.decode()
    assert invoice.text in page
    assert "Nordlys Charging GmbH" in page
    for name, kind in (("pdf", "pdf"), ("ubl", "xml"), ("cii", "xml"), ("csv", "csv")):
        response = client.get(reverse(f"payments:invoice_{name}", args=[invoice.public_id]))
        assert response.status_code == 200
        assert kind in response["Content-Type"]
    again = client.post(reverse("payments:company_invoice_now", args=[company.public_id]), follow=True)
    assert b"nothing to invoice" in again.content


def test_without_the_issuers_number_there_is_no_electronic_invoice_and_it_is_said(client, owner, story):
    company = a_company(story)
    charged(story, 20_000)
    client.post(reverse("payments:company_invoice_now", args=[company.public_id]))
    invoice = Invoice.objects.get(company=company)
    assert (
        b"no electronic invoice" in client.get(reverse("payments:invoice", args=[invoice.public_id])).content
    )
    assert client.get(reverse("payments:invoice_ubl", args=[invoice.public_id])).status_code == 404
    assert client.get(reverse("payments:invoice_cii", args=[invoice.public_id])).status_code == 404


def test_a_payment_is_noted_with_day_and_reference_once(client, owner, story):
    company = a_company(story)
    charged(story, 20_000)
    client.post(reverse("payments:company_invoice_now", args=[company.public_id]))
    address = reverse("payments:invoice_paid", args=[Invoice.objects.get(company=company).public_id])
    assert client.post(address, {"paid_on": "2099-01-01", "reference": "x"}).status_code == 422
    assert client.post(address, {"paid_on": "2026-11-27", "reference": ""}).status_code == 422
    client.post(address, {"paid_on": "2026-11-27", "reference": "SEPA 4711"})
    assert b"before" in client.post(address, {"paid_on": "2026-11-27", "reference": "b"}, follow=True).content
    assert InvoicePayment.objects.get().reference == "SEPA 4711"


def test_the_issuers_details_are_kept_when_they_can_be_right(client, owner):
    address = reverse("payments:issuer")
    assert client.get(address).status_code == 200
    good = {
        **ADDRESS,
        "legal_name": "Nordlys Charging GmbH",
        "vat_number": "DE123456788",
        "iban": "DE02 1203 0000 0000 2020 51",
        "payment_days": "14",
        "invoice_prefix": "nl",
    }
    wrong = client.post(address, {**good, "iban": "DE03120300000000202051"})
    assert b"A digit of this IBAN is wrong" in wrong.content
    assert b"not an IBAN" in client.post(address, {**good, "iban": "12"}).content
    client.post(address, good)
    issuer = IssuerDetails.objects.get()
    assert (issuer.iban, issuer.invoice_prefix) == ("DE02120300000000202051", "NL")


def test_who_only_looks_at_money_changes_nothing(client, story):
    company = a_company(story)
    member = MembershipFactory(organization=company.organization, role=Membership.Role.OPERATOR)
    client.force_login(member.user)
    assert client.get(reverse("payments:company", args=[company.public_id])).status_code == 200
    for name in ("company_change", "company_member_add", "company_invoice_now"):
        assert client.post(reverse(f"payments:{name}", args=[company.public_id])).status_code == 403


# --- the driver ------------------------------------------------------------------------------


@pytest.fixture
def ready(story, client):
    ChargingStation.objects.filter(pk=story.evse.station_id).update(
        is_connected=True, registration="accepted"
    )
    story.evse.connectors.update(status="available")
    client.force_login(story.driver)
    return reverse("scheduling:start", args=[story.evse.code])


def test_a_member_starts_on_the_account_without_a_hold(client, story, ready):
    a_company(story)
    page = client.get(ready).content.decode()
    assert "on the account of Fjord Fleet" in page
    response = client.post(ready)
    session = ChargingSession.objects.get()
    assert response["Location"] == reverse("scheduling:live", args=[session.public_id])
    assert not Payment.objects.exists()
    assert account_for(session).company.name == "Fjord Fleet"


def test_a_member_beyond_the_limit_is_asked_for_a_card(client, story, ready):
    a_company(story, monthly_limit_minor=100)
    charged(story, 20_000)
    page = client.get(ready).content.decode()
    assert "on the account of" not in page
    assert "Pay by card and start" in page

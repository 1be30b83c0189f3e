"""Corrections, companies, invoices and months, as a browser sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from core import clock
from core.links import sign
from payments import selectors
from payments.models import CompanyMember, Invoice
from payments.selectors.months import month_of
from payments.services import company_desk, receipts
from payments.services.billing import bill_session
from payments.services.company_invoices import issue_invoice
from payments.services.ledger import post
from payments.services.tariffs import assign_tariff, create_tariff
from payments.services.vouchers import make_vouchers
from stations.models import ChargingStation
from tests.factories import MembershipFactory, SessionFactory, StationFactory, UserFactory
from tests.pages.browser import DESK
from tests.payments.fleet import ADDRESS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ELEMENTS = [
    {
        "price_components": [
            {"type": "FLAT", "price": "0.35", "vat": "19", "step_size": 1},
            {"type": "ENERGY", "price": "0.59", "vat": "19", "step_size": 1},
        ]
    }
]


@pytest.fixture
def network(transactional_db):
    """Two charges of last month: one of a driver, one on a company's account."""
    owner = MembershipFactory(
        user__name="Elin Vik", organization__name="Nordlys", organization__time_zone="Europe/Berlin"
    )
    organization = owner.organization
    station = StationFactory(location__organization=organization, location__name="Harbour Hub")
    ChargingStation.objects.filter(pk=station.pk).update(is_connected=True, registration="accepted")
    tariff = create_tariff(organization=organization, name="Standard", elements=ELEMENTS)
    last_month = month_of(organization, clock.now()).starts_at - timedelta(days=3)
    assign_tariff(tariff=tariff, starts_at=last_month - timedelta(days=1))
    company = company_desk.open_account(
        actor=owner.user,
        organization=organization,
        name="Fjord Fleet",
        email="fleet@example.org",
        vat_number="DE136695976",
        monthly_limit_minor=150_000,
        **ADDRESS,
    )
    company_desk.set_issuer(
        actor=owner.user,
        organization=organization,
        legal_name="Nordlys Charging GmbH",
        vat_number="DE123456788",
        invoice_prefix="NL",
        **ADDRESS,
    )
    driver, member = UserFactory(name="Nora Berg"), UserFactory(name="Lars Dahl")
    CompanyMember.objects.create(organization=organization, company=company, user=member, cost_center="Sales")
    evse = station.evses.get()
    evse.connectors.update(status="available", status_at=clock.now())
    sessions = [charge(evse, person, last_month, hours) for hours, person in enumerate((driver, member))]
    return {"owner": owner.user, "company": company, "evse": evse, "sessions": sessions, "member": member}


def charge(evse, driver, day, hours):
    started_at = day + timedelta(hours=2 * hours)
    session = SessionFactory(
        evse=evse,
        driver=driver,
        status="completed",
        started_at=started_at,
        ended_at=started_at + timedelta(minutes=42),
        meter_start_wh=1000,
        meter_end_wh=23_400,
        energy_wh=22_400,
        phase="charging",
    )
    with clock.at(session.ended_at):
        bill_session(session_id=session.pk)
    return session


def test_a_charge_is_corrected_with_both_bills_side_by_side(visit, network):
    session = network["sessions"][0]
    visitor = visit(DESK, user=network["owner"])
    page = visitor.goto(reverse("stations:session", args=[session.public_id]))
    page.get_by_role("link", name="Correct this charge").click()
    expect(page.get_by_role("heading", name="The bill that stands")).to_be_visible()
    visitor.is_pleased("correct-charge")
    page.get_by_label("Start fee").check()
    page.get_by_role("textbox", name="Reason").fill("The screen promised no start fee")
    page.get_by_role("button", name="Show both bills").click()
    expect(page.get_by_text("Waived:")).to_be_visible()
    visitor.is_pleased("correct-charge-preview")
    visitor.has_reflow_at_320()
    page.get_by_role("button", name="Credit and issue the corrected bill").click()
    expect(page.get_by_text("Corrected: receipt NL-R")).to_be_visible()
    assert selectors.record_of(session).correction["waived"] == ["FLAT.0"]
    link = reverse("payments:receipt_link", args=[sign(receipts.LINK, str(session.public_id))])
    page = visit().goto(link)
    expect(page.get_by_text("because: The screen promised no start fee")).to_be_visible()


def test_a_correction_that_changes_nothing_is_told_so(visit, network):
    visitor = visit(DESK, user=network["owner"])
    page = visitor.goto(reverse("payments:correct", args=[network["sessions"][0].public_id]))
    page.get_by_role("textbox", name="Reason").fill("Nothing")
    page.get_by_role("button", name="Show both bills").click()
    expect(page.get_by_text("This changes nothing.")).to_be_visible()
    visitor.is_pleased("correct-charge-refused")


def test_a_corrected_receipt_reads_well(visit, network):
    from payments.services.correcting import correct_session
    from payments.services.corrections import Wanted

    session = network["sessions"][0]
    correct_session(session=session, by=network["owner"], reason="Faulty plug", wanted=Wanted(is_free=True))
    visitor = visit()
    visitor.goto(reverse("payments:receipt_link", args=[sign(receipts.LINK, str(session.public_id))]))
    visitor.is_pleased("receipt-corrected")


def test_companies_their_form_and_what_documents_say(visit, network):
    visitor = visit(DESK, user=network["owner"])
    page = visitor.goto(reverse("payments:companies"))
    visitor.is_pleased("companies")
    page.get_by_role("link", name="Fjord Fleet").click()
    expect(page.get_by_text("Lars Dahl").first).to_be_visible()
    page.get_by_label("How many codes").fill("2")
    page.get_by_label("Valid until").fill("2099-12-31T12:00")
    page.get_by_role("button", name="Make codes").click()
    expect(page.get_by_text("0 of 1 used").first).to_be_visible()
    visitor.is_pleased("company")
    page.get_by_role("link", name="Change").click()
    page.get_by_label("VAT number").fill("12")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("VAT number")
    visitor.is_pleased("company-form-refused")
    visitor.goto(reverse("payments:issuer"))
    visitor.is_pleased("issuer")


def test_an_invoice_is_issued_read_and_marked_as_paid(visit, network):
    visitor = visit(DESK, user=network["owner"])
    page = visitor.goto(reverse("payments:company", args=[network["company"].public_id]))
    page.get_by_role("button", name="Issue an invoice now").click()
    expect(page.get_by_role("heading", name="Invoice NL-I")).to_be_visible()
    expect(page.get_by_role("link", name="UBL")).to_be_visible()
    visitor.is_pleased("invoice")
    page.get_by_label("Reference").fill("SEPA 4711")
    page.get_by_role("button", name="Mark as paid").click()
    expect(page.get_by_text("SEPA 4711")).to_be_visible()
    visitor.is_pleased("invoice-paid")


def test_a_month_is_closed_and_its_accounts_get_numbers(visit, network):
    issue_invoice(company=network["company"])
    assert Invoice.objects.filter(company=network["company"]).count() == 1
    _move_money(network["company"].organization_id)
    visitor = visit(DESK, user=network["owner"])
    page = visitor.goto(reverse("payments:months"))
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_text("is closed.")).to_be_visible()
    visitor.is_pleased("months")
    visitor.has_reflow_at_320()
    page.get_by_role("link", name="Account numbers").click()
    page.get_by_label("revenue:charging").fill("8400")
    visitor.is_pleased("ledger-accounts")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The next export uses these numbers.")).to_be_visible()


def _move_money(organization_id):
    """Taken by card, given back, kept by the provider, paid out."""
    moved = {
        "payment.1": {"cash:stripe": 127_550, "receivable:guests": -127_550},
        "refund.1.refund": {"cash:stripe": -2_500, "receivable:guests": 2_500},
        "fee.1": {"cash:stripe": -1_938, "expense:provider_fees": 1_938},
        "host_payout.1": {"cash:stripe": -80_000, "payable:host.1": 80_000},
    }
    for reference, lines in moved.items():
        post(organization_id=organization_id, reference=reference, reason="…", currency="EUR", lines=lines)


def test_an_empty_network_says_how_to_begin(visit, transactional_db):
    visitor = visit(DESK, user=MembershipFactory().user)
    page = visitor.goto(reverse("payments:companies"))
    expect(page.get_by_text("No company yet.")).to_be_visible()
    visitor.is_pleased("companies-empty")
    page = visitor.goto(reverse("payments:months"))
    expect(page.get_by_text("Nothing is in the books yet.")).to_be_visible()
    visitor.is_pleased("months-empty")


def test_a_member_of_a_fleet_reads_whose_account_pays_before_the_start(visit, network):
    visitor = visit(user=network["member"])
    page = visitor.goto(reverse("scheduling:start", args=[network["evse"].code]))
    expect(page.get_by_text("Goes on the account of Fjord Fleet")).to_be_visible()
    expect(page.get_by_role("button", name="Start, on the account of Fjord Fleet")).to_be_visible()
    visitor.is_pleased("start-on-account")


def test_a_guest_with_a_voucher_is_told_when_it_is_not_valid(visit, network):
    make_vouchers(
        actor=network["owner"],
        company=network["company"],
        count=1,
        charges_allowed=1,
        valid_until=clock.now() + timedelta(days=1),
    )
    visitor = visit()
    page = visitor.goto(reverse("scheduling:start", args=[network["evse"].code]))
    page.get_by_text("I have a voucher").click()
    page.get_by_label("Code of the voucher").fill("WRONG")
    page.get_by_role("button", name="Start with the voucher").click()
    expect(page.get_by_text("This code is not valid here.")).to_be_visible()
    visitor.is_pleased("start-with-voucher")


def test_a_guest_reads_what_a_voucher_pays_before_the_start(visit, network):
    (voucher,) = make_vouchers(
        actor=network["owner"],
        company=network["company"],
        count=1,
        charges_allowed=2,
        valid_until=clock.now() + timedelta(days=1),
        charge_limit_minor=850,
        total_limit_minor=1500,
    )
    visitor = visit()
    page = visitor.goto(reverse("scheduling:start", args=[network["evse"].code]))
    page.get_by_text("I have a voucher").click()
    page.get_by_label("Code of the voucher").fill(voucher.code)
    page.get_by_role("button", name="Start with the voucher").click()
    expect(page.get_by_text("This voucher pays up to €8.50 for this charge.")).to_be_visible()
    visitor.is_pleased("start-with-limited-voucher")
    page.get_by_role("button", name="Start, up to €8.50").click()
    page.wait_for_url("**/live/**")
    visitor = visit(DESK, user=network["owner"])
    page = visitor.goto(reverse("payments:company", args=[network["company"].public_id]))
    expect(page.get_by_text("at most €8.50 per charge").first).to_be_visible()
    visitor.is_pleased("company-limited-voucher")

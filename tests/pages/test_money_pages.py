"""Receipt, way back from paying, saved cards, tariffs and revenue, as a browser sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from core import clock
from core.links import sign
from payments.models import BillingAccount, ChargeDetailRecord, DebtNotice, Payment, PaymentMethod
from payments.services import debts, receipts
from payments.services.addresses import return_path
from payments.services.billing import bill_session
from payments.services.tariffs import assign_tariff, create_tariff
from stations.models import ChargingSession
from tests.factories import MembershipFactory, SessionFactory
from tests.pages.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ELEMENTS = [
    {
        "price_components": [{"type": "ENERGY", "price": "0.39", "vat": "25", "step_size": 1}],
        "restrictions": {"start_time": "22:00", "end_time": "06:00"},
    },
    {
        "price_components": [
            {"type": "FLAT", "price": "0.35", "vat": "25", "step_size": 1},
            {"type": "ENERGY", "price": "0.59", "vat": "25", "step_size": 1},
            {"type": "PARKING_TIME", "price": "9.00", "vat": "25", "step_size": 60},
        ]
    },
]


@pytest.fixture
def charge(transactional_db):
    """A charge that has been billed and paid, and the owner of its network."""
    owner = MembershipFactory(user__name="Elin Vik", organization__name="Nordlys")
    noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    ended_at = noon + timedelta(minutes=42)
    session = SessionFactory(
        evse__station__location__organization=owner.organization,
        evse__station__location__name="Harbour Hub",
        evse__station__location__city="Bergen",
        evse__name="Stall 3",
        driver=MembershipFactory().user,
        status="completed",
        started_at=noon,
        ended_at=ended_at,
        meter_end_wh=23_400,
        energy_wh=22_400,
        phase="charging",
    )
    tariff = create_tariff(
        organization=owner.organization, name="Standard", elements=ELEMENTS, idle_grace_minutes=10
    )
    assign_tariff(tariff=tariff, starts_at=session.started_at - timedelta(days=1))
    with clock.at(clock.now() - timedelta(hours=1)):
        bill_session(session_id=session.pk)
    return pay(session), owner.user


def pay(session: ChargingSession) -> ChargingSession:
    assert session.driver is not None
    account = BillingAccount.objects.create(user=session.driver, provider_customer_id="cus_1")
    method = PaymentMethod.objects.create(
        account=account, provider_ref="pm_1", brand="visa", last4="4242", expires_month=12, expires_year=2034,
        is_default=True,
    )  # fmt: skip
    now = clock.now()
    Payment.objects.create(
        organization=session.organization, account=account, method=method, session=session, evse=session.evse,
        currency="EUR", requested_minor=5000, authorized_minor=5000, captured_minor=1357, status="captured",
        authorized_at=now - timedelta(hours=2), captured_at=now - timedelta(minutes=59),
    )  # fmt: skip
    return session


def test_a_receipt_can_be_read_everywhere(visit, charge):
    session, _ = charge
    visitor = visit()
    page = visitor.goto(reverse("payments:receipt_link", args=[sign(receipts.LINK, str(session.public_id))]))
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    expect(page.get_by_text("Harbour Hub").first).to_be_visible()
    visitor.is_pleased("receipt")


def test_a_declined_card_is_told_what_to_do(visit, charge):
    session, _ = charge
    payment = Payment.objects.create(
        organization=session.organization, evse=session.evse, currency="EUR", requested_minor=5000,
        status="failed", failure_code="insufficient_funds",
    )  # fmt: skip
    visitor = visit()
    page = visitor.goto(return_path(payment))
    expect(page.get_by_role("heading", name="The card was declined")).to_be_visible()
    expect(page.get_by_role("link", name="Try again")).to_be_visible()
    visitor.is_pleased("payment-declined")


def owes_ten(session: ChargingSession) -> ChargeDetailRecord:
    Payment.objects.filter(session=session).update(captured_minor=357)
    return ChargeDetailRecord.objects.get(session=session)


def test_a_link_says_what_is_owed_and_what_is_paid(visit, charge):
    session, _ = charge
    visitor = visit()
    page = visitor.goto(debts.debt_path(owes_ten(session)))
    expect(page.get_by_role("heading", name="This charge is not paid")).to_be_visible()
    expect(page.get_by_role("button", name="Pay now: €10.00")).to_be_visible()
    visitor.is_pleased("owed")
    Payment.objects.update(captured_minor=1357)
    page.reload()
    expect(page.get_by_role("heading", name="This charge is paid")).to_be_visible()
    visitor.is_pleased("owed-and-paid")


def test_a_charge_that_is_not_paid_stands_in_the_revenue_page(visit, charge):
    session, owner = charge
    record = owes_ten(session)
    for step in range(3):
        DebtNotice.objects.create(record=record, step=step)
    visitor = visit(DESK, user=owner)
    page = visitor.goto(reverse("payments:revenue"))
    expect(page.get_by_role("heading", name="Charges that are not paid")).to_be_visible()
    visitor.is_pleased("revenue-with-debts")


def test_a_session_shows_the_operator_its_money(visit, charge):
    session, owner = charge
    visitor = visit(user=owner)
    page = visitor.goto(reverse("stations:session", args=[session.public_id]))
    expect(page.get_by_role("link", name="Receipt")).to_be_visible()
    expect(page.get_by_text("Stall 3").first).to_be_visible()
    visitor.is_pleased("operator-session-money")


def test_tariffs_and_revenue_are_shown_to_the_owner(visit, charge):
    _, owner = charge
    visitor = visit(user=owner)
    page = visitor.goto(reverse("payments:tariffs"))
    expect(page.get_by_role("heading", name="Standard")).to_be_visible()
    visitor.is_pleased("tariffs")
    page = visitor.goto(reverse("payments:revenue"))
    expect(page.get_by_role("heading", name="Latest payments")).to_be_visible()
    visitor.is_pleased("revenue")


def test_saved_cards_stand_in_the_account_page(visit, charge):
    session, _ = charge
    visitor = visit(user=session.driver)
    page = visitor.goto("/account/")
    expect(page.get_by_text("Visa ···· 4242")).to_be_visible()
    visitor.is_pleased("account-with-card")

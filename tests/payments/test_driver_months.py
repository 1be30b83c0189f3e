"""A driver's monthly statement: what every seller billed, and what was paid."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.money import Money
from payments.selectors.driver_months import driver_month
from payments.services.billing import bill_session
from payments.services.correcting import correct_session
from payments.services.corrections import Wanted
from payments.services.refunding import refund_payment
from payments.services.tariffs import assign_tariff, create_tariff
from tests.factories import UserFactory
from tests.payments.stories import KWH, NOON, Story
from tests.payments.test_refunds import pay

pytestmark = pytest.mark.django_db
NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def november():
    with clock.at(NOON + timedelta(hours=2)):
        yield


def euros(text):
    return Money(Decimal(text), "EUR")


def address(day=NOVEMBER):
    return reverse("payments:driver_month", args=[day.year, day.month])


def test_a_month_gathers_documents_taxes_and_what_was_paid(november, paid_story):
    pay(paid_story)
    (account,) = driver_month(paid_story.driver, NOVEMBER)
    assert account.seller == paid_story.evse.organization.name
    assert (account.billed, account.paid, account.energy_wh) == (euros("10.00"), euros("10.00"), 20_000)
    assert account.taxes == [(Decimal(20), euros("1.67"))]


def test_what_was_given_back_stands_beside_what_was_paid(november, paid_story):
    refund_payment(payment=pay(paid_story), amount_minor=250, reason="The plug was stuck.", by=None)
    (account,) = driver_month(paid_story.driver, NOVEMBER)
    assert [one.amount for one in account.movements] == [euros("10.00"), euros("-2.50")]
    assert (account.billed, account.paid) == (euros("10.00"), euros("7.50"))


def test_a_correction_shows_as_credit_and_new_receipt(november, story):
    session = story.session(energy_wh=20_000)
    bill_session(session_id=session.pk)
    correct_session(
        session=session, by=UserFactory(), reason="The meter was wrong.", wanted=Wanted(energy_wh=10_000)
    )
    (account,) = driver_month(story.driver, NOVEMBER)
    assert [one.amount for one in account.documents] == [euros("10.00"), euros("-10.00"), euros("5.00")]
    assert (account.billed, account.energy_wh) == (euros("5.00"), 10_000)


def test_sellers_and_currencies_are_kept_apart(november, story):
    bill_session(session_id=story.session(energy_wh=20_000).pk)
    other = Story()
    other.driver = story.driver
    swiss = create_tariff(
        organization=other.evse.organization, name="Swiss", elements=KWH, hold_minor=1, currency="CHF"
    )
    assign_tariff(tariff=swiss, evse=other.evse, starts_at=NOON - timedelta(days=1))
    bill_session(session_id=other.session(energy_wh=2_000).pk)
    billed = [account.billed for account in driver_month(story.driver, NOVEMBER)]
    assert billed == [euros("10.00"), Money(Decimal("1.00"), "CHF")]


def test_a_month_is_the_sellers_month(story):
    organization = story.evse.organization
    organization.time_zone = "Pacific/Auckland"
    organization.save()
    with clock.at(datetime(2026, 10, 31, 23, 30, tzinfo=UTC)):
        bill_session(session_id=story.session(energy_wh=20_000).pk)
    assert driver_month(story.driver, date(2026, 10, 1)) == []
    assert len(driver_month(story.driver, NOVEMBER)) == 1


def test_the_page_costs_the_same_for_many_charges(november, paid_story, client):
    client.force_login(paid_story.driver)
    pay(paid_story)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(address())
    for energy_wh in (1_000, 2_000, 3_000):
        bill_session(session_id=paid_story.session(energy_wh=energy_wh, token_uid=f"T{energy_wh}").pk)
    with CaptureQueriesContext(connection) as many:
        client.get(address())
    assert len(many) == len(one)


def test_it_is_taken_along_as_pdf_and_as_csv(november, paid_story, client):
    payment = pay(paid_story)
    client.force_login(paid_story.driver)
    pdf = client.get(address(), {"format": "pdf"})
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    text = client.get(address(), {"format": "csv"}).content.decode()
    receipt, paid = csv.DictReader(io.StringIO(text))
    assert (receipt["kind"], receipt["amount"], receipt["energy_kwh"]) == ("receipt", "10.00", "20")
    assert (paid["kind"], paid["amount"], paid["session"]) == (
        "payment",
        "10.00",
        str(payment.session.public_id),
    )


def test_nobody_else_sees_it_and_there_is_no_thirteenth_month(november, paid_story, client):
    pay(paid_story)
    client.force_login(UserFactory())
    assert "Nothing was billed" in client.get(address()).content.decode()
    assert client.get("/history/2026/13/").status_code == 404
    client.logout()
    assert client.get(address()).status_code == 302

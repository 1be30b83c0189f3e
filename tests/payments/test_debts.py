"""A charge that no card has paid: notices, the link, any card, and what is left to write off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import AuditEntry
from core import clock
from payments import attention, selectors
from payments.models import DebtNotice, Payment
from payments.services import debts
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.recovery import settle_payments
from payments.services.starting import follow_hold
from tests.factories import MembershipFactory
from tests.payments.stories import deliver, intents, pay_on_page, taken_minor

pytestmark = pytest.mark.django_db
DECLINES, CONFIRMS = "4000000000000002", "4000002760003184"


@pytest.fixture
def record(story, stand_in):
    """Ten euros that the driver's card has refused twice."""
    story.give_card("pm_card_chargeCustomerFail")
    session = story.session(energy_wh=20_000)
    bill_session(session_id=session.pk)
    for _ in range(3):
        collect(session_id=session.pk)
    deliver()
    mail.outbox.clear()
    return selectors.record_of(session)


def after(**span):
    return clock.at(clock.now() + timedelta(**span))


def page(client, record):
    return client.get(debts.debt_path(record)).content.decode()


def pay_url(client, record):
    token = debts.debt_path(record).rstrip("/").split("/")[-1]
    return client.post(reverse("payments:owed_pay", args=[token]))


def owed(story):
    return selectors.owed_minor(selectors.receivable_account(story.driver.pk), "EUR")


def test_the_driver_is_told_at_once_and_after_three_and_seven_days(record, story):
    assert debts.notice_debts() == 0
    for days, count in ((1 / 24, 1), (2, 1), (3.1, 2), (6, 2), (7.1, 3), (30, 3)):
        with after(days=days):
            debts.notice_debts()
            debts.notice_debts()
            deliver()
        assert len(mail.outbox) == count, days
    assert [one.to for one in mail.outbox] == [[story.driver.email]] * 3
    assert "is not paid" in mail.outbox[0].subject
    assert mail.outbox[1].subject.startswith("Reminder:")
    assert "€10.00" in mail.outbox[0].body
    assert "/owed/" in mail.outbox[0].body


def test_the_link_says_what_is_owed_and_any_card_pays_it(record, story, stand_in, client):
    assert "€10.00" in page(client, record)
    pay_on_page(stand_in, pay_url(client, record).url, number="5555555555554444")
    told = page(client, record)
    assert "This charge is paid" in told
    assert (taken_minor(stand_in), owed(story)) == (1000, 0)
    deliver()
    assert "Your receipt from" in mail.outbox[-1].subject
    with after(days=1):
        assert selectors.debts({story.driver.pk}) == set()
        assert debts.notice_debts() == 0


def test_a_card_that_wants_a_confirmation_pays_after_it(record, story, stand_in, client):
    status, headers, _ = pay_on_page(stand_in, pay_url(client, record).url, number=CONFIRMS)
    assert status == 303
    bank = headers["location"]
    stand_in.post(bank, answer="authorize")
    assert "This charge is paid" in page(client, record)
    assert taken_minor(stand_in) == 1000


def test_another_decline_leaves_the_page_and_the_debt(record, story, stand_in, client):
    pay_on_page(stand_in, pay_url(client, record).url, number=DECLINES)
    assert "This charge is not paid" in page(client, record)
    assert owed(story) == 1000


def test_two_tabs_get_one_page_and_pay_once(record, stand_in, client):
    first, second = pay_url(client, record).url, pay_url(client, record).url
    assert first == second
    pay_on_page(stand_in, first)
    pay_on_page(stand_in, second)
    page(client, record)
    assert pay_url(client, record).url.startswith("/owed/")  # signed anew, so the second may differ
    assert taken_minor(stand_in) == 1000
    assert len([one for one in intents(stand_in) if one.status == "succeeded"]) == 1


def test_who_paid_and_never_came_back_is_found_by_the_sweep(record, story, stand_in, client):
    pay_on_page(stand_in, pay_url(client, record).url)
    settle_payments()
    assert owed(story) == 0
    follow_hold(payment_id=Payment.objects.latest("pk").pk)
    assert taken_minor(stand_in) == 1000


def test_a_provider_that_does_not_answer_leaves_the_debt_and_says_so(record, stand_in, client):
    stand_in.pull("faults", next=[{"match": "POST /v1/checkout/sessions", "fault": "drop_before"}])
    told = client.get(pay_url(client, record).url).content.decode()
    assert "does not answer" in told
    stand_in.pull("faults")
    pay_on_page(stand_in, pay_url(client, record).url)
    assert "This charge is paid" in page(client, record)


def test_a_forged_link_opens_nothing(client, db):
    assert client.get(reverse("payments:owed", args=["forged"])).status_code == 404
    assert client.post(reverse("payments:owed_pay", args=["forged"])).status_code == 404


def test_guests_have_no_notices(story, stand_in):
    session = story.session(energy_wh=20_000, driver=False)
    bill_session(session_id=session.pk)
    collect(session_id=session.pk)
    with after(days=1):
        assert selectors.unpaid_debts() == []
        assert debts.notice_debts() == 0


def test_after_every_reminder_the_operator_may_write_it_off(record, story, client):
    owner = MembershipFactory(organization=story.evse.organization).user
    client.force_login(owner)
    address = reverse("payments:debt_write_off", args=[record.public_id])
    with after(hours=1):
        client.post(address)
        assert owed(story) == 1000
        assert "Charges that are not paid" in client.get(reverse("payments:revenue")).content.decode()
    for step, days in enumerate((20, 13, 1)):
        DebtNotice.objects.create(record=record, step=step, sent_at=clock.now() - timedelta(days=days))
    client.post(address)
    client.post(address)
    assert owed(story) == 0
    assert selectors.owed_minor("expense:write_off", "EUR") == 1000
    assert AuditEntry.objects.get(action="debt.written_off").actor == owner
    with after(days=1):
        assert selectors.unpaid_debts() == []


def test_a_debt_of_another_network_cannot_be_written_off(record, client):
    stranger = MembershipFactory().user
    client.force_login(stranger)
    answer = client.post(reverse("payments:debt_write_off", args=[record.public_id]))
    assert answer.status_code == 404


def test_what_no_reminder_brought_in_stands_on_the_first_page_of_those_who_see_money(record):
    for days in (1, 5, 9):
        with after(days=days):
            debts.notice_debts()
    see = MembershipFactory(organization=record.organization).user
    stranger = MembershipFactory().user
    with after(days=30):
        [told] = attention.hopeless_debts(see)
        assert attention.hopeless_debts(stranger) == []
    assert told.href.endswith("#debts")

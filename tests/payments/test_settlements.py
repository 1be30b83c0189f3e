"""What a terminal at the charger settled is recorded once, not taken again, and compared with our price."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from core import clock, outbox
from payments import attention, selectors
from payments.models import Payment, PostingLine
from payments.selectors.occasions import outstanding_minor
from payments.services.billing import bill_session
from payments.services.settlements import note_looked_at, record_settlement
from stations.services.settlements import record_settlement as tell
from tests.factories import MembershipFactory
from tests.payments.stories import NOON

pytestmark = pytest.mark.django_db
END = NOON + timedelta(hours=1)


@pytest.fixture
def session(story):
    """20 kWh, 10.00 by our tariff, started with a bank card at the charger's terminal."""
    return story.session(energy_wh=20_000, driver=False, token_uid="psp-1", transaction_id="tx-1")


def settle(session, amount="10.00", status="settled", reference="psp-1"):
    return record_settlement(
        organization_id=session.organization_id,
        reference=reference,
        status=status,
        amount=Decimal(amount),
        session_id=session.pk,
    )


def bill(session):
    record = bill_session(session_id=session.pk)
    outbox.deliver_pending()
    return record


def balances():
    found = {}
    for line in PostingLine.objects.all():
        found[line.account] = found.get(line.account, 0) + line.amount_minor
    return {account: minor for account, minor in found.items() if minor}


PAID = {"cash:terminal": 1000, "revenue:charging": -833, "tax:20": -167}


def test_a_settlement_before_the_bill_pays_it_and_nothing_is_asked_of_anybody(session):
    payment = settle(session)
    record = bill(session)
    payment.refresh_from_db()
    assert (payment.status, payment.captured_minor, payment.cdr) == ("captured", 1000, record)
    assert (outstanding_minor(record), payment.difference_minor) == (0, 0)
    assert not payment.operations.exists()
    assert balances() == PAID


def test_a_settlement_after_the_bill_takes_back_what_was_written_off(session):
    record = bill(session)
    assert balances()["expense:write_off"] == 1000
    settle(session)
    assert (outstanding_minor(record), balances()) == (0, PAID)


@pytest.mark.parametrize("is_billed_first", [True, False])
def test_told_twice_it_is_one_payment_and_one_posting(session, is_billed_first):
    if is_billed_first:
        bill(session)
    first = settle(session)
    assert settle(session) == first
    assert settle(session, status="failed").status == "captured"
    if not is_billed_first:
        bill(session)
    assert (Payment.objects.count(), balances()) == (1, PAID)


@pytest.mark.parametrize("is_billed_first", [True, False])
@pytest.mark.parametrize(("amount", "difference"), [("9.00", -100), ("12.50", 250)])
def test_another_amount_than_our_price_is_flagged_until_a_person_has_looked(
    client, session, amount, difference, is_billed_first
):
    if is_billed_first:
        bill(session)
    settle(session, amount)
    if not is_billed_first:
        bill(session)
    payment = Payment.objects.get()
    lost = max(0, -difference)
    assert (payment.difference_minor, balances().get("expense:write_off", 0)) == (difference, lost)
    member = MembershipFactory(organization=session.organization, role="finance")
    (line,) = attention.settlements(member.user)
    assert "1 settlement of a terminal" in str(line.detail)
    client.force_login(member.user)
    assert "psp-1" in client.get(reverse("payments:revenue")).content.decode()
    client.post(reverse("payments:looked_at", args=[payment.public_id]))
    assert attention.settlements(member.user) == []


def test_money_that_could_not_be_taken_is_flagged_and_may_still_come(session):
    bill(session)
    failed = settle(session, status="rejected")
    assert (failed.status, failed.failure_code, failed.captured_minor) == ("failed", "rejected", 0)
    assert Payment.objects.get().difference_minor == -1000
    settle(session)
    payment = Payment.objects.get()
    assert (payment.status, payment.difference_minor, balances()) == ("captured", 0, PAID)


def test_a_payment_that_was_canceled_without_a_charge_is_nobodys_work(story):
    organization = story.evse.organization
    payment = record_settlement(
        organization_id=organization.pk,
        reference="psp-2",
        status="canceled",
        amount=Decimal(0),
        session_id=None,
    )
    assert payment.status == "voided"
    assert not selectors.differing(Payment.objects.all()).exists()


def test_money_of_an_unknown_charge_is_flagged(story):
    record_settlement(
        organization_id=story.evse.organization_id,
        reference="psp-3",
        status="settled",
        amount=Decimal("4.20"),
        session_id=None,
    )
    (found,) = selectors.differing(Payment.objects.all())
    assert found.difference_minor == 420
    note_looked_at(payment=found)
    assert not selectors.differing(Payment.objects.all()).exists()


def test_the_stations_word_arrives_through_the_outbox(session):
    with clock.at(END):
        for _ in range(2):
            found = tell(
                station_id=session.station_id,
                reference="psp-1",
                status="settled",
                amount=Decimal("10"),
                settled_at=END,
                transaction_id="tx-1",
                body={"pspRef": "psp-1"},
            )
        outbox.deliver_pending()
    assert found == session
    assert Payment.objects.get().captured_minor == 1000


def test_an_operator_without_a_right_to_money_sees_and_does_nothing(client, session):
    bill(session)
    payment = settle(session, "9.00")
    member = MembershipFactory(organization=session.organization, role="support")
    client.force_login(member.user)
    assert attention.settlements(member.user) == []
    assert client.post(reverse("payments:looked_at", args=[payment.public_id])).status_code == 403

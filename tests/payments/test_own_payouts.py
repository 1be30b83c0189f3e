"""What drivers paid reaches the organization itself: less what others get of it."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from psycopg.types.range import TimestamptzRange

from core import clock
from payments import selectors
from payments.models import HostPayout, HostStatement, Payment, PlatformTerms, SiteHost
from payments.providers import provider
from payments.selectors.hosts import hosts_of, owed_to_host
from payments.services import hosting, paying_hosts, statements
from payments.services.provider_fees import note_fees
from payments.services.recovery import settle_payments
from payments.services.refunding import refund_payment
from tests.factories import MembershipFactory
from tests.payments.stories import NOON
from tests.payments.test_hosts import AFTER, NOVEMBER, ground, later, words_of

__all__ = ["ground", "later"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def own(ground):
    """The organization is paid itself; the installation keeps two percent and ten cents of each charge."""
    PlatformTerms.objects.create(
        organization=ground.organization,
        percent=Decimal(2),
        fixed_minor=10,
        during=TimestamptzRange(NOON - timedelta(days=100), None),
    )
    ground.own = hosting.pay_ourselves(actor=ground.boss, organization=ground.organization)
    return ground


def own_statement(ground, month=NOVEMBER):
    statements.state_month(organization=ground.organization, month=month)
    return HostStatement.objects.get(host=ground.own, month=month)


def take_fees() -> None:
    """As the daily comparison does."""
    moves = provider().movements_since(clock.now() - timedelta(days=3000))
    note_fees(payments=list(Payment.objects.all()), movements=moves)


def sums(statement):
    return (statement.collected_minor, statement.hosts_minor, statement.fee_minor, statement.share_minor)


def test_what_was_collected_less_hosts_and_the_platforms_fee_is_owed(own, later):
    own.give(10)
    own.sell(12_000)  # 6.00, net 5.00: 0.50 for the host, 0.10 and 0.10 for the platform
    later()
    statement = own_statement(own)
    assert sums(statement) == (600, 50, 20, 530)
    assert [line.share_minor for line in statement.lines.all()] == [20]
    assert owed_to_host(own.own, "EUR") == 530
    assert owed_to_host(own.host, "EUR") == 50
    assert selectors.owed_minor("payable:platform", "EUR") == -20
    assert selectors.owed_minor("expense:platform_fee", "EUR") == 20


def test_what_is_not_collected_is_not_paid_out_until_it_comes(own, later, paid_story):
    own.sell(12_000)
    Payment.objects.get()
    later()
    statement = own_statement(own)
    assert statement.collected_minor == selectors.owed_minor("cash:stripe", "EUR")


def test_a_refund_of_the_next_month_is_set_off_there_and_may_be_negative(own, later):
    own.sell(12_000)
    later()
    own_statement(own)
    refund_payment(payment=Payment.objects.get(), amount_minor=400, reason="the plug was stuck")
    later(AFTER + timedelta(days=31))
    statement = own_statement(own, date(2026, 12, 1))
    assert sums(statement) == (-400, 0, 0, -400)
    assert owed_to_host(own.own, "EUR") == 600 - 20 - 400


@pytest.mark.parametrize(
    ("bearer", "collected", "platform"), [("organization", 566, -20), ("installation", 600, 14)]
)
def test_the_providers_fees_are_borne_as_the_setting_says(own, later, settings, bearer, collected, platform):
    settings.PROVIDER_FEES_BORNE_BY = bearer
    own.sell(12_000)  # the provider keeps 0.34
    for _ in range(2):
        take_fees()
    later()
    assert own_statement(own).collected_minor == collected
    assert selectors.owed_minor("payable:platform", "EUR") == platform


def test_it_is_sent_once_by_a_transfer_and_the_books_say_so(own, later):
    own.sell(12_000)
    take_fees()
    later()
    own_statement(own)
    own.host = own.own
    host = own.set_up()
    payout = paying_hosts.pay_host(host=host, actor=own.boss)
    assert (payout.status, payout.amount_minor) == (HostPayout.Status.PAID, 546)
    [transfer] = own.stand_in.client().v1.transfers.list({"limit": 100}).data
    assert (transfer.amount, transfer.destination) == (546, host.provider_ref)
    assert owed_to_host(host, "EUR") == 0
    assert selectors.owed_minor("cash:stripe", "EUR") == 20
    assert selectors.owed_minor("transfers:organization", "EUR") == 546


def test_a_payout_is_no_part_of_the_next_months_sum(own, later):
    own.sell(12_000)
    take_fees()
    later()
    own_statement(own)
    own.host = own.own
    paying_hosts.pay_host(host=own.set_up())
    later(AFTER + timedelta(days=31))
    statements.state_month(organization=own.organization, month=date(2026, 12, 1))
    assert HostStatement.objects.filter(host=own.own).count() == 1


def test_one_platform_fee_holds_at_a_time(own):
    with pytest.raises(IntegrityError), transaction.atomic():
        PlatformTerms.objects.create(
            organization=own.organization, percent=3, during=TimestamptzRange(NOON, None)
        )


def test_the_organization_is_no_site_host(own, client):
    assert [shown.host for shown in hosts_of(own.organization, clock.now())] == [own.host]
    client.force_login(own.boss)
    answer = client.post(reverse("payments:host_share", args=[own.own.public_id]), {"percent": "5"})
    assert answer.status_code == 404


def test_a_click_makes_the_organizations_page_once(ground, client):
    client.force_login(ground.boss)
    for _ in range(2):
        answer = client.post(reverse("payments:own_payouts"), follow=True)
        assert b"What the installation keeps" in answer.content
    assert SiteHost.objects.filter(kind="organization").count() == 1
    client.force_login(MembershipFactory(organization=ground.organization, role="viewer").user)
    assert client.post(reverse("payments:own_payouts")).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_payout_that_settles_while_another_is_asked_for_is_not_made_again(own, later, monkeypatch):
    own.sell(12_000)
    take_fees()
    later()
    own_statement(own)
    own.host = own.own
    host = own.set_up()
    own.stand_in.pull("faults", seed=1, only="POST /v1/transfers", drop_after=1)
    assert paying_hosts.pay_host(host=host).status == HostPayout.Status.CREATED
    own.stand_in.pull("faults")
    monkeypatch.setattr(paying_hosts, "owed_to_host", _settling_first_then(owed_to_host))
    with pytest.raises(paying_hosts.NothingDue):
        paying_hosts.pay_host(host=host)
    assert HostPayout.objects.get().amount_minor == 546


def _settling_first_then(read):
    """What is owed was read, and then, before anything else is looked at, the first payout settles."""

    def reading(host, currency):
        found = read(host, currency)
        thread = threading.Thread(target=_sweep)
        thread.start()
        thread.join()
        return found

    return reading


def _sweep():
    settle_payments(in_flight=timedelta(0))
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_four_clicks_at_once_pay_once(own, later):
    own.sell(12_000)
    take_fees()
    later()
    own_statement(own)
    own.host = own.own
    host, told = own.set_up(), []

    def act():
        try:
            made = paying_hosts.pay_host(host=host)
            told.append(made.failure_code or made.status)
        except paying_hosts.NothingDue:
            told.append("nothing due")
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["nothing due"] * 3 + ["paid"]


def test_the_own_statement_on_paper_says_what_is_left_and_what_others_get(own, later, client):
    own.give(10)
    own.sell(12_000)
    later()
    statement = own_statement(own)
    client.force_login(own.boss)
    answer = client.get(reverse("payments:statement", args=[statement.public_id]), {"format": "pdf"})
    told = words_of(answer.content)
    for words in (
        "Collected for you €6.00",
        "For site hosts -€0.50",
        "Platform fee -€0.20",
        "Yours €5.30",
        "2 % of €5.00 · €0.10 for each charge",
    ):
        assert words in told

"""Site hosts get their share of what is sold at their place, once and to the cent."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError
from django.urls import reverse
from pypdf import PdfReader

from core import clock
from payments import selectors
from payments.models import HostPayout, HostStatement, HostStatementLine, ProviderOperation, RevenueShare
from payments.providers import provider
from payments.providers.base import OutcomeUnknown
from payments.selectors.hosts import left_to_give, owed_to_host
from payments.services import hosting, paying_hosts, statements
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.recovery import settle_payments
from tests.factories import EvseFactory, LocationFactory, MembershipFactory, StationFactory
from tests.payments.reconciling import kinds, reconcile
from tests.payments.stories import NOON, deliver

pytestmark = pytest.mark.django_db
NOVEMBER = date(2026, 11, 1)
AFTER = datetime(2026, 12, 2, 9, tzinfo=UTC)


class Ground:
    """A driver who charges at a place of which a host gets ten percent."""

    def __init__(self, story, stand_in):
        self.story, self.stand_in = story, stand_in
        self.organization = story.evse.organization
        self.site = story.evse.station.location
        self.boss = MembershipFactory(organization=self.organization, role="owner").user
        self.host = self.add("Harbor", "harbor@example.org")

    def add(self, name, email):
        return hosting.add_host(actor=self.boss, organization=self.organization, name=name, email=email)

    def give(self, percent, host=None, site=True, since=NOON - timedelta(days=10)):
        where = self.site if site is True else site
        return hosting.give_share(
            actor=self.boss,
            host=host or self.host,
            location=where,
            percent=Decimal(percent),
            starts_at=since,
        )

    def sell(self, energy_wh=12_000, **fields):
        session = self.story.session(energy_wh=energy_wh, **fields)
        self.story.held(session)
        record = bill_session(session_id=session.pk)
        collect(session_id=session.pk)
        return record

    def state(self):
        return statements.state_month(organization=self.organization, month=NOVEMBER)

    def set_up(self):
        self.stand_in.post(paying_hosts.setup_address(host=self.host))
        self.host.refresh_from_db()
        return paying_hosts.look_at_payee(host=self.host)


@pytest.fixture
def ground(paid_story, stand_in, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AFTER - timedelta(days=12))
    ground = Ground(paid_story, stand_in)
    return ground


@pytest.fixture
def later(monkeypatch):
    """The month is over."""

    def turn(at=AFTER):
        monkeypatch.setattr(clock, "now", lambda: at)

    return turn


# --- shares ----------------------------------------------------------------------------------


def test_a_new_share_ends_the_one_before(ground):
    first = ground.give(10)
    second = ground.give(15, since=NOON)
    first.refresh_from_db()
    assert (first.during.upper, second.during.lower, second.during.upper) == (NOON, NOON, None)


def test_a_planned_share_is_taken_back_and_the_running_one_goes_on(ground):
    running = ground.give(10)
    planned = ground.give(15, since=clock.now() + timedelta(days=5))
    hosting.end_share(actor=ground.boss, share=planned, at=clock.now())
    running.refresh_from_db()
    assert (running.during.upper, RevenueShare.objects.count()) == (None, 1)


def test_ending_what_runs_leaves_what_is_planned(ground):
    running = ground.give(10)
    planned = ground.give(15, since=clock.now() + timedelta(days=5))
    hosting.end_share(actor=ground.boss, share=running, at=clock.now())
    running.refresh_from_db()
    planned.refresh_from_db()
    assert (running.during.upper, planned.during.upper) == (clock.now(), None)


def test_all_hosts_of_a_place_together_get_no_more_than_the_whole(ground):
    other = ground.add("Mall", "mall@example.org")
    ground.give(60)
    ground.give(15, host=other, site=None)
    assert left_to_give(other, None, NOON) == 40
    with pytest.raises(hosting.TooMuch) as refusal:
        ground.give(41, host=other, site=None)
    assert refusal.value.left == 40
    assert RevenueShare.objects.filter(host=other).get().percent == 15


def test_an_address_is_one_host(ground):
    with pytest.raises(hosting.HostThere):
        ground.add("Again", "harbor@example.org")


# --- statements ------------------------------------------------------------------------------


def test_a_statement_counts_each_record_of_the_month_once(ground, later):
    ground.give(10)
    record = ground.sell(12_000)  # 6.00 with 20 % tax: 5.00 net
    later()
    [statement] = ground.state()
    assert (statement.records, statement.net, statement.share_minor) == (1, Decimal(5), 50)
    assert [line.record for line in statement.lines.all()] == [record]
    assert ground.state() == []
    assert owed_to_host(ground.host, "EUR") == 50
    assert selectors.owed_minor("expense:site_hosts", "EUR") == 50


def test_the_sites_own_share_wins_and_other_sites_count_by_the_networks(ground, later):
    elsewhere = EvseFactory(
        station=StationFactory(location=LocationFactory(organization=ground.organization))
    )
    ground.give(2, site=None)
    ground.give(10)
    ground.sell(12_000)
    ground.sell(12_000, evse=elsewhere)
    later()
    [statement] = ground.state()
    assert sorted(line.share_minor for line in statement.lines.all()) == [10, 50]


def test_a_charge_before_the_share_or_of_a_running_month_counts_for_nothing(ground, later):
    ground.give(10, since=NOON + timedelta(days=1))
    ground.sell(12_000)
    with pytest.raises(ValueError, match="not over"):
        ground.state()
    later()
    assert ground.state() == []
    assert owed_to_host(ground.host, "EUR") == 0


def test_statements_are_final_and_their_lines_unique_whoever_writes(ground, later):
    ground.give(10)
    ground.sell(12_000)
    later()
    [statement] = ground.state()
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        HostStatement.objects.update(share_minor=1)
    line = statement.lines.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        HostStatementLine.objects.create(
            statement=statement, host=line.host, record=line.record, percent=1, share_minor=1
        )


def test_the_host_is_invited_and_told_of_each_statement(ground, later):
    ground.give(10)
    ground.sell(12_000)
    later()
    ground.state()
    deliver()
    to_host = [message for message in mail.outbox if message.to == ["harbor@example.org"]]
    assert len(to_host) == 2
    assert "/host/" in to_host[0].body
    assert "0.50" in to_host[1].body


# --- payouts ---------------------------------------------------------------------------------


@pytest.fixture
def owed(ground, later):
    """Ten percent of a sale stand to the host's good, and the month is over."""
    ground.give(10)
    ground.sell(24_000)
    later()
    ground.state()
    return ground


def sent(owed):
    return owed.stand_in.client().v1.transfers.list({"limit": 100}).data


def test_nobody_is_paid_before_they_have_said_where_their_money_goes(owed):
    with pytest.raises(paying_hosts.NotPayable):
        paying_hosts.pay_host(host=owed.host, actor=owed.boss)
    assert sent(owed) == []


def test_what_is_owed_is_sent_once_and_the_books_say_so(owed):
    host = owed.set_up()
    payout = paying_hosts.pay_host(host=host, actor=owed.boss)
    assert (payout.status, payout.amount_minor) == (HostPayout.Status.PAID, 100)
    [transfer] = sent(owed)
    assert (transfer.amount, transfer.destination) == (100, host.provider_ref)
    assert owed_to_host(host, "EUR") == 0
    assert selectors.owed_minor("cash:stripe", "EUR") == 1200 - 100
    with pytest.raises(paying_hosts.NothingDue):
        paying_hosts.pay_host(host=host, actor=owed.boss)


def test_what_was_sent_to_a_host_is_no_discrepancy(owed):
    paying_hosts.pay_host(host=owed.set_up())
    reconcile(owed.story)
    assert kinds(owed.story) == []


def test_a_lost_answer_is_looked_for_and_nothing_is_sent_twice(owed):
    host = owed.set_up()
    owed.stand_in.pull("faults", seed=1, only="POST /v1/transfers", drop_after=1)
    payout = paying_hosts.pay_host(host=host)
    assert payout.status == HostPayout.Status.CREATED
    owed.stand_in.pull("faults")
    settle_payments(in_flight=timedelta(0))
    payout.refresh_from_db()
    assert payout.status == HostPayout.Status.PAID
    assert len(sent(owed)) == 1
    assert owed_to_host(host, "EUR") == 0


def test_a_transfer_that_was_not_made_stays_owed_and_may_be_tried_again(owed):
    host = owed.set_up()
    owed.stand_in.pull("faults", seed=1, only="POST /v1/transfers", drop_before=1)
    paying_hosts.pay_host(host=host)
    owed.stand_in.pull("faults")
    settle_payments(in_flight=timedelta(0))
    assert HostPayout.objects.get().status == HostPayout.Status.FAILED
    assert owed_to_host(host, "EUR") == 100
    assert paying_hosts.pay_host(host=host).status == HostPayout.Status.PAID
    assert len(sent(owed)) == 1


def test_an_empty_balance_says_so_and_nothing_is_lost(owed, monkeypatch):
    host = owed.set_up()
    monkeypatch.setattr(paying_hosts, "owed_to_host", lambda host, currency: 999_999)
    payout = paying_hosts.pay_host(host=host)
    assert (payout.status, payout.failure_code) == (HostPayout.Status.FAILED, "balance_insufficient")
    assert owed_to_host(host, "EUR") == 100


def test_a_lost_answer_makes_no_second_account(ground):
    ground.stand_in.pull("faults", seed=1, only="POST /v1/accounts", drop_after=1)
    with pytest.raises(OutcomeUnknown):
        paying_hosts.setup_address(host=ground.host)
    ground.stand_in.pull("faults")
    paying_hosts.setup_address(host=ground.host)
    assert len(provider().client.v1.accounts.list({"limit": 100}).data) == 1
    assert ProviderOperation.objects.filter(kind="payee").count() == 2


# --- pages -----------------------------------------------------------------------------------


def test_the_host_sees_by_the_link_what_is_theirs_and_sets_up_payouts(owed, client):
    page = paying_hosts.host_page(owed.host).partition("8000")[2] or reverse("payments:host_page", args=["x"])
    assert b"November 2026" in client.get(page).content
    away = client.post(f"{page}setup/")
    owed.stand_in.post(away["Location"])
    assert b"Payouts are set up" in client.get(f"{page}?back=1").content
    assert client.get(f"{page[:-4]}abc/").status_code == 404


def test_an_operator_pays_by_a_click_and_takes_the_statement_along(owed, client):
    host = owed.set_up()
    client.force_login(owed.boss)
    answer = client.post(reverse("payments:host_pay", args=[host.public_id]), follow=True)
    assert "1.00 is paid out" in answer.content.decode()
    [statement] = host.statements.all()
    table = client.get(reverse("payments:statement", args=[statement.public_id]), {"format": "csv"}).content
    assert table.decode().splitlines()[1].endswith(",10.00,1.00,EUR")


def test_whoever_may_only_look_cannot_pay(owed, client):
    client.force_login(MembershipFactory(organization=owed.organization, role="viewer").user)
    assert client.post(reverse("payments:host_pay", args=[owed.host.public_id])).status_code == 403


# --- on paper --------------------------------------------------------------------------------


def words_of(pdf):
    assert pdf.startswith(b"%PDF-")
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_a_statement_is_taken_along_as_pdf_with_every_record_and_the_share(ground, client, later):
    ground.give(10)
    ground.sell(12_000)
    later()
    (statement,) = ground.state()
    client.force_login(ground.boss)
    answer = client.get(reverse("payments:statement", args=[statement.public_id]), {"format": "pdf"})
    assert answer["Content-Type"] == "application/pdf"
    told = words_of(answer.content)
    for words in ("Statement, November 2026", "Harbor", "12 kWh · 10 % of €5.00", "Your share €0.50"):
        assert words in told
    page = client.get(reverse("payments:statement", args=[statement.public_id])).content.decode()
    assert "?format=pdf" in page


def test_the_mail_to_the_host_leads_to_the_pdf_without_an_account(ground, client, later):
    ground.give(10)
    ground.sell(12_000)
    later()
    ground.state()
    deliver()
    body = mail.outbox[-1].body
    (address,) = [line for line in body.splitlines() if line.endswith(".pdf")]
    assert "Your share" in words_of(client.get(urlsplit(address).path).content)


def test_a_statement_of_another_host_is_not_behind_ones_own_link(ground, client, later):
    ground.give(10)
    ground.sell(12_000)
    later()
    (statement,) = ground.state()
    stranger = ground.add("Mall", "mall@example.org")
    token = paying_hosts.host_page(stranger).rstrip("/").split("/")[-1]
    answer = client.get(reverse("payments:host_statement_pdf", args=[token, statement.public_id]))
    assert answer.status_code == 404

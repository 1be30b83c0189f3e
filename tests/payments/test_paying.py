"""How drivers pay: by card, on accounts only, or not at all; and that the provider is left alone then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import AuditEntry, Membership
from core import clock
from payments.authorization import LIMIT_USED_UP, NO_ACCOUNT, account_can_pay
from payments.models import CompanyAccount, Payment, PaymentWay, PostingLine, ProviderOperation
from payments.selectors import unpaid_debts
from payments.selectors.paying import way_of
from payments.services.billing import bill_session
from payments.services.checkout import NotByCard, NothingToPay, begin_checkout, pay_at_once
from payments.services.collecting import collect
from payments.services.company_charges import account_for
from payments.services.company_invoices import issue_invoice
from payments.services.holding import hold_for_session
from payments.services.paying import set_way
from payments.services.pricing import live_cost, tariff_for
from payments.services.reconciliation import ask_due_reconciliations
from payments.services.recovery import settle_payments
from stations.models import ChargingSession, ChargingStation
from tests.factories import MembershipFactory, TokenFactory, UserFactory
from tests.payments.fleet import a_company, an_issuer
from tests.payments.stories import NOON
from tests.payments.test_authorization import question, with_card
from tests.payments.test_company_accounts import join
from tests.payments.test_races import at_once

pytestmark = pytest.mark.django_db
LONG_AGO = NOON - timedelta(days=100)


@pytest.fixture
def no_provider(monkeypatch, settings):
    """No key, and whoever asks the provider anything is found out."""
    settings.STRIPE_SECRET_KEY = ""

    def nobody():
        raise AssertionError("the provider was asked")

    for room in ("checkout", "cards", "payments", "looking", "recovery", "applying", "reconciliation"):
        monkeypatch.setattr(f"payments.services.{room}.provider", nobody)


def ways(story, way, since=LONG_AGO):
    return PaymentWay.objects.create(organization=story.evse.organization, way=way, since=since)


@pytest.fixture
def free(story, no_provider):
    return ways(story, "free")


@pytest.fixture
def internal(story, no_provider):
    return ways(story, "internal")


# --- nobody pays


def test_where_nobody_pays_no_tariff_holds_and_anybody_may_charge(story, free):
    assert tariff_for(story.evse) is None
    assert account_can_pay([question(story.evse, UserFactory())]) == [None]
    with pytest.raises(NothingToPay):
        begin_checkout(evse=story.evse)
    session = story.session(energy_wh=10_000)
    assert hold_for_session(session_id=session.pk) is None
    record = bill_session(session_id=session.pk)
    assert collect(session_id=session.pk) is None
    assert (record.total_gross, record.energy_wh, record.tariff) == (0, 10_000, None)
    assert not PostingLine.objects.exists()


def test_a_charge_keeps_its_price_when_the_owner_changes_the_way_meanwhile(story):
    session = story.session(energy_wh=10_000)
    ways(story, "free", NOON + timedelta(minutes=5))
    assert live_cost(session).total_gross == 5
    assert tariff_for(story.evse, NOON + timedelta(minutes=6)) is None
    ways(story, "card", NOON + timedelta(hours=1))
    assert tariff_for(story.evse, NOON + timedelta(hours=2)) == story.tariff


# --- on accounts only


def test_only_who_is_on_an_account_may_charge(story, internal, statements):
    token, other = TokenFactory(user=None), TokenFactory(user=None)
    company = a_company(story)
    join(company, id_token=token)
    stranger = with_card(UserFactory())
    asked = [
        question(story.evse, story.driver),
        question(story.evse, stranger),
        *(_of_token(story, one) for one in (token, other)),
    ]
    assert account_can_pay(asked) == [None, NO_ACCOUNT, None, NO_ACCOUNT]
    with statements(1):
        account_can_pay([asked[0]] * 20)


def _of_token(story, token):
    return replace(question(story.evse, None), id_token_id=token.pk)


def test_no_card_is_asked_before_during_or_after(story, internal):
    with_card(story.driver)
    with pytest.raises(NotByCard):
        begin_checkout(evse=story.evse)
    with pytest.raises(NotByCard):
        pay_at_once(evse=story.evse, driver=story.driver)
    session = story.session(status="active")
    assert hold_for_session(session_id=session.pk) is None
    over = {"status": "completed", "ended_at": NOON + timedelta(hours=1), "energy_wh": 10_000}
    ChargingSession.objects.filter(pk=session.pk).update(**over)
    bill_session(session_id=session.pk)
    with clock.at(clock.now() + timedelta(days=8)):
        assert collect(session_id=session.pk) is None
        assert unpaid_debts() == []
        assert not settle_payments().troubles
        assert ask_due_reconciliations() == 0
    assert not Payment.objects.exists()
    assert not ProviderOperation.objects.exists()


def test_a_charge_stands_on_the_companys_invoice_and_in_its_account(story, internal):
    an_issuer(story)
    company = a_company(story)
    record = bill_session(session_id=story.session(energy_wh=10_000).pk)
    assert record.company == company
    owed = PostingLine.objects.get(account=f"receivable:company.{company.pk}")
    assert owed.amount_minor == 500
    assert issue_invoice(company=company).gross_minor == 500


def test_beyond_the_limit_nobody_pays_with_a_card_instead(story, internal):
    company = a_company(story, monthly_limit_minor=100)
    with_card(story.driver)
    bill_session(session_id=story.session(energy_wh=10_000).pk)
    assert account_can_pay([question(story.evse, story.driver)]) == [LIMIT_USED_UP]
    running = story.session(status="active", token_uid="OTHER")
    assert account_for(running).company == company


# --- the setting


def test_the_owner_chooses_once_and_it_is_written_down(story):
    owner = MembershipFactory(organization=story.evse.organization).user
    organization = story.evse.organization
    assert way_of(organization.pk) == "card"
    assert not set_way(actor=owner, organization=organization, way="card")
    assert set_way(actor=owner, organization=organization, way="internal")
    assert way_of(organization.pk) == "internal"
    entry = AuditEntry.objects.get(action="organization.payment_way")
    assert entry.changes == {"before": "card", "after": "internal"}


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_choose_the_same_at_once_one_changes_it(story):
    owner = MembershipFactory(organization=story.evse.organization).user
    changed = at_once(8, lambda: set_way(actor=owner, organization=story.evse.organization, way="free"))
    assert changed.count(True) == 1
    assert PaymentWay.objects.count() == 1
    assert AuditEntry.objects.filter(action="organization.payment_way").count() == 1


@pytest.mark.parametrize(("role", "status"), [("owner", 302), ("finance", 403), ("viewer", 403)])
def test_only_an_owner_may_choose(client, story, role, status):
    client.force_login(MembershipFactory(organization=story.evse.organization, role=role).user)
    assert client.post(reverse("payments:paying"), {"way": "free"}).status_code == status
    assert way_of(story.evse.organization_id) == ("free" if role == "owner" else "card")


def test_an_unknown_way_changes_nothing(client, story):
    client.force_login(MembershipFactory(organization=story.evse.organization).user)
    client.post(reverse("payments:paying"), {"way": "barter"})
    assert not PaymentWay.objects.exists()


# --- what drivers read


@pytest.fixture
def stall(story):
    ChargingStation.objects.filter(pk=story.evse.station_id).update(is_connected=True)
    story.evse.connectors.update(status="available", status_at=clock.now())
    return reverse("scheduling:start", args=[story.evse.code])


def test_a_guest_reads_who_may_charge_here_and_cannot_pay(client, story, internal, stall):
    text = client.get(stall).content.decode()
    assert "takes no cards" in text
    assert "Sign in to charge" in text
    assert "Held on your card" not in text
    assert "Pay by card" not in text
    assert client.post(stall).status_code == 403


def test_who_is_on_an_account_starts_and_nothing_is_held(client, story, internal, stall):
    a_company(story)
    client.force_login(story.driver)
    text = client.get(stall).content.decode()
    assert "Goes on the account of Fjord Fleet" in text
    assert "Pay it myself" not in text
    client.post(stall)
    assert ChargingSession.objects.get().driver == story.driver


def test_who_is_on_none_is_told_whom_to_ask(client, story, internal, stall):
    client.force_login(with_card(UserFactory()))
    assert "You are on none of them" in client.get(stall).content.decode()
    assert client.post(stall).status_code == 403
    CompanyAccount.objects.all().delete()
    assert not ChargingSession.objects.exists()


def test_where_nobody_pays_a_guest_starts_at_once(client, story, free, stall):
    assert "Free of charge" in client.get(stall).content.decode()
    assert client.post(stall).status_code == 302
    assert ChargingSession.objects.count() == 1


def test_the_account_page_offers_no_cards_where_there_is_no_provider(client, story, no_provider):
    client.force_login(story.driver)
    assert "No payment cards are used here" in client.get(reverse("payments:cards_panel")).content.decode()
    assert client.post(reverse("payments:add_card")).status_code == 302
    assert not Membership.objects.filter(user=story.driver).exists()

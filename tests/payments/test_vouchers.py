"""Vouchers: guests charge on a company's account, as often and as long as the code says."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import AuditEntry
from core import clock
from payments.models import CompanyAccount, Payment, Voucher
from payments.services.billing import bill_session
from payments.services.holding import hold_for_session
from payments.services.vouchers import (
    NotValid,
    UsedUp,
    end_voucher,
    make_vouchers,
    start_with_voucher,
    vouchers_of,
)
from stations.models import ChargingSession, ChargingStation, StartAttempt
from stations.services.sessions import UNLIMITED, StationOffline
from tests.factories import EvseFactory, MembershipFactory, UserFactory
from tests.payments.fleet import a_company
from tests.payments.stories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def voucher(story):
    """One code for two charges, at a place whose charger is connected."""
    stations = ChargingStation.objects.filter(pk=story.evse.station_id)
    stations.update(is_connected=True, registration="accepted")
    story.evse.connectors.update(status="available", status_at=clock.now())
    return a_voucher(a_company(story, name="Hotel Nord"))


def a_voucher(company, charges_allowed=2):
    lasts = {"valid_until": clock.now() + timedelta(days=1), "charges_allowed": charges_allowed}
    (made,) = make_vouchers(actor=UserFactory(), company=company, count=1, cost_center="Guests", **lasts)
    return made


def redeem(story, code):
    return start_with_voucher(evse=story.evse, code=code, limits=UNLIMITED)


def let_go(session):
    ChargingSession.objects.filter(pk=session.pk).update(status="abandoned")


def test_a_guest_charges_on_the_account_without_a_card(story, voucher):
    session = redeem(story, voucher.code.lower())
    ChargingSession.objects.filter(pk=session.pk).update(
        status="completed", started_at=NOON, ended_at=NOON + timedelta(hours=1), energy_wh=20_000
    )
    assert hold_for_session(session_id=session.pk) is None
    record = bill_session(session_id=session.pk)
    assert (record.company.name, record.cost_center, record.session.driver) == ("Hotel Nord", "Guests", None)
    assert not Payment.objects.exists()


def test_a_code_starts_as_many_charges_as_it_says_and_those_that_came_to_nothing_do_not_count(story, voucher):
    let_go(redeem(story, voucher.code))
    for _ in range(2):
        session = redeem(story, voucher.code)
        ChargingSession.objects.filter(pk=session.pk).update(
            status="completed", started_at=NOON, ended_at=NOON + timedelta(hours=1)
        )
    assert vouchers_of(voucher.company).get().used == 2
    with pytest.raises(UsedUp):
        redeem(story, voucher.code)


def test_what_is_unknown_foreign_ended_or_late_is_not_valid(story, voucher):
    elsewhere = EvseFactory()
    with pytest.raises(NotValid):
        redeem(story, "NOSUCHCODE")
    with pytest.raises(NotValid):
        start_with_voucher(evse=elsewhere, code=voucher.code, limits=UNLIMITED)
    with pytest.raises(NotValid), clock.at(clock.now() + timedelta(days=2)):
        redeem(story, voucher.code)
    end_voucher(actor=UserFactory(), voucher=voucher)
    with pytest.raises(NotValid):
        redeem(story, voucher.code)
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"voucher.make", "voucher.end"}


def test_a_companys_limit_binds_its_guests_too(story, voucher):
    CompanyAccount.objects.update(monthly_limit_minor=1)
    session = redeem(story, voucher.code)
    ChargingSession.objects.filter(pk=session.pk).update(
        status="completed", started_at=NOON, ended_at=NOON + timedelta(hours=1), energy_wh=20_000
    )
    bill_session(session_id=session.pk)
    with pytest.raises(UsedUp):
        redeem(story, voucher.code)


def test_a_refused_start_uses_nothing_up_and_stays_on_record(story, voucher):
    ChargingStation.objects.update(is_connected=False)
    with pytest.raises(StationOffline):
        redeem(story, voucher.code)
    assert vouchers_of(voucher.company).get().used == 0
    assert StartAttempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_six_guests_with_one_code_at_six_stalls_start_one_charge(story, voucher):
    voucher = a_voucher(voucher.company, charges_allowed=1)
    stalls = [EvseFactory(station=story.evse.station, number=9000 + n) for n in range(6)]
    told = []

    def act(stall):
        try:
            start_with_voucher(evse=stall, code=voucher.code, limits=UNLIMITED)
            told.append("started")
        except UsedUp:
            told.append("used up")
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(stall,)) for stall in stalls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["started", *["used up"] * 5]


# --- pages -----------------------------------------------------------------------------------


def test_a_guest_types_the_code_on_the_stalls_page(client, story, voucher):
    page = reverse("scheduling:start", args=[story.evse.code])
    assert b"I have a voucher" in client.get(page).content
    wrong = client.post(page, {"with": "voucher", "voucher": "WRONG"})
    assert wrong.status_code == 422
    assert b"not valid here" in wrong.content
    response = client.post(page, {"with": "voucher", "voucher": f" {voucher.code} "})
    live = reverse("scheduling:live", args=[ChargingSession.objects.get().public_id])
    assert response["Location"].startswith(f"{live}?t=")
    assert client.get(response["Location"]).status_code == 200


def test_where_no_voucher_holds_nobody_is_asked_for_one(client, story, voucher):
    Voucher.objects.update(ended_at=clock.now())
    page = client.get(reverse("scheduling:start", args=[story.evse.code]))
    assert b"I have a voucher" not in page.content


def test_an_operator_makes_and_ends_codes(client, story, voucher):
    client.force_login(MembershipFactory(organization=voucher.organization).user)
    address = reverse("payments:company_vouchers", args=[voucher.company.public_id])
    form = {"count": "3", "charges_allowed": "1", "valid_until": "2099-12-31T12:00"}
    assert client.post(address, {**form, "valid_until": "2001-01-01T12:00"}).status_code == 422
    client.post(address, form)
    assert Voucher.objects.count() == 4
    one = reverse("payments:company", args=[voucher.company.public_id])
    assert voucher.code in client.get(one).content.decode()
    client.post(reverse("payments:company_voucher_end", args=[voucher.company.public_id, voucher.pk]))
    voucher.refresh_from_db()
    assert voucher.ended_at is not None

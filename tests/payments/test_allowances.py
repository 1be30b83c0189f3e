"""What charges on accounts may cost: by a voucher's limit of money, and by the company's month."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils.html import escape

from core import clock
from core.links import sign
from core.money import Money
from payments.models import CompanyAccount, CompanyCharge, Voucher
from payments.services.allowances import watch_allowances
from payments.services.billing import bill_session
from payments.services.company_charges import account_for
from payments.services.vouchers import UsedUp, make_vouchers, most_with_voucher, start_with_voucher
from scheduling.views.guards import LIVE_LINK
from stations.models import ChargingSession, ChargingStation, StationCommand
from stations.services.sessions import UNLIMITED
from tests.factories import EvseFactory, MembershipFactory, UserFactory
from tests.payments.fleet import a_company
from tests.payments.stories import NOON, deliver
from tests.payments.test_races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def hotel(story):
    ChargingStation.objects.filter(pk=story.evse.station_id).update(
        is_connected=True, registration="accepted"
    )
    story.evse.connectors.update(status="available", status_at=clock.now())
    return a_company(story, name="Hotel Nord")


def a_code(hotel, *, charges=3, **limits):
    lasts = {"valid_until": clock.now() + timedelta(days=1), "charges_allowed": charges}
    (made,) = make_vouchers(actor=UserFactory(), company=hotel, count=1, **lasts, **limits)
    return made


def redeem(story, voucher, evse=None):
    return start_with_voucher(evse=evse or story.evse, code=voucher.code, limits=UNLIMITED)


def goes_on(session, energy_wh, status="active"):
    """It has charged so much by half past noon; 0.50 per kWh."""
    ended = {"ended_at": NOON + timedelta(minutes=30)} if status == "completed" else {}
    ChargingSession.objects.filter(pk=session.pk).update(
        status=status,
        started_at=NOON,
        energy_wh=energy_wh,
        phase="charging",
        transaction_id=f"t{session.pk}",
        **ended,
    )


def bill(session, energy_wh):
    goes_on(session, energy_wh, "completed")
    return bill_session(session_id=session.pk)


def watch():
    with clock.at(NOON + timedelta(minutes=30)):
        return watch_allowances()


def stops():
    return StationCommand.objects.filter(kind="stop_session").count()


# --- how much a voucher lets


def test_a_voucher_without_a_limit_of_money_has_none(story, hotel):
    voucher = a_code(hotel)
    assert most_with_voucher(evse=story.evse, code=voucher.code) is None
    assert CompanyCharge.objects.get(session=redeem(story, voucher)).limit_minor is None


def test_each_charge_may_come_to_what_is_said_and_the_station_is_told(story, hotel):
    session = redeem(story, a_code(hotel, charge_limit_minor=800))
    assert CompanyCharge.objects.get(session=session).limit_minor == 800
    assert session.limits["cost"] in ("8", "8.00")


def test_all_charges_together_come_to_no_more_than_the_total(story, hotel):
    voucher = a_code(hotel, charge_limit_minor=800, total_limit_minor=1000)
    first = redeem(story, voucher)
    assert most_with_voucher(evse=story.evse, code=voucher.code) == Money.of_minor(200, "EUR")
    bill(first, 6_000)
    assert most_with_voucher(evse=story.evse, code=voucher.code) == Money.of_minor(700, "EUR")
    bill(redeem(story, voucher), 14_000)
    with pytest.raises(UsedUp):
        redeem(story, voucher)


def test_what_never_began_uses_nothing_up(story, hotel):
    voucher = a_code(hotel, total_limit_minor=1000)
    ChargingSession.objects.filter(pk=redeem(story, voucher).pk).update(status="abandoned")
    assert most_with_voucher(evse=story.evse, code=voucher.code) == Money.of_minor(1000, "EUR")


@pytest.mark.django_db(transaction=True)
def test_twenty_guests_at_once_are_never_granted_more_than_the_total(story, hotel):
    voucher = a_code(hotel, charges=20, charge_limit_minor=300, total_limit_minor=1000)
    stalls = iter([EvseFactory(station=story.evse.station, number=6000 + n) for n in range(20)])

    def start():
        try:
            return redeem(story, voucher, next(stalls))
        except UsedUp:
            return None

    started = [session for session in at_once(20, start) if session]
    granted = sorted(CompanyCharge.objects.values_list("limit_minor", flat=True))
    assert (len(started), granted) == (4, [100, 300, 300, 300])


# --- while it runs


def test_a_guest_is_warned_at_four_fifths_and_stopped_before_the_voucher_is_used_up(story, hotel, client):
    session = redeem(story, a_code(hotel, charge_limit_minor=1000))
    goes_on(session, 15_000)
    assert (watch(), CompanyCharge.objects.get().warned_at) == (0, None)
    goes_on(session, 16_400)
    assert [watch(), watch(), stops()] == [0, 0, 0]
    link = sign(LIVE_LINK, str(session.public_id))
    page = client.get(reverse("payments:live_cost", args=[session.public_id]), {"t": link}).content.decode()
    assert "The voucher pays up to" in page
    assert "Most of what the voucher pays is used" in page
    goes_on(session, 19_200)
    assert [watch(), watch(), stops()] == [1, 0, 1]


def test_a_running_charge_is_warned_and_stopped_before_it_crosses_the_companys_month(story, hotel, client):
    CompanyAccount.objects.filter(pk=hotel.pk).update(monthly_limit_minor=1000)
    session = story.session(status="active")
    account_for(session)
    goes_on(session, 15_000)
    assert (watch(), CompanyCharge.objects.get().warned_at) == (0, None)
    goes_on(session, 16_400)
    assert [watch(), watch(), stops()] == [0, 0, 0]
    deliver()
    [warning] = mail.outbox
    assert (warning.to, "Hotel Nord" in warning.subject) == ([story.driver.email], True)
    client.force_login(story.driver)
    page = client.get(reverse("payments:live_cost", args=[session.public_id])).content.decode()
    assert "left for this month on the account of Hotel Nord" in page
    goes_on(session, 19_200)
    assert [watch(), watch(), stops()] == [1, 0, 1]


def test_charges_of_one_company_share_what_is_left_of_its_month(story, hotel):
    CompanyAccount.objects.filter(pk=hotel.pk).update(monthly_limit_minor=1000)
    beside = EvseFactory(station=story.evse.station, number=6000)
    both = [story.session(status="active", evse=evse) for evse in (story.evse, beside)]
    for session in both:
        account_for(session)
        goes_on(session, 9_600)
    assert (watch(), stops()) == (2, 2)


def test_another_companys_charges_and_those_without_a_limit_run_on(story, hotel):
    session = story.session(status="active")
    assert account_for(session).company == hotel
    goes_on(session, 900_000)
    assert (watch(), stops()) == (0, 0)


# --- pages


def test_what_the_voucher_pays_is_said_before_the_start(story, hotel, client):
    voucher = a_code(hotel, charge_limit_minor=800)
    page = reverse("scheduling:start", args=[story.evse.code])
    said = client.post(page, {"with": "voucher", "voucher": voucher.code})
    assert "This voucher pays up to €8.00" in said.content.decode()
    assert not ChargingSession.objects.exists()
    other = client.post(page, {"with": "voucher", "voucher": voucher.code, "most": "900"})
    assert (other.status_code, ChargingSession.objects.exists()) == (200, False)
    client.post(page, {"with": "voucher", "voucher": voucher.code, "most": "800"})
    assert CompanyCharge.objects.get().limit_minor == 800


def test_an_operator_makes_codes_with_limits_and_reads_them(story, hotel, client):
    client.force_login(MembershipFactory(organization=hotel.organization).user)
    address = reverse("payments:company_vouchers", args=[hotel.public_id])
    form = {"count": "1", "charges_allowed": "2", "valid_until": "2099-12-31T12:00"}
    assert client.post(address, {**form, "charge_limit": "0"}).status_code == 422
    client.post(address, {**form, "charge_limit": "8,50", "total_limit": "15"})
    made = Voucher.objects.get()
    assert (made.charge_limit_minor, made.total_limit_minor) == (850, 1500)
    page = client.get(reverse("payments:company", args=[hotel.public_id])).content.decode()
    assert "at most €8.50 per charge" in page
    assert "at most €15.00 in all" in page


def test_a_member_reads_what_is_left_of_the_month_before_she_starts(story, hotel, client):
    CompanyAccount.objects.filter(pk=hotel.pk).update(monthly_limit_minor=1000)
    client.force_login(story.driver)
    page = client.get(reverse("scheduling:start", args=[story.evse.code])).content.decode()
    assert escape("€10.00 are left there for this month") in page

"""The demo's money pages are filled by the services, once, from people who really come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from psycopg.types.range import TimestamptzRange

from core import clock
from demo import office
from demo.absent import book_in_vain
from demo.cards import ensure_card
from demo.cast import ABSENT_FOR, BILLED_WITHIN, choose_cast
from demo.customers import HOTEL, ensure_balances, ensure_customers
from demo.last_month import live_last_month, month_before
from demo.town import VISITOR, driver_of, operator_of_town, provision
from payments.models import (
    ClosedMonth,
    Dispute,
    HostStatement,
    Invoice,
    Payment,
    PaymentMethod,
    Refund,
    TariffAssignment,
)
from payments.selectors.balances import balances_in
from payments.selectors.companies import companies_of
from payments.selectors.groups import groups_of
from payments.services.billing import bill_session
from payments.services.collecting import collect
from payments.services.holding import hold_for_session
from payments.services.pricing import driver_as_payer, energy_price, tariff_for
from payments.services.vouchers import shown_vouchers
from scheduling.selectors.fees import fees_of
from scheduling.services import arrivals
from simulator.stations.demand import plan_day
from simulator.stations.town import load_town
from stations.models import ChargingSession, ChargingStation, Evse
from tests.factories import SessionFactory
from tests.payments.stories import deliver

TOWN = load_town()
BEGIN = datetime(2026, 3, 3, 12, tzinfo=UTC)
END = BEGIN + timedelta(days=1)


def cast():
    arrivals = [one for day in (3, 4) for one in plan_day(TOWN, date(2026, 3, day), 7)]
    return choose_cast(arrivals, town=TOWN, begin=BEGIN, end=END), arrivals


def test_who_is_chosen_comes_and_has_left_in_the_day_that_is_played():
    chosen, arrivals = cast()
    over = [one for one in arrivals if one.at > BEGIN and one.departs_at < END - BILLED_WITHIN]
    assert {one.key for one in chosen.staff} <= {one.driver.key for one in over if one.by == "rfid"}
    assert [one.by for one in arrivals if one.driver == chosen.doubter] == ["app"]
    assert chosen.doubter in [one.driver for one in over]
    assert len(set(chosen.staff)) == 2
    assert len(set(chosen.residents)) == 5


def test_a_day_on_which_nobody_comes_has_members_and_no_dispute():
    chosen = choose_cast([], town=TOWN, begin=BEGIN, end=END)
    assert chosen.doubter is None
    assert (len(chosen.staff), len(chosen.residents)) == (2, 5)


@pytest.fixture
def demo_town(db, stand_in):
    organization = provision(TOWN, since=BEGIN).organization
    chosen, _arrivals = cast()
    for _ in range(2):  # the demo is started again on the same state
        actor = operator_of_town()
        ensure_customers(organization=organization, actor=actor, cast=chosen, since=BEGIN)
    return organization, chosen


def charge(driver):
    """A charge by card tap that is over, billed, and paid if a card pays."""
    evse = Evse.objects.filter(station__location__slug="market-street", sessions=None).first()
    session = SessionFactory(
        evse=evse, driver=driver, started_at=BEGIN + timedelta(hours=2), energy_wh=20_000, meter_end_wh=21_000
    )
    with clock.at(BEGIN + timedelta(hours=3)):
        hold_for_session(session_id=session.pk)
        ended = {"status": "completed", "ended_at": clock.now()}
        ChargingSession.objects.filter(pk=session.pk).update(**ended)
        bill_session(session_id=session.pk)
        collect(session_id=session.pk)
    return session


def test_the_operator_finds_a_hotel_with_members_and_vouchers_and_a_group(demo_town):
    organization, _chosen = demo_town
    (hotel,) = companies_of(organization)
    assert (hotel.name, hotel.members.count()) == (HOTEL, 2)
    assert [(one.per_charge.minor, one.in_all.minor) for one in shown_vouchers(hotel)] == [(1500, 10_000)] * 3
    assert [(group.name, group.count) for group in groups_of(organization)] == [("Residents", 5)]
    assert {host.is_own for host in organization.site_hosts.all()} == {True, False}


def test_two_who_tap_their_cards_keep_a_balance_and_top_up_once(demo_town):
    organization, chosen = demo_town
    for _start in range(2):
        ensure_balances(organization=organization, savers=chosen.savers, since=BEGIN)
    assert not {one.key for one in chosen.savers} & {one.key for one in chosen.staff}
    assert [one.paid_in.minor for one in balances_in(organization)] == [5000, 5000]
    assert set(Payment.objects.values_list("status", "captured_at")) == {("captured", BEGIN)}


def test_residents_pay_less_at_home_from_the_beginning_of_the_day(demo_town):
    _organization, chosen = demo_town
    evse = Evse.objects.filter(station__location__slug="northfield").first()
    payer = driver_as_payer(driver_of(chosen.residents[0]))
    assert energy_price(tariff_for(evse, BEGIN, payer)) == Decimal("0.29")
    assert energy_price(tariff_for(evse, BEGIN)) == Decimal("0.41")


def test_after_a_day_with_charges_there_are_one_invoice_one_refund_and_one_dispute(demo_town):
    organization, chosen = demo_town
    office.close_day(organization=organization, actor=operator_of_town(), doubter=None)
    assert not Refund.objects.exists()  # nobody has charged yet
    assert not Invoice.objects.exists()
    doubter = office.arm_bank(organization=organization, driver=chosen.doubter)
    hers = driver_of(VISITOR)
    ensure_card(hers)
    for driver in (driver_of(chosen.staff[0]), hers, doubter):
        charge(driver)
    for again in (doubter, office.arm_bank(organization=organization, driver=chosen.doubter)):
        office.close_day(organization=organization, actor=operator_of_town(), doubter=again)
    invoice = Invoice.objects.get(company__isnull=False)
    assert (invoice.customer["legal_name"], invoice.text[:5]) == (HOTEL, "FJB-I")
    assert invoice.gross_minor == 930  # 20 kWh at 0.44, and the start fee of 0.50
    refund = Refund.objects.get()
    assert (refund.payment.account.user, refund.amount_minor, refund.status) == (hers, 200, "succeeded")
    dispute = Dispute.objects.get()
    assert (dispute.payment.account.user, dispute.status) == (doubter, "needs_response")
    assert PaymentMethod.objects.get(account__user=doubter, is_default=True).last4 == "4242"


# --- who did not come, and the month before --------------------------------------------------


def evses():
    found = Evse.objects.select_related("station__location")
    return {(one.station.identity, one.number): one for one in found}


def test_whoever_is_absent_does_not_come_while_a_stall_is_kept_for_them():
    chosen, arrivals = cast()
    soon = {one.driver for one in arrivals if BEGIN < one.at < BEGIN + ABSENT_FOR}
    assert len(set(chosen.absent)) == 2
    assert not soon & set(chosen.absent)


def test_two_do_not_come_one_pays_and_one_is_let_off_once(demo_town):
    organization, chosen = demo_town
    ChargingStation.objects.update(is_connected=True)
    for driver in chosen.absent:
        ensure_card(driver_of(driver))
    booked = book_in_vain(chosen.absent, cast()[1], evses(), at=BEGIN)
    assert len(booked) == 2
    with clock.at(max(one.during.lower for one in booked) + timedelta(minutes=16)):
        arrivals.miss_due()
        deliver()
        for _ in range(2):
            office.close_day(organization=organization, actor=operator_of_town(), doubter=None)
    fees = [fees_of(one) for one in booked]
    assert [(one.kept.waived_at is not None, one.paid.minor) for one in fees] == [(True, 0), (False, 500)]


def test_the_month_before_is_over_wherever_the_day_lies():
    zone = TOWN.zone
    assert month_before(datetime(2026, 3, 3, 12, tzinfo=UTC), zone).starts_at.date() == date(2026, 2, 1)
    first = month_before(datetime(2026, 1, 1, 0, 30, tzinfo=UTC), zone)
    assert (first.starts_at.date(), first.ends_at.date()) == (date(2025, 12, 1), date(2026, 1, 1))


def test_the_month_before_is_closed_with_an_invoice_and_statements(demo_town, tmp_path):
    organization, chosen = demo_town
    month = month_before(BEGIN, TOWN.zone)
    TariffAssignment.objects.update(during=TimestamptzRange(month.starts_at, None))
    live_last_month(
        month,
        town=TOWN,
        staff=chosen.staff * 3,
        whose=organization,
        actor=operator_of_town(),
        state=tmp_path / "stations.json",
    )
    closed = ClosedMonth.objects.get(organization=organization)
    assert closed.month == date(2026, 2, 1)
    invoice = Invoice.objects.get(company__name=HOTEL)
    assert (invoice.month, invoice.issued_on.month) == (date(2026, 2, 1), 3)
    assert HostStatement.objects.filter(organization=organization, month=closed.month).exists()
    assert not ChargingSession.objects.exclude(status="completed").exists()

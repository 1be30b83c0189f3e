"""What keeping a stall costs: agreed with the booking, paid by who comes, and by who does not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse

from core import clock
from payments import selectors
from payments.models import (
    ChargeDetailRecord,
    Invoice,
    KeptStall,
    Payment,
)
from payments.rating.plain import PlainTariff, fields_of
from payments.selectors.driver_months import driver_month
from payments.services import collecting, debts, reserving
from payments.services.billing import bill_session
from payments.services.correcting import correct_session
from payments.services.corrections import Wanted
from payments.services.receipts import receipt_of
from payments.services.recovery import settle_payments
from payments.services.tariffs import assign_tariff, revise_tariff
from payments.services.waiving import waive_fee
from scheduling.services import arrivals, fulfilling, operating, reservations
from scheduling.services.reservations import NoWayToPay
from scheduling.services.warning import lose
from scheduling.times import ceil_to_step
from stations.models import ChargingStation
from tests.factories import MembershipFactory, SessionFactory
from tests.payments.fees import (
    FEES,
    HOUR,
    MINUTE,
    book,
    boss,
    came,
    connect,
    hold,
    kept_of,
    miss,
    owed,
    price,
    town,
)
from tests.payments.stories import deliver, pay_on_page, taken_minor

__all__ = ["boss", "town"]

pytestmark = pytest.mark.django_db


def test_the_price_is_frozen_with_the_booking(town):
    booked = book(town)
    kept = kept_of(booked)
    assert (kept.tariff, kept.number, kept.outcome) == (town.tariff, booked.number, "open")
    assert kept.tariff.used_at is not None
    assert booked.quote["terms"]["missed_fee"] == "5.00"
    assert kept.free_until == booked.during.lower


def test_a_booking_that_may_cost_something_needs_a_way_to_pay(story):
    price(story)
    with pytest.raises(NoWayToPay):
        book(story)
    assert not KeptStall.objects.exists()


def test_a_booking_without_fees_needs_none_and_is_missed_for_nothing(story):
    connect(story)
    booked = book(story)
    miss(booked)
    assert kept_of(booked).outcome == "free"
    assert not ChargeDetailRecord.objects.exists()


def test_who_does_not_come_pays_has_a_receipt_and_the_books_agree(town, stand_in):
    booked = book(town)
    miss(booked)
    record = ChargeDetailRecord.objects.get()
    assert (record.session, record.kept, record.total_gross) == (None, kept_of(booked), 5)
    assert record.periods[0]["dimensions"] == [{"type": "RESERVATION_TIME", "volume": "0.250000"}]
    assert (taken_minor(stand_in), owed(town)) == (500, 0)
    assert Payment.objects.get().cdr == record
    assert Invoice.objects.get(cdr=record).gross_minor == 500
    (receipt,) = [one for one in mail.outbox if "receipt" in one.subject.lower()]
    assert "Fee for not coming" in receipt.body
    assert "You charged" not in receipt.body


def test_missing_twice_and_twenty_at_once_is_one_record_and_one_charge(town, stand_in):
    booked = book(town)
    miss(booked)
    assert not reserving.miss(public_id=booked.public_id)
    for _ in range(20):
        reserving.settle(kept_id=kept_of(booked).pk)
        collecting.collect_kept(kept_id=kept_of(booked).pk)
    assert ChargeDetailRecord.objects.count() == 1
    assert taken_minor(stand_in) == 500


def test_per_hour_the_time_that_it_was_kept_is_paid_too(town):
    price(town, **FEES)
    miss(book(town))
    assert ChargeDetailRecord.objects.get().total_gross == Decimal("6.00")


def test_the_fee_is_the_one_that_was_agreed(town):
    booked = book(town)
    dearer = fields_of(PlainTariff(vat=Decimal(20), per_kwh=Decimal(1), missed_fee=Decimal(50)), "EUR")
    revised = revise_tariff(tariff=town.tariff, elements=dearer["elements"])
    assign_tariff(tariff=revised)
    miss(booked)
    record = ChargeDetailRecord.objects.get()
    assert (record.total_gross, record.tariff) == (5, town.tariff)


@pytest.mark.parametrize("excuse", ["offline", "lost", "occupied"])
def test_nobody_pays_for_a_stall_that_could_not_be_used(town, stand_in, excuse):
    booked = book(town)
    if excuse == "offline":
        ChargingStation.objects.update(is_connected=False)
    elif excuse == "lost":
        lose(booked)
    else:
        SessionFactory(evse=town.evse, status="active", started_at=booked.during.lower - HOUR)
    miss(booked)
    kept = kept_of(booked)
    assert (kept.outcome, kept.excuse) == ("excused", excuse)
    assert not ChargeDetailRecord.objects.exists()
    assert taken_minor(stand_in) == 0


def test_a_card_that_declines_leaves_a_debt_with_a_link(town, stand_in):
    town.give_card("pm_card_chargeCustomerFail")
    booked = book(town)
    miss(booked)
    with clock.at(booked.during.lower + 2 * HOUR):
        settle_payments()
        (debt,) = selectors.unpaid_debts()
    assert (debt.missing.minor, debt.record.kept) == (500, kept_of(booked))
    assert owed(town) == 500


def test_the_link_of_the_debt_says_what_it_is_for_and_any_card_pays_it(town, stand_in, client):
    town.give_card("pm_card_chargeCustomerFail")
    miss(book(town))
    record = ChargeDetailRecord.objects.get()
    path = debts.debt_path(record)
    assert "This booking is not paid" in client.get(path).content.decode()
    token = path.rstrip("/").split("/")[-1]
    asked = client.post(reverse("payments:owed_pay", args=[token]))
    pay_on_page(stand_in, asked["Location"])
    assert "This booking is paid" in client.get(path).content.decode()
    assert (taken_minor(stand_in), owed(town)) == (500, 0)


def test_it_stands_in_the_drivers_month_and_in_the_api(town, client):
    booked = book(town)
    miss(booked)
    record = ChargeDetailRecord.objects.get()
    (account,) = driver_month(town.driver, record.issued_at.date().replace(day=1))
    assert (account.billed.minor, account.paid.minor) == (500, 500)
    client.force_login(town.driver)
    (told,) = client.get("/api/v1/cdrs/").json()["results"]
    assert (told["session_id"], told["reservation_id"]) == (None, str(booked.public_id))
    assert told["total_reservation_cost"] == "4.17"


def test_a_lost_piece_of_news_is_found_by_the_sweep(town, stand_in):
    booked = book(town)
    with clock.at(booked.during.lower + 16 * MINUTE):
        arrivals.miss_due()
    with clock.at(booked.during.lower + 30 * MINUTE):
        assert settle_payments().counts["kept"] == 1
        settle_payments(in_flight=timedelta(0))
    assert ChargeDetailRecord.objects.get().kept == kept_of(booked)
    deliver()
    assert taken_minor(stand_in) == 500


def test_a_record_is_of_a_session_or_of_a_kept_stall_never_of_both(town):
    booked = book(town)
    miss(booked)
    record = ChargeDetailRecord.objects.get()
    record.pk, record.public_id = None, None
    record.session = town.session()
    with pytest.raises(IntegrityError), transaction.atomic():
        ChargeDetailRecord.objects.bulk_create([record])


def test_giving_up_is_free_until_the_start_and_costs_the_fee_afterwards(town, stand_in):
    early, late = book(town), book(town, ahead=3 * HOUR)
    with clock.at(early.during.lower - MINUTE):
        reservations.cancel(reservation=early, canceled_by=town.driver)
        deliver()
    assert (kept_of(early).outcome, ChargeDetailRecord.objects.count()) == ("free", 0)
    with clock.at(late.during.lower + MINUTE):
        reservations.cancel(reservation=late, canceled_by=town.driver)
        deliver()
    assert kept_of(late).outcome == "given_up"
    assert taken_minor(stand_in) == 500


def test_who_books_a_quarter_that_has_begun_has_five_minutes_for_second_thoughts(town):
    begun = ceil_to_step(clock.now())
    with clock.at(begun + 2 * MINUTE):
        booked = book(town, ahead=-10 * MINUTE)
    assert booked.during.lower == begun
    assert timedelta(0) <= kept_of(booked).free_until - begun - 7 * MINUTE < MINUTE


def test_an_operators_cancellation_costs_the_driver_nothing(town, stand_in):
    booked = book(town)
    boss = MembershipFactory(organization=town.evse.organization, role="owner").user
    with clock.at(booked.during.lower + MINUTE):
        operating.cancel_for_driver(reservation=booked, canceled_by=boss, reason="works")
        deliver()
    assert (kept_of(booked).outcome, kept_of(booked).excuse) == ("excused", "operator")
    assert taken_minor(stand_in) == 0


def test_who_comes_pays_the_reservation_with_the_charge(town, stand_in):
    price(town, **FEES)
    booked = book(town)
    record = came(town, booked, after=6 * MINUTE)
    told = {one.what: one.line.gross for one in receipt_of(record).lines}
    assert told == {"Energy": Decimal("5.00"), "Reservation fee": 2, "Reserved time": Decimal("0.40")}
    assert record.total_gross == Decimal("7.40")
    assert (taken_minor(stand_in), owed(town)) == (740, 0)
    assert kept_of(booked).outcome == "used"


def test_who_comes_pays_nothing_for_not_coming(town):
    assert came(town, book(town)).total_gross == 5


def test_rating_a_charge_anew_keeps_what_its_reservation_cost(town):
    price(town, **FEES)
    record = came(town, book(town))
    boss = MembershipFactory(organization=town.evse.organization, role="owner").user
    again = correct_session(session=record.session, by=boss, reason="meter", wanted=Wanted(energy_wh=4000))
    assert again.total_gross == Decimal("4.00")


def billed_before_it_was_noticed(story, booked, *, energy_wh=10_000):
    """The charge is over and billed, and only then the news arrives that it used a booking."""
    start = booked.during.lower
    with clock.at(start + 31 * MINUTE):
        session = SessionFactory(
            evse=story.evse,
            driver=story.driver,
            status="completed",
            started_at=start,
            ended_at=start + 30 * MINUTE,
            meter_start_wh=0,
            meter_end_wh=energy_wh,
            energy_wh=energy_wh,
            phase="charging",
        )
        record = bill_session(session_id=session.pk)
        assert fulfilling.fulfill(session_id=session.pk) == booked
        deliver()
    return record


def test_a_charge_that_was_billed_before_its_booking_was_noticed_leaves_the_fee_to_the_booking(
    town, stand_in
):
    price(town, **FEES)
    booked = book(town)
    charge = billed_before_it_was_noticed(town, booked)
    of_booking = ChargeDetailRecord.objects.get(kept=kept_of(booked))
    assert (charge.total_gross, of_booking.total_gross) == (5, 2)
    assert [one.what for one in receipt_of(of_booking).lines] == ["Reservation fee"]
    assert (kept_of(booked).outcome, taken_minor(stand_in), owed(town)) == ("used", 700, 0)


def test_its_hold_pays_the_booking_and_nothing_is_left_held(town, stand_in):
    price(town, **FEES)
    booked = book(town)
    assert hold(booked) == 1
    billed_before_it_was_noticed(town, booked)
    assert sorted(Payment.objects.values_list("status", "captured_minor")) == [
        ("captured", 200),
        ("captured", 500),
    ]


def test_heard_again_and_swept_it_is_billed_once(town, stand_in):
    price(town, **FEES)
    booked = book(town)
    session = billed_before_it_was_noticed(town, booked).session
    fulfilling.fulfill(session_id=session.pk)
    reserving.settle(kept_id=kept_of(booked).pk)
    settle_payments(in_flight=timedelta(0))
    deliver()
    assert ChargeDetailRecord.objects.count() == 2
    assert taken_minor(stand_in) == 700


def test_a_late_booking_without_a_fee_for_who_comes_makes_no_record(town):
    booked = book(town)
    billed_before_it_was_noticed(town, booked)
    assert not ChargeDetailRecord.objects.filter(kept=kept_of(booked)).exists()


def test_a_fee_that_was_waived_before_is_not_billed_late(town, boss):
    price(town, **FEES)
    booked = book(town)
    waive_fee(kept=kept_of(booked), by=boss, reason="Snow")
    billed_before_it_was_noticed(town, booked)
    assert not ChargeDetailRecord.objects.filter(kept=kept_of(booked)).exists()


def test_a_fee_billed_late_is_waived_where_it_stands(town, boss, stand_in):
    price(town, **FEES)
    booked = book(town)
    billed_before_it_was_noticed(town, booked)
    assert waive_fee(kept=kept_of(booked), by=boss, reason="Snow").total_gross == 0
    deliver()
    assert sum(Payment.objects.values_list("refunded_minor", flat=True)) == 200
    assert owed(town) == 0


def test_the_driver_and_the_operator_read_what_the_booking_cost(town, boss, client):
    price(town, **FEES)
    booked = book(town)
    billed_before_it_was_noticed(town, booked)
    client.force_login(town.driver)
    page = client.get(reverse("scheduling:booking", args=[booked.public_id])).content.decode()
    assert "on a receipt of its own" in page
    assert reverse("payments:receipt", args=[booked.public_id]) in page
    client.force_login(boss)
    page = client.get(reverse("scheduling:operator_booking", args=[booked.public_id])).content.decode()
    assert reverse("payments:receipt", args=[booked.public_id]) in page


def test_a_late_cancel_is_announced_with_what_it_costs_at_that_moment(town, client):
    price(town, **FEES)
    booked = book(town)
    client.force_login(town.driver)
    page = reverse("scheduling:booking", args=[booked.public_id])
    with clock.at(booked.during.lower + 6 * MINUTE):
        told = client.get(page).content.decode()
        assert "canceling costs €5.40 now, and more with each minute, up to €6.00" in told
        answer = client.post(reverse("scheduling:cancel_booking", args=[booked.public_id]), follow=True)
        assert "It costs €5.40; the receipt comes by mail." in answer.content.decode()
        deliver()
    assert ChargeDetailRecord.objects.get(kept=kept_of(booked)).total_gross == Decimal("5.40")


def test_without_a_price_per_hour_a_late_cancel_costs_what_not_coming_does(town, client):
    booked = book(town)
    client.force_login(town.driver)
    with clock.at(booked.during.lower + 6 * MINUTE):
        told = client.get(reverse("scheduling:booking", args=[booked.public_id])).content.decode()
    assert "canceling costs €5.00, as not coming does" in told

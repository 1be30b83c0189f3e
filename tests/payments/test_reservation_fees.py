"""What keeping a stall costs: agreed, paid with the charge, charged when nobody came, waived, given back."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import AuditEntry
from core import clock
from payments import selectors
from payments.models import (
    ChargeDetailRecord,
    HostStatementLine,
    Invoice,
    KeptStall,
    Payment,
    PostingLine,
)
from payments.rating.plain import PlainTariff, fields_of
from payments.selectors.driver_months import driver_month
from payments.services import collecting, debts, hosting, kept_holds, reserving, statements
from payments.services.billing import bill_session
from payments.services.company_documents import einvoice_of
from payments.services.company_invoices import issue_invoice
from payments.services.correcting import correct_session
from payments.services.corrections import NoReason, NothingChanges, Wanted
from payments.services.receipts import receipt_of
from payments.services.recovery import settle_payments
from payments.services.tariffs import assign_tariff, revise_tariff
from payments.services.waiving import waive_fee
from scheduling.services import arrivals, fulfilling, operating, reminding, reservations
from scheduling.services.reservations import NoWayToPay
from scheduling.services.warning import lose
from scheduling.times import ceil_to_step
from stations.models import ChargingStation
from tests.factories import MembershipFactory, SessionFactory
from tests.payments.fleet import a_company
from tests.payments.reconciling import kinds, reconcile
from tests.payments.stories import deliver, pay_on_page, statuses, taken_minor

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FEES = {"reservation_fee": Decimal(2), "reserved_per_hour": Decimal(4), "missed_fee": Decimal(5)}


def price(story, **fees):
    """The story's tariff with fees of reservations."""
    plain = PlainTariff(vat=Decimal(20), per_kwh=Decimal("0.50"), **(fees or {"missed_fee": Decimal(5)}))
    story.tariff.elements = fields_of(plain, "EUR")["elements"]
    story.tariff.save(update_fields=["elements"])


def connect(story):
    ChargingStation.objects.filter(pk=story.evse.station_id).update(is_connected=True)
    story.evse.refresh_from_db()


@pytest.fixture
def town(paid_story):
    """Not coming costs 5.00; the charger is connected, so there is no excuse."""
    price(paid_story)
    connect(paid_story)
    return paid_story


def book(story, *, ahead=HOUR, **more):
    start_at = ceil_to_step(clock.now() + ahead)
    return reservations.book(
        evse=story.evse, driver=story.driver, start_at=start_at, end_at=start_at + HOUR, **more
    )


def kept_of(booked):
    return KeptStall.objects.get(public_id=booked.public_id)


def miss(booked):
    with clock.at(booked.during.lower + 16 * MINUTE):
        assert arrivals.miss_due() == 1
        deliver()


def came(story, booked, *, after=timedelta(0), minutes=30, energy_wh=10_000):
    """The driver charges: started, noticed, ended, billed."""
    start = booked.during.lower + after
    session = SessionFactory(
        evse=story.evse,
        driver=story.driver,
        status="active",
        started_at=start,
        meter_start_wh=0,
        phase="charging",
    )
    with clock.at(start):
        assert fulfilling.fulfill(session_id=session.pk) == booked
        deliver()
    type(session).objects.filter(pk=session.pk).update(
        status="completed", ended_at=start + minutes * MINUTE, meter_end_wh=energy_wh, energy_wh=energy_wh
    )
    with clock.at(start + (minutes + 1) * MINUTE):
        record = bill_session(session_id=session.pk)
        deliver()
    return record


def owed(story):
    return selectors.owed_minor(selectors.receivable_account(story.driver.pk), "EUR")


# --- agreed ----------------------------------------------------------------------------------


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


# --- nobody came -----------------------------------------------------------------------------


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


# --- given up --------------------------------------------------------------------------------


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


# --- came ------------------------------------------------------------------------------------


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


# --- waived ----------------------------------------------------------------------------------


@pytest.fixture
def boss(town):
    return MembershipFactory(organization=town.evse.organization, role="owner").user


def test_waived_before_it_was_charged_nothing_is_charged(town, boss, stand_in):
    booked = book(town)
    waive_fee(kept=kept_of(booked), by=boss, reason="Snow on the road")
    miss(booked)
    assert not ChargeDetailRecord.objects.exists()
    assert taken_minor(stand_in) == 0
    entry = AuditEntry.objects.get(action="reservation.waive")
    assert entry.changes["reason"] == "Snow on the road"


def test_waived_afterwards_it_is_credited_and_goes_back_to_the_card(town, boss, stand_in):
    booked = book(town)
    miss(booked)
    waive_fee(kept=kept_of(booked), by=boss, reason="Snow on the road")
    deliver()
    original, credit, reissued = ChargeDetailRecord.objects.order_by("pk")
    assert (credit.credit_of, credit.total_gross, reissued.total_gross) == (original, -5, 0)
    assert Payment.objects.get().refunded_minor == 500
    sums = [line.amount_minor for line in PostingLine.objects.filter(account__startswith="receivable")]
    assert (owed(town), sum(sums)) == (0, 0)
    assert [one.kind for one in Invoice.objects.order_by("pk")] == ["receipt", "credit_note", "receipt"]
    assert any("Snow on the road" in one.body for one in mail.outbox)


def test_waived_while_the_charge_runs_the_receipt_names_it(town, boss):
    price(town, **FEES)
    booked = book(town)
    waive_fee(kept=kept_of(booked), by=boss, reason="Long queue")
    record = came(town, booked)
    assert record.total_gross == 5
    assert [one.what for one in receipt_of(record).waived] == ["Reservation fee"]


def test_a_reservation_on_a_sessions_bill_is_waived_there(town, boss, stand_in):
    price(town, **FEES)
    booked = book(town)
    came(town, booked)
    again = waive_fee(kept=kept_of(booked), by=boss, reason="Our fault")
    deliver()
    assert again.total_gross == 5
    assert sum(Payment.objects.values_list("refunded_minor", flat=True)) == 200


def test_a_waiver_needs_a_reason_and_is_given_once(town, boss):
    kept = kept_of(book(town))
    with pytest.raises(NoReason):
        waive_fee(kept=kept, by=boss, reason=" ")
    waive_fee(kept=kept, by=boss, reason="Snow")
    with pytest.raises(NothingChanges):
        waive_fee(kept=kept, by=boss, reason="Snow")


# --- the hold --------------------------------------------------------------------------------


def hold(booked, *, before=10 * MINUTE):
    with clock.at(booked.during.lower - before):
        asked = kept_holds.place_due_holds()
        deliver()
    return asked


def test_the_hold_is_placed_a_quarter_of_an_hour_before_the_start_once(town, stand_in):
    booked = book(town)
    assert hold(booked, before=16 * MINUTE) == 0
    assert [hold(booked), hold(booked, before=5 * MINUTE)] == [1, 0]
    payment = Payment.objects.get()
    assert (payment.status, payment.authorized_minor, payment.kept) == ("authorized", 5000, kept_of(booked))


def test_the_charge_takes_the_hold_along(town, stand_in):
    booked = book(town)
    hold(booked)
    came(town, booked)
    payment = Payment.objects.get()
    assert (payment.status, payment.captured_minor) == ("captured", 500)
    assert statuses(stand_in) == ["succeeded"]


def test_not_coming_is_paid_from_the_hold_and_the_rest_released(town, stand_in):
    booked = book(town)
    hold(booked)
    miss(booked)
    payment = Payment.objects.get()
    assert (payment.status, payment.captured_minor) == ("captured", 500)


@pytest.mark.parametrize("how", ["canceled", "lost", "taken away"])
def test_the_hold_is_released_when_nobody_is_to_pay(town, boss, stand_in, how):
    booked = book(town)
    hold(booked)
    with clock.at(booked.during.lower - MINUTE):
        if how == "lost":
            lose(booked)
        if how != "taken away":
            reservations.cancel(reservation=booked, canceled_by=town.driver)
        else:
            operating.cancel_for_driver(reservation=booked, canceled_by=boss, reason="works")
        deliver()
    assert Payment.objects.get().status == "voided"
    assert statuses(stand_in) == ["canceled"]


def test_a_forgotten_hold_is_found_by_the_sweep(town, stand_in):
    booked = book(town)
    hold(booked)
    with clock.at(booked.during.lower - MINUTE):
        reservations.cancel(reservation=booked, canceled_by=town.driver)
    with clock.at(booked.during.lower + HOUR):
        settle_payments()
    assert Payment.objects.get().status == "voided"


def test_a_refused_hold_leaves_the_booking_and_tells_the_driver(town, stand_in):
    town.give_card("pm_card_chargeCustomerFail")
    booked = book(town)
    mail.outbox.clear()
    hold(booked)
    booked.refresh_from_db()
    assert (booked.status, Payment.objects.get().status) == ("confirmed", "failed")
    (told,) = [one for one in mail.outbox if "refused" in one.subject]
    assert f"/bookings/{booked.public_id}/" in told.body


def test_a_bank_that_wants_a_confirmation_gets_it_from_the_bookings_page(town, stand_in, client):
    town.give_card("pm_card_authenticationRequired")
    booked = book(town)
    hold(booked)
    client.force_login(town.driver)
    page = reverse("scheduling:booking", args=[booked.public_id])
    assert "Your card was refused" in client.get(page).content.decode()
    asked = client.post(reverse("scheduling:booking_hold", args=[booked.public_id]))
    assert asked["Location"] != page
    assert "Your bank wants you to confirm" in client.get(page).content.decode()
    assert sorted(Payment.objects.values_list("status", flat=True)) == ["failed", "requires_action"]


# --- told in time ----------------------------------------------------------------------------


def test_the_driver_is_told_what_not_coming_costs_before_and_after_the_start(town):
    booked = book(town, ahead=3 * HOUR)
    deliver()
    (confirmed,) = mail.outbox
    assert "If you do not come: €5.00" in confirmed.body
    assert "Canceling is free until" in confirmed.body
    told = []
    for minutes in (-90, -59, -30, 4, 6, 9):
        with clock.at(booked.during.lower + minutes * MINUTE):
            told.append(reminding.remind_drivers())
            deliver()
    assert told == [0, 1, 0, 0, 1, 0]
    _confirmed, early, late = mail.outbox
    assert "If you do not come, you pay €5.00" in early.body
    assert "is kept until" in late.subject


def test_nobody_is_reminded_of_a_booking_that_costs_nothing_or_is_used(story, town):
    booked = book(town, ahead=3 * HOUR)
    came(town, booked)
    with clock.at(booked.during.lower + 6 * MINUTE):
        assert reminding.remind_drivers() == 0


# --- hosts, revenue, reconciliation -----------------------------------------------------------


def test_a_site_host_gets_a_share_of_what_not_coming_costs(town, boss):
    organization, site = town.evse.organization, town.evse.station.location
    host = hosting.add_host(actor=boss, organization=organization, name="Harbor", email="h@example.org")
    hosting.give_share(
        actor=boss, host=host, percent=Decimal(10), location=site, starts_at=clock.now() - HOUR
    )
    booked = book(town)
    miss(booked)
    record = ChargeDetailRecord.objects.get()
    next_month = (record.issued_at.replace(day=1) + timedelta(days=32)).replace(day=2)
    with clock.at(next_month):
        statements.state_last_month()
    (line,) = HostStatementLine.objects.all()
    assert (line.record, line.share_minor) == (record, 42)


def test_it_stands_in_revenue_and_provider_books_and_bills_agree(town, boss, stand_in):
    booked = book(town)
    miss(booked)
    waive_fee(kept=kept_of(booked), by=boss, reason="Snow")
    deliver()
    miss(book(town, ahead=3 * HOUR))
    later = clock.now() + 9 * HOUR
    revenue = selectors.revenue_between(town.evse.organization, clock.now() - HOUR, later)
    assert (revenue.gross.minor, revenue.records, revenue.energy_wh) == (500, 2, 0)
    with clock.at(later):
        run = reconcile(town)
    assert (run.found, kinds(town)) == (0, [])
    assert run.sums["EUR"]["books"] == run.sums["EUR"]["provider"] == 500


# --- companies, races ------------------------------------------------------------------------


def test_a_members_fee_goes_on_the_companys_invoice(story, stand_in):
    price(story)
    connect(story)
    company = a_company(story)
    booked = book(story)
    assert hold(booked) == 0
    miss(booked)
    record = ChargeDetailRecord.objects.get()
    assert (record.company, record.cost_center) == (company, "Sales")
    with clock.at(booked.during.lower + HOUR):
        invoice = issue_invoice(company=company)
        (line,) = invoice.lines
    assert (line["reservation"], line["energy_wh"]) == (booked.number, 0)
    assert f"Reservation #{booked.number}, not used" in {one.name for one in einvoice_of(invoice).lines}
    assert taken_minor(stand_in) == 0


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_record_and_one_charge(town, stand_in):
    booked = book(town)
    with clock.at(booked.during.lower + 16 * MINUTE):
        arrivals.miss_due()
    kept_id, troubles = kept_of(booked).pk, []

    def work():
        try:
            reserving.settle(kept_id=kept_id)
            collecting.collect_kept(kept_id=kept_id)
        except Exception as error:
            troubles.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not [one for one in troubles if type(one).__name__ != "Busy"]
    collecting.collect_kept(kept_id=kept_id)
    assert ChargeDetailRecord.objects.count() == 1
    assert (taken_minor(stand_in), Payment.objects.filter(status="captured").count()) == (500, 1)

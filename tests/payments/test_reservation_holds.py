"""A booking's hold: placed shortly before, taken along by the charge, else let go; companies, and races."""

from __future__ import annotations

import threading

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse

from core import clock
from payments.models import (
    ChargeDetailRecord,
    Payment,
)
from payments.services import collecting, reserving
from payments.services.checkout import pay_at_once
from payments.services.company_documents import COLUMNS, csv_rows, einvoice_of
from payments.services.company_invoices import issue_invoice
from payments.services.recovery import settle_payments
from payments.services.starting import follow_hold
from scheduling.services import arrivals, operating, reservations
from scheduling.services.warning import lose
from tests.payments.fees import (
    HOUR,
    MINUTE,
    book,
    boss,
    came,
    connect,
    hold,
    kept_of,
    miss,
    price,
    town,
)
from tests.payments.fleet import a_company
from tests.payments.stories import deliver, statuses, taken_minor

__all__ = ["boss", "town"]

pytestmark = pytest.mark.django_db


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


def test_a_start_from_the_app_goes_on_with_the_hold_and_is_not_missed(town, stand_in):
    booked = book(town)
    hold(booked)
    with clock.at(booked.during.lower + 14 * MINUTE):
        begun = pay_at_once(evse=town.evse, driver=town.driver)
        follow_hold(payment_id=begun.payment.pk)
    payment = Payment.objects.get()
    assert (begun.payment, payment.session.status) == (payment, "pending")
    with clock.at(booked.during.lower + 15 * MINUTE + MINUTE / 2):
        assert arrivals.miss_due() == 0
    assert statuses(stand_in) == ["requires_capture"]


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
    (row,) = (dict(zip(COLUMNS, one, strict=True)) for one in csv_rows(invoice))
    assert (row["session"], row["reservation"]) == ("", booked.number)


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

"""A driver whose booking an operator cancels is told, by mail and on her page."""

from __future__ import annotations

import pytest
from django.core import mail
from django.urls import reverse

from core import clock, outbox
from scheduling.services import operating, reservations, telling
from tests.scheduling.town import HOUR, NOW, make_driver, make_evse, make_location

pytestmark = pytest.mark.django_db
NOTE = "The stall is being repaired."


@pytest.fixture
def driver():
    return make_driver()


@pytest.fixture
def booked(driver):
    location = make_location(time_zone="Europe/Berlin")
    with clock.at(NOW):
        return reservations.book(
            evse=make_evse(location), driver=driver, start_at=NOW + HOUR, end_at=NOW + 2 * HOUR
        )


def take_away(booked, by=None):
    operator = by or make_driver("olga")
    with clock.at(NOW):
        for _ in range(2):
            operating.cancel_for_driver(reservation=booked, canceled_by=operator, reason="inner", note=NOTE)
        outbox.deliver_pending()


def test_the_driver_gets_one_mail_with_place_local_time_note_and_where_to_book_anew(booked, driver):
    take_away(booked)
    (letter,) = mail.outbox
    assert letter.to == [driver.email]
    assert letter.subject == f"Your booking at {booked.location.name} on 2 March, 14:00, is canceled"
    assert "Monday 2 March, 14:00 to 15:00" in letter.body
    assert NOTE in letter.body
    assert reverse("scheduling:site", args=[booked.location.slug]) in letter.body
    assert "inner" not in letter.body


def test_her_page_and_her_list_say_who_canceled_and_why(client, booked, driver):
    take_away(booked)
    client.force_login(driver)
    with clock.at(NOW):
        page = client.get(reverse("scheduling:booking", args=[booked.public_id])).content.decode()
        rows = client.get(reverse("scheduling:bookings")).content.decode()
    assert "The operator has canceled this booking" in page
    assert NOTE in page
    assert "inner" not in page
    assert "canceled by the operator" in rows


def test_who_cancels_herself_gets_no_mail(client, booked, driver):
    with clock.at(NOW):
        reservations.cancel(reservation=booked, canceled_by=driver)
        outbox.deliver_pending()
    client.force_login(driver)
    page = client.get(reverse("scheduling:booking", args=[booked.public_id])).content.decode()
    assert mail.outbox == []
    assert "The operator" not in page


def test_a_person_who_is_gone_is_not_written_to(booked, driver):
    driver.is_active = False
    driver.save()
    assert telling.tell_of_cancellation(reservation_id=booked.pk) is False
    assert mail.outbox == []

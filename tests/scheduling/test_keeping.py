"""A station lets a booking go: it is told again, or the driver hears that her stall is lost."""

from __future__ import annotations

import pytest
from django.core import mail
from django.urls import reverse

from core import clock, outbox
from core.events import publish
from scheduling.models import Reservation
from scheduling.selectors.instead import instead_of
from scheduling.services import arrivals, keeping, reservations
from scheduling.services.reservations import SlotTaken
from stations import selectors_overview
from stations.events import EvseStatusChanged
from stations.models import Connector, StationCommand
from stations.services import commands
from stations.services.reservations import release
from tests.factories import MembershipFactory
from tests.scheduling.town import HOUR, MINUTE, NOW, make_driver, make_evse, make_location, make_session

pytestmark = pytest.mark.django_db
TOLD_AT = NOW + 50 * MINUTE
LATER = TOLD_AT + 5 * MINUTE


@pytest.fixture
def evse():
    return make_evse(make_location(), name="Stall 1")


@pytest.fixture
def driver():
    return make_driver()


@pytest.fixture
def booked(evse, driver):
    """Booked for an hour, told to the station and accepted."""
    with clock.at(NOW):
        made = reservations.book(evse=evse, driver=driver, start_at=NOW + HOUR, end_at=NOW + 2 * HOUR)
    with clock.at(TOLD_AT):
        arrivals.announce_due()
        answer("accepted")
    return made


def answer(outcome):
    for command in StationCommand.objects.filter(status="queued").order_by("pk"):
        commands.claim_next(station_id=command.station_id, connection_no=1)
        commands.record_answer(command_id=command.pk, outcome=outcome)


def let_go(booked, at=LATER, cause="removed", times=1):
    with clock.at(at):
        for _ in range(times):
            release(station_id=booked.evse.station_id, reservation_number=booked.number, cause=cause)
        outbox.deliver_pending()


def becomes(evse, status, was="reserved", at=LATER):
    Connector.objects.filter(evse=evse).update(status=status)
    with clock.at(at):
        publish(
            EvseStatusChanged(
                organization_id=evse.organization_id,
                station_id=evse.station_id,
                evse_id=evse.pk,
                connector_number=1,
                status=status,
                was=was,
                at=at,
            )
        )
        outbox.deliver_pending()


def reserves():
    return StationCommand.objects.filter(kind="reserve").count()


@pytest.mark.parametrize("cause", ["removed", "expired", "unused"])
def test_a_working_stall_is_kept_again_whatever_the_cause(booked, cause):
    let_go(booked, cause=cause, times=2)
    assert reserves() == 2
    let_go(booked, cause=cause)
    assert reserves() == 2
    assert mail.outbox == []


def test_a_1_6_station_that_only_shows_the_stall_as_free_is_told_again(booked, evse):
    becomes(evse, "available")
    assert reserves() == 2


def test_the_driver_who_plugs_in_is_no_reason_to_tell(booked, evse):
    becomes(evse, "occupied")
    assert reserves() == 1


def test_a_station_that_lets_go_again_and_again_is_left_in_peace(booked):
    for minute in range(6):
        let_go(booked, at=LATER + minute * MINUTE)
        with clock.at(LATER + minute * MINUTE):
            answer("accepted")
    assert reserves() == keeping.TOLD_AT_MOST


def test_after_the_grace_nobody_is_asked_to_keep_it(booked):
    let_go(booked, at=NOW + HOUR + 16 * MINUTE, cause="expired")
    assert reserves() == 1


def test_what_we_let_go_ourselves_stays_so(booked, driver, evse):
    with clock.at(LATER - MINUTE):
        arrivals.clear_the_way(evse=evse, driver=driver)
        answer("accepted")
    becomes(evse, "available")
    with clock.at(LATER):
        reservations.cancel(reservation=booked, canceled_by=driver)
    let_go(booked, at=LATER + MINUTE)
    assert reserves() == 1


def test_a_number_of_another_station_is_not_believed(booked):
    with clock.at(LATER):
        other = make_evse(make_location())
        release(station_id=other.station_id, reservation_number=booked.number, cause="removed")
        outbox.deliver_pending()
    assert reserves() == 1


def test_the_session_that_uses_the_booking_is_no_loss(booked, evse, driver):
    make_session(evse, driver, started_at=TOLD_AT + MINUTE)
    becomes(evse, "faulted")
    assert mail.outbox == []


@pytest.mark.parametrize("status", ["faulted", "unavailable"])
def test_the_driver_of_a_broken_stall_is_told_once_with_what_is_free(booked, evse, driver, status):
    twin = make_evse(evse.station.location, name="Stall 2")
    becomes(evse, status)
    let_go(booked, at=LATER + MINUTE, times=2)
    (letter,) = mail.outbox
    assert letter.to == [driver.email]
    assert "out of order" in letter.subject
    assert "- stall 2, Monday 2 March, 13:00 to 14:00" in letter.body
    assert reverse("scheduling:booking", args=[booked.public_id]) in letter.body
    booked.refresh_from_db()
    assert (booked.status, booked.lost_stall_at) == ("confirmed", LATER)
    with clock.at(LATER):
        assert instead_of(booked)[0].evse == twin


def test_a_refusal_of_a_broken_stall_tells_the_driver_also_if_the_status_came_late(booked, evse):
    let_go(booked)
    with clock.at(LATER):
        answer("rejected")
        Connector.objects.filter(evse=evse).update(status="faulted")
        outbox.deliver_pending()
    assert len(mail.outbox) == 1


def test_a_refusal_because_somebody_is_there_is_no_loss(booked):
    let_go(booked)
    with clock.at(LATER):
        answer("rejected")
        outbox.deliver_pending()
    assert mail.outbox == []


def test_a_stall_that_is_mended_in_time_is_kept_again(booked, evse):
    becomes(evse, "faulted")
    becomes(evse, "available", was="faulted", at=LATER + MINUTE)
    assert (reserves(), len(mail.outbox)) == (2, 1)


def test_the_driver_takes_what_is_free_with_one_click(client, booked, evse, driver):
    make_evse(evse.station.location, name="Stall 2")
    becomes(evse, "faulted")
    client.force_login(driver)
    with clock.at(LATER):
        page = client.get(reverse("scheduling:booking", args=[booked.public_id])).content.decode()
        offer = instead_of(booked)[0]
        assert offer.value in page
        answered = client.post(
            reverse("scheduling:take_instead", args=[booked.public_id]), {"slot": offer.value}
        )
    booked.refresh_from_db()
    moved = Reservation.objects.get(status="confirmed")
    assert answered.url == reverse("scheduling:booking", args=[moved.public_id])
    assert (booked.status, moved.evse, moved.during) == ("canceled", offer.evse, booked.during)


def test_an_offer_that_somebody_else_took_changes_nothing(client, booked, evse, driver):
    make_evse(evse.station.location, name="Stall 2")
    becomes(evse, "faulted")
    client.force_login(driver)
    with clock.at(LATER):
        offer = instead_of(booked)[0]
        reservations.book(evse=offer.evse, driver=make_driver(), start_at=offer.start_at, end_at=offer.end_at)
        with pytest.raises(SlotTaken):
            keeping.take_instead(
                reservation=booked, evse=offer.evse, start_at=offer.start_at, end_at=offer.end_at
            )
        client.post(reverse("scheduling:take_instead", args=[booked.public_id]), {"slot": offer.value})
    booked.refresh_from_db()
    assert booked.status == "confirmed"


def test_a_working_booking_cannot_be_moved_by_that_door(client, booked, driver):
    client.force_login(driver)
    with clock.at(LATER):
        for slot in ("", "20260302T1400Z-60-T1"):
            client.post(reverse("scheduling:take_instead", args=[booked.public_id]), {"slot": slot})
    booked.refresh_from_db()
    assert booked.status == "confirmed"


def test_the_operator_sees_it_until_the_stall_is_mended(client, booked, evse):
    becomes(evse, "faulted")
    user = MembershipFactory(organization=evse.organization).user
    with clock.at(LATER):
        lines = [str(line.title) for line in selectors_overview.attention(user)]
        assert "Stall 1: booked, but out of order" in lines
        client.force_login(user)
        page = client.get(reverse("scheduling:operator_booking", args=[booked.public_id])).content.decode()
        assert "Stall out of order, driver told" in page
        Connector.objects.filter(evse=evse).update(status="available")
        assert not [line for line in selectors_overview.attention(user) if "booked" in str(line.title)]

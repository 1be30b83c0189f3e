"""Reactions of scheduling to news from stations; named in `config/wiring.py`. All repeatable."""

from __future__ import annotations

from typing import Final, Protocol

from payments.events import PaymentFailed
from scheduling.events import (
    ReservationCanceled,
    ReservationConfirmed,
    ReservationReminded,
    StallLost,
    StallMended,
)
from scheduling.services import arrivals, fulfilling, keeping, needs, profiles, smart_charging, telling
from stations.events import (
    ChargingNeedsTold,
    CommandAnswered,
    EvseStatusChanged,
    ReservationReleased,
    SessionStarted,
    StationBooted,
)

LETTING_GO: Final = frozenset({"available", "faulted", "unavailable"})


class AtStation(Protocol):
    """Any news that names its station."""

    @property
    def station_id(self) -> int: ...


def fulfill_reservation(event: SessionStarted) -> None:
    """Somebody came: was it booked?"""
    fulfilling.fulfill(session_id=event.session_id, reservation_number=event.reservation_number)


def tell_driver_of_cancellation(event: ReservationCanceled) -> None:
    """Who canceled herself knows; who lost her booking is told."""
    if event.is_taken_away:
        telling.tell_of_cancellation(reservation_id=event.reservation_id)


def tell_driver_of_lost_stall(event: StallLost) -> None:
    """Her stall is out of service: what is free instead?"""
    telling.tell_of_lost_stall(reservation_id=event.reservation_id)


def tell_driver_of_mended_stall(event: StallMended) -> None:
    """She was warned for nothing."""
    telling.tell_of_mended_stall(reservation_id=event.reservation_id)


def confirm_by_mail(event: ReservationConfirmed) -> None:
    """What may cost something is confirmed in writing."""
    telling.tell_of_booking(reservation_id=event.reservation_id)


def remind_driver(event: ReservationReminded) -> None:
    """Not coming costs something: in time, and once more while the stall is kept."""
    telling.remind(reservation_id=event.reservation_id, is_late=event.moment == "late")


def tell_driver_of_refused_hold(event: PaymentFailed) -> None:
    """Her card said no shortly before her booking: she can mend it, the booking stands."""
    if event.kept_id is not None and event.session_id is None:
        telling.tell_of_refused_hold(payment_id=event.payment_id)


def share_power_again(event: AtStation) -> None:
    """Sessions, phases and connections change what everybody at the place may draw."""
    smart_charging.replan_station(station_id=event.station_id)


def follow_power_answer(event: CommandAnswered) -> None:
    """A limit was taken or refused: what waited for it may go on."""
    if profiles.record_answer(command_id=event.command_id, status=event.status) is not None:
        smart_charging.replan_station(station_id=event.station_id)


def answer_needs(event: ChargingNeedsTold) -> None:
    """A car negotiates: share anew, and let it hear its limit in any case."""
    smart_charging.replan_station(station_id=event.station_id)
    needs.answer_needs(session_id=event.session_id)


def begin_anew(event: StationBooted) -> None:
    """A station that booted may have forgotten its limits."""
    profiles.forget_profiles(station_id=event.station_id, sent_before=event.at)
    smart_charging.replan_station(station_id=event.station_id)


def keep_booking(event: ReservationReleased) -> None:
    """A station lets a booking go that it was told of."""
    keeping.follow_release(station_id=event.station_id, number=event.reservation_number, at=event.at)


def keep_booking_at_stall(event: EvseStatusChanged) -> None:
    """1.6 tells only by a stall's status that it is kept no more; a broken one is lost in every version."""
    if event.status in LETTING_GO:
        keeping.follow_status(evse_id=event.evse_id, at=event.at)


def follow_reserve_answer(event: CommandAnswered) -> None:
    """A station that refuses to keep a stall: is it broken?"""
    keeping.follow_refusal(command_id=event.command_id)


def tell_of_reservations(event: AtStation) -> None:
    """A station that is back is told (again) whom it is kept for."""
    arrivals.announce_due(station_id=event.station_id)

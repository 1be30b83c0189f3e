"""From the promise to the car: tell the station, and note who does not come (`fulfilling`: who does)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.crypto import salted_hmac

from accounts.models import IdToken, User
from core import clock
from core.events import publish
from payments.services import reserving
from scheduling import selectors
from scheduling.events import ReservationMissed
from scheduling.models import Reservation
from scheduling.selectors.stalls import is_out_of_order
from scheduling.services.fulfilling import session_of, use
from scheduling.services.reservations import TELL_WITHIN, close, forget_at_station, told
from scheduling.times import ANNOUNCE_BEFORE, GRACE, kept_until
from stations.command_kinds import Reserve
from stations.models import ChargingSession, Evse
from stations.services import commands

Status = Reservation.Status


# --- telling the station -----------------------------------------------------------------------


def announce_due(*, station_id: int | None = None) -> int:
    """Tell connected stations of reservations that begin shortly; returns how many were told.

    Once per reservation, and again when the station has reconnected or booted since: it may have
    forgotten, and an existing reservation id only replaces (OCPP 1.6 section 5.13).
    """
    due = _due(clock.now())
    if station_id is not None:
        due = due.filter(evse__station=station_id)
    return sum(_announce(reservation) for reservation in due)


def _due(now: datetime) -> QuerySet[Reservation]:
    station = "evse__station__"
    untold = Q(announced_at=None)
    forgotten = Q(announced_at__lt=F(f"{station}connected_at")) | Q(announced_at__lt=F(f"{station}booted_at"))
    return (
        Reservation.objects.filter(
            untold | forgotten,
            status=Status.CONFIRMED,
            during__startswith__lte=now + ANNOUNCE_BEFORE,
            during__endswith__gt=now,
            evse__station__is_connected=True,
        )
        .select_related("evse__station", "id_token")
        .order_by("pk")
    )


@transaction.atomic
def _announce(reservation: Reservation) -> bool:
    """A driver who is there already, with a charge begun long before, needs nobody to wait for her."""
    if (session := session_of(reservation)) is not None:
        use(reservation, session)
        return False
    mine = Reservation.objects.filter(
        pk=reservation.pk, status=Status.CONFIRMED, announced_at=reservation.announced_at
    )
    if not mine.update(announced_at=clock.now()):
        return False
    token = reservation.id_token
    commands.request(
        station=reservation.evse.station,
        kind=Reserve(
            reservation_number=reservation.number,
            evse_number=reservation.evse.number,
            token_uid=wire_token(reservation),
            token_type=token.type if token and _is_card(token) else "Central",
            group_uid=token.group_uid if token else "",
            expires_at=grace_ends_at(reservation).isoformat(),
        ),
        expires_in=TELL_WITHIN,
    )
    return True


def wire_token(reservation: Reservation) -> str:
    """What the station is told to wait for: the driver's card, or a one-time token of our own.

    The token (18 hex digits, 1.6 allows 20 characters) is good for nothing but the start that we ask for.
    """
    if reservation.id_token is not None and _is_card(reservation.id_token):
        return reservation.id_token.uid
    return salted_hmac("scheduling.reservation", str(reservation.number)).hexdigest()[:18].upper()


def _is_card(token: IdToken) -> bool:
    return token.type == IdToken.Type.RFID


@transaction.atomic
def clear_the_way(*, evse: Evse, driver: User) -> bool:
    """Before the driver's start from the app: the station need not wait for her any longer.

    The start has a token of its own, which a station that keeps the place for another one would refuse.
    Commands go in order, so this one is there first; strangers are still refused by us. False when the
    station keeps the place for nobody, or not for her.
    """
    reservation = selectors.booking_at(evse_id=evse.pk, at=clock.now(), driver_id=driver.pk, id_token_id=None)
    if reservation is None or reservation.announced_at is None:
        return False
    forget_at_station(reservation, requested_by=driver)
    return True


def grace_ends_at(reservation: Reservation) -> datetime:
    """Until when the driver may come."""
    return kept_until(reservation.during.lower, reservation.created_at)


# --- who did not -------------------------------------------------------------------------------


def miss_due() -> int:
    """Release reservations whose driver has not come within the grace; returns how many."""
    cutoff = clock.now() - GRACE
    late = Reservation.objects.filter(
        status=Status.CONFIRMED, during__startswith__lte=cutoff, created_at__lte=cutoff
    ).select_related("evse__station")
    return sum(_miss(reservation) for reservation in late.order_by("pk"))


@transaction.atomic
def _miss(reservation: Reservation) -> bool:
    """A session whose start has not been noticed yet, or that began long before, counts as having come."""
    if (session := session_of(reservation)) is not None:
        use(reservation, session)
        return False
    if _is_starting(reservation) or not close(reservation, Status.MISSED):
        return False
    forget_at_station(reservation)
    excuse = _excuse(reservation)
    reserving.miss(public_id=reservation.public_id, excuse=excuse)
    publish(told(ReservationMissed, reservation, is_excused=bool(excuse), excuse=excuse))
    return True


def _is_starting(reservation: Reservation) -> bool:
    """Who has pressed start and is plugging in has come; if nothing comes of it, the next sweep sees."""
    pending = ChargingSession.objects.filter(driver=reservation.driver_id, evse=reservation.evse_id)
    return pending.filter(status=ChargingSession.Status.PENDING).exists()


def _excuse(reservation: Reservation) -> str:
    """Why it could not be used, if it could not: then nobody is to pay for not coming."""
    if reservation.lost_stall_at is not None:
        return "lost"
    start_at = reservation.during.lower
    others = ChargingSession.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=start_at), evse=reservation.evse_id, started_at__lt=start_at + GRACE
    ).exclude(status__in=["abandoned", "pending"])
    if others.exists():
        return "occupied"
    if not reservation.evse.station.is_connected:
        return "offline"
    return "broken" if is_out_of_order(reservation.evse) else ""

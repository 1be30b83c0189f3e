"""Asking for sessions, stopping them, and settling the ones that somebody must look at.

Everything here runs under the station's lock, as the recording does.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest

from accounts.models import IdToken, User
from accounts.selectors import app_token_of
from accounts.services import note_action
from core import clock
from core.dotted import resolve_all
from core.events import publish
from core.live import nudge
from stations.command_kinds import StartSession, StopSession
from stations.events import SessionInterrupted, SessionRequested, SessionReviewed
from stations.facts import Decision, Question
from stations.limits import ChargeLimits
from stations.models import ChargingSession, ChargingStation, Connector, Evse, StationCommand
from stations.services import attempts, commands
from stations.services.authorization import ACCEPTED, MINTED, decide
from stations.services.pending import abandon
from stations.services.recording import lock_stations

START_WITHIN: Final = timedelta(seconds=60)
LOST_AFTER: Final = timedelta(minutes=15)
START_TOKEN_BYTES: Final = 9
"""18 hex digits: 1.6 allows a tag of 20 characters."""


CENTRAL: Final = "Central"
PAYMENT: Final = "payment"
"""Types of the token that stands for a start: ours, or the provider's reference of a payment."""
UNLIMITED: Final = ChargeLimits()


class Start(NamedTuple):
    """How a start is asked for."""

    token: str
    token_type: str
    limit_a: int | None
    purpose: str
    limits: ChargeLimits


class StationOffline(Exception):
    """The station is not connected (or not accepted); nothing can be asked of it now."""


class EvseBusy(Exception):
    """A session is running there, or about to."""


class NotAuthorized(Exception):
    """An authorization check refused; `decision` says which and why."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reason or decision.status)
        self.decision = decision


class NothingToReview(Exception):
    """The session is not flagged, or has not ended."""


def mint_token() -> str:
    """A one-time token, upper-case hex, that stands for one start."""
    return secrets.token_hex(START_TOKEN_BYTES).upper()


REFUSALS: Final[dict[type[Exception], tuple[str, str]]] = {
    StationOffline: ("network", "station_offline"),
    EvseBusy: ("connector", "evse_busy"),
    NotAuthorized: ("authorization", "not_authorized"),
}
"""The cause and the detail that the start attempt keeps."""


def request_start(
    *,
    evse: Evse,
    user: User | None = None,
    token: IdToken | None = None,
    requested_by: User | None = None,
    start_token: str = "",
    limit_a: int | None = None,
    reference: str = "",
    asked_at: datetime | None = None,
    purpose: str = ChargingSession.Purpose.CHARGE,
    token_type: str = CENTRAL,
    limits: ChargeLimits = UNLIMITED,
) -> ChargingSession:
    """Make a pending session and ask the station to start it; either way a start attempt is noted.

    With neither user nor token it is a guest's, whose money the caller has secured (`reference`).
    `start_token` reuses a token that the station knows already (a reservation's), or with a `token_type` of
    payment is what the payment's provider calls it. A `purpose` of test is nobody's, and never billed.
    `limits` reach the station with its answer to the start, where it knows them. Raises
    StationOffline, EvseBusy, NotAuthorized; a caller in a transaction lets them not undo the attempt.
    """
    asked = attempts.Asked(
        evse=evse,
        door=attempts.door_of(user=user, token=token, requested_by=requested_by, purpose=purpose),
        driver=user or (token.user if token else None),
        token=token,
        reference=reference,
        asked_at=asked_at,
    )
    try:
        with transaction.atomic():
            session = _request(
                evse, user, token, requested_by, Start(start_token, token_type, limit_a, purpose, limits)
            )
            attempts.note_asked(asked=asked, session=session)
    except tuple(REFUSALS) as refusal:
        cause, detail = REFUSALS[type(refusal)]
        attempts.note_refused(asked=asked, cause=cause, detail=detail)
        raise
    return session


def _request(
    evse: Evse,
    user: User | None,
    token: IdToken | None,
    requested_by: User | None,
    start: Start,
) -> ChargingSession:
    lock_stations([evse.station_id])
    station = ChargingStation.objects.get(pk=evse.station_id)
    _demand_reachable(station)
    _demand_free(evse)
    token = token or (app_token_of(user) if user else None)
    _demand_authorized(evse, user, token)
    driver = user or (token.user if token else None)
    _prepare(evse, driver)
    session = _make_pending(evse, driver, token, start)
    _ask_to_start(station, evse, session, requested_by or user, start)
    _tell_requested(session)
    return session


@transaction.atomic
def request_stop(*, session: ChargingSession, requested_by: User | None = None) -> StationCommand | None:
    """Ask the station to stop; a session that has not begun is let go instead (None).

    Raises StationOffline.
    """
    lock_stations([session.station_id])
    now = ChargingSession.objects.select_related("station").get(pk=session.pk)
    if now.status == ChargingSession.Status.PENDING:
        commands.withdraw(session=now)
        abandon(session_id=now.pk, reason="cancelled")
        return None
    _demand_reachable(now.station)
    kind = StopSession(session_number=now.number, transaction_id=now.transaction_id)
    return commands.request(station=now.station, kind=kind, requested_by=requested_by, session=now)


@transaction.atomic
def review(*, session: ChargingSession, reviewed_by: User) -> ChargingSession:
    """Release a flagged session for billing; one whose stop never came ends with what was counted.

    Raises NothingToReview.
    """
    lock_stations([session.station_id])
    session = ChargingSession.objects.get(pk=session.pk)
    is_over = session.status in (ChargingSession.Status.COMPLETED, ChargingSession.Status.INTERRUPTED)
    if not (is_over and session.needs_review):
        raise NothingToReview(str(session))
    now = clock.now()
    ChargingSession.objects.filter(pk=session.pk).update(
        reviewed_at=now,
        status=ChargingSession.Status.COMPLETED,
        ended_at=Greatest(Coalesce("ended_at", "last_reading_at", "started_at"), "started_at"),
        meter_end_wh=Coalesce("meter_end_wh", F("meter_start_wh") + F("energy_wh")),
    )
    note_action(
        actor=reviewed_by,
        organization=session.organization,
        action="session.review",
        subject=f"session.{session.pk}",
        changes={"reasons": session.review_reasons},
    )
    publish(
        SessionReviewed(
            session_id=session.pk,
            organization_id=session.organization_id,
            station_id=session.station_id,
            evse_id=session.evse_id,
            driver_id=session.driver_id,
            at=now,
        )
    )
    nudge(f"session.{session.pk}", f"org.{session.organization_id}")
    session.refresh_from_db()
    return session


def interrupt_lost() -> int:
    """Sweep: active by our books, but the connector has been free for long. Returns how many.

    A stop may still come and completes it; nothing is closed silently.
    """
    limit = clock.now() - LOST_AFTER
    free = Connector.objects.filter(status="available", status_at__lte=limit).values("evse")
    lost = ChargingSession.objects.filter(
        status=ChargingSession.Status.ACTIVE, evse__in=free, station__is_connected=True, started_at__lte=limit
    )
    return sum(_interrupt(session) for session in lost)


@transaction.atomic
def _interrupt(session: ChargingSession) -> bool:
    lock_stations([session.station_id])
    now = clock.now()
    changed = ChargingSession.objects.filter(pk=session.pk, status=ChargingSession.Status.ACTIVE).update(
        status=ChargingSession.Status.INTERRUPTED,
        ended_at=Greatest(Coalesce("last_reading_at", "started_at"), "started_at"),
        power_w=None,
        review_reasons=sorted({*session.review_reasons, "interrupted"}),
    )
    if changed:
        publish(
            SessionInterrupted(
                session_id=session.pk,
                organization_id=session.organization_id,
                station_id=session.station_id,
                evse_id=session.evse_id,
                driver_id=session.driver_id,
                at=now,
            )
        )
        nudge(f"session.{session.pk}", f"station.{session.station_id}")
    return bool(changed)


# --- the steps of a start ----------------------------------------------------------------------


def _demand_reachable(station: ChargingStation) -> None:
    if not station.is_connected or station.registration != ChargingStation.Registration.ACCEPTED:
        raise StationOffline(str(station))


def _demand_free(evse: Evse) -> None:
    """Free, or held only by a plug that nobody has paid for yet (2.x starts so)."""
    open_sessions = ChargingSession.objects.filter(
        evse=evse, status__in=[ChargingSession.Status.PENDING, ChargingSession.Status.ACTIVE]
    )
    only_plugged = {
        "status": ChargingSession.Status.ACTIVE,
        "id_token": None,
        "driver": None,
        "token_uid": "",
    }
    if open_sessions.exclude(**only_plugged, transaction_id__gt="").exists():
        raise EvseBusy(str(evse))


def _demand_authorized(evse: Evse, user: User | None, token: IdToken | None) -> None:
    owner = user or (token.user if token else None)
    question = Question(
        station_id=evse.station_id,
        organization_id=evse.organization_id,
        evse_id=evse.pk,
        id_token_id=token.pk if token else None,
        user_id=owner.pk if owner else None,
        uid=token.uid if token else "",
        type=token.type if token else MINTED,
        at=clock.now(),
    )
    [decision] = decide([question])
    if decision.status != ACCEPTED:
        raise NotAuthorized(decision)


def _prepare(evse: Evse, driver: User | None) -> None:
    """Higher floors may have to tell the station something first (a booking that is now being used)."""
    if driver is not None:
        for prepare in resolve_all(settings.BEFORE_REMOTE_START):
            prepare(evse=evse, driver=driver)


def _make_pending(evse: Evse, driver: User | None, token: IdToken | None, start: Start) -> ChargingSession:
    if start.token:
        _forget_start_token(start.token)
    return ChargingSession.objects.create(
        organization_id=evse.organization_id,
        station_id=evse.station_id,
        evse=evse,
        id_token=token,
        driver=driver,
        start_token=start.token.upper() or mint_token(),
        purpose=start.purpose,
        limits=start.limits.to_json(),
        status=ChargingSession.Status.PENDING,
        requested_at=clock.now(),
    )


def _forget_start_token(start_token: str) -> None:
    """An earlier start with the same token came to nothing; the token may be used again."""
    ChargingSession.objects.filter(
        start_token=start_token.upper(), status=ChargingSession.Status.ABANDONED
    ).update(start_token="")


def _ask_to_start(
    station: ChargingStation,
    evse: Evse,
    session: ChargingSession,
    requested_by: User | None,
    start: Start,
) -> None:
    kind = StartSession(
        evse_number=evse.number,
        token_uid=start.token or session.start_token,
        token_type=start.token_type,
        remote_start_id=session.number,
        limit_a=start.limit_a,
    )
    commands.request(
        station=station, kind=kind, requested_by=requested_by, expires_in=START_WITHIN, session=session
    )


def _tell_requested(session: ChargingSession) -> None:
    publish(
        SessionRequested(
            session_id=session.pk,
            organization_id=session.organization_id,
            station_id=session.station_id,
            evse_id=session.evse_id,
            driver_id=session.driver_id,
            at=clock.now(),
        )
    )
    nudge(f"session.{session.pk}", f"station.{session.station_id}", f"org.{session.organization_id}")

"""Start attempts: written where starts are asked for, followed by news, settled by a sweep.

Tokens shown at a station are noted by the recording itself (`recording.shown_tokens`). Every function
may be told twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from accounts.models import IdToken, User
from core import clock
from core.live import nudge
from stations import causes
from stations.command_kinds import StartSession
from stations.models import ChargingSession, Connector, DeviceEvent, Evse, StartAttempt, StationCommand

Outcome = StartAttempt.Outcome
Door = StartAttempt.Door
NOTHING_WH: Final = 10
"""A charge that took no more than this took nothing."""
WAITS_FOR: Final = timedelta(minutes=10)
"""How long after its token a session may begin (1.6 ConnectionTimeOut, 2.0.1 EVConnectionTimeOut)."""
SWEPT_AT_ONCE: Final = 500
TOLD_BEFORE: Final = timedelta(minutes=1)
EVENTS_LOOKED_AT: Final = 50
GUESSED: Final = ("vehicle", "connector", "network", "station")
"""Causes that we deduce; who was not allowed or did not pay was told so by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asked for a start, where and how. `reference` names what it was paid with."""

    evse: Evse
    door: str
    driver: User | None = None
    token: IdToken | None = None
    reference: str = ""
    asked_at: datetime | None = None


def door_of(
    *,
    user: User | None,
    token: IdToken | None,
    requested_by: User | None,
    purpose: str = ChargingSession.Purpose.CHARGE,
) -> str:
    """An operator asks for somebody else, a driver for herself, a guest has scanned the label."""
    if purpose == ChargingSession.Purpose.TEST:
        return Door.TEST
    if token is not None or (requested_by is not None and requested_by != user):
        return Door.REMOTE
    return Door.APP if user is not None else Door.QR


# --- asked for through us ---------------------------------------------------------------------------


@transaction.atomic
def note_asked(*, asked: Asked, session: ChargingSession) -> StartAttempt:
    """The start was allowed and the station is being asked."""
    attempt = _begin(asked)
    attempt.session, attempt.driver = session, session.driver
    attempt.token_uid = session.start_token
    _reach(attempt, "authorized", clock.now())
    return _saved(attempt)


@transaction.atomic
def note_refused(*, asked: Asked, cause: str, detail: str) -> StartAttempt:
    """Asked for and refused, before any station heard of it."""
    attempt = _begin(asked)
    _fail(attempt, cause, detail)
    return _saved(attempt)


@transaction.atomic
def note_unpaid(*, asked: Asked, code: str, was_left: bool) -> StartAttempt | None:
    """No money was held: declined, or the person left the payment page. None where it had begun."""
    known = StartAttempt.objects.filter(reference=asked.reference).first()
    if known is not None:
        return None
    attempt = _begin(asked)
    attempt.steps.pop("paid", None)
    attempt.reached = "asked"
    if was_left:
        attempt.outcome, attempt.ended_at, attempt.detail = Outcome.WITHDRAWN, clock.now(), code[:200]
    else:
        _fail(attempt, "payment", code)
    return _saved(attempt)


def _begin(asked: Asked) -> StartAttempt:
    began_at = asked.asked_at or clock.now()
    attempt = StartAttempt(
        organization_id=asked.evse.organization_id,
        station_id=asked.evse.station_id,
        evse=asked.evse,
        driver=asked.driver,
        id_token=asked.token,
        reference=asked.reference,
        door=asked.door,
        began_at=began_at,
    )
    _reach(attempt, "asked", began_at)
    if asked.reference:
        _reach(attempt, "paid", clock.now())
    return attempt


# --- followed ---------------------------------------------------------------------------------------


@transaction.atomic
def follow_started(*, session_id: int) -> StartAttempt:
    """A station told of a start: the attempt that led to it, or one of its own."""
    session = ChargingSession.objects.select_related("id_token").get(pk=session_id)
    attempt = _of_session(session) or _of_token(session) or _at_the_station(session)
    attempt.session = session
    attempt.evse_id = attempt.evse_id or session.evse_id
    attempt.driver_id = attempt.driver_id or session.driver_id
    _follow_command(attempt, session)
    _reach(attempt, "started", session.started_at or clock.now())
    if session.decision not in ("", "accepted"):
        _fail(attempt, "authorization", session.decision_reason or session.decision)
    return _saved(attempt)


@transaction.atomic
def follow_abandoned(*, session_id: int, reason: str) -> StartAttempt | None:
    """The station never began what was asked of it."""
    session = ChargingSession.objects.get(pk=session_id)
    attempt = _of_session(session)
    if attempt is None or attempt.outcome != Outcome.OPEN:
        return attempt
    command = _follow_command(attempt, session)
    if reason == "cancelled":
        attempt.outcome, attempt.ended_at, attempt.detail = Outcome.WITHDRAWN, clock.now(), reason
    else:
        cause = causes.cause_of_command(command.status if command else "") or causes.cause_of_abandoned(
            reason
        )
        word = command.answer_word if command else ""
        _fail(attempt, _fault(attempt) or cause, word or reason)
    return _saved(attempt)


@transaction.atomic
def follow_ended(*, session_id: int) -> StartAttempt | None:
    """The session is over, or long under way: did energy flow?"""
    session = ChargingSession.objects.get(pk=session_id)
    attempt = _of_session(session)
    if attempt is None or attempt.outcome == Outcome.SUCCEEDED:
        return attempt
    if session.energy_wh > NOTHING_WH:
        _succeed(attempt, session)
    elif session.status == ChargingSession.Status.COMPLETED and attempt.outcome == Outcome.OPEN:
        fault = _fault(attempt)
        cause = causes.cause_without_energy(session.phase, session.end_reason, has_fault=False)
        _fail(attempt, fault or cause, f"no energy: {session.end_reason}"[:200])
    return _saved(attempt)


def settle_open() -> int:
    """Sweep: charges that flow have succeeded; tokens that no session followed have not."""
    now = clock.now()
    flowing = Q(session__energy_wh__gt=NOTHING_WH) | Q(session__status="completed")
    lost = Q(session=None, began_at__lte=now - WAITS_FOR)
    due = StartAttempt.objects.filter(flowing | lost, outcome=Outcome.OPEN).order_by("began_at")
    found = list(due.values_list("pk", "session")[:SWEPT_AT_ONCE])
    for pk, session_id in found:
        if session_id is not None:
            follow_ended(session_id=session_id)
        else:
            _give_up(pk)
    return len(found)


@transaction.atomic
def explain_late(*, station_id: int, evse_number: int, code: str) -> bool:
    """An MREC that comes just after a start has failed is its cause, where we had to guess. Repeatable."""
    failed = StartAttempt.objects.filter(
        station=station_id,
        outcome=Outcome.FAILED,
        cause__in=GUESSED,
        ended_at__gte=clock.now() - TOLD_BEFORE,
    )
    if evse_number:
        failed = failed.filter(Q(evse=None) | Q(evse__number=evse_number))
    latest = failed.order_by("-ended_at").values("pk")[:1]
    return bool(StartAttempt.objects.filter(pk__in=latest).update(cause=code))


@transaction.atomic
def _give_up(pk: int) -> None:
    attempt = StartAttempt.objects.select_for_update().get(pk=pk)
    if attempt.outcome == Outcome.OPEN and attempt.session_id is None:
        _fail(attempt, _fault(attempt) or "vehicle", "nothing began")
        _saved(attempt)


# --- finding ----------------------------------------------------------------------------------------


def _of_session(session: ChargingSession) -> StartAttempt | None:
    return StartAttempt.objects.select_for_update().filter(session=session).first()


def _of_token(session: ChargingSession) -> StartAttempt | None:
    """The token that was shown there shortly before."""
    if not session.token_uid or session.started_at is None:
        return None
    same = Q(token_uid__iexact=session.token_uid)
    if session.id_token_id is not None:
        same |= Q(id_token=session.id_token_id)
    shown = StartAttempt.objects.select_for_update().filter(
        same,
        station_id=session.station_id,
        session=None,
        began_at__gte=session.started_at - WAITS_FOR,
        began_at__lte=max(session.started_at, session.created_at) + timedelta(minutes=1),
    )
    return shown.order_by("-began_at").first()


def _at_the_station(session: ChargingSession) -> StartAttempt:
    """It began without asking us first: a plug, an offline start, a token inside the start."""
    kind = session.id_token.type if session.id_token else ""
    began_at = session.started_at or session.created_at
    attempt = StartAttempt(
        organization_id=session.organization_id,
        station_id=session.station_id,
        id_token=session.id_token,
        token_uid=session.token_uid,
        door=causes.door_of_token(kind, session.token_uid),
        began_at=began_at,
    )
    _reach(attempt, "asked", began_at)
    return attempt


def _follow_command(attempt: StartAttempt, session: ChargingSession) -> StationCommand | None:
    """How far the command got that asked the station."""
    command = StationCommand.objects.filter(session=session, kind=StartSession.name).order_by("pk").last()
    if command is not None and command.sent_at is not None:
        _reach(attempt, "sent", command.sent_at)
        if command.status == StationCommand.Status.ACCEPTED and command.answered_at is not None:
            _reach(attempt, "accepted", command.answered_at)
    return command


def _fault(attempt: StartAttempt) -> str:
    """What the station told meanwhile, or its connector says is wrong right now; empty when nothing is."""
    if code := _code_of_event(attempt):
        return code
    where = Q(evse=attempt.evse_id) if attempt.evse_id else Q(evse__station=attempt.station_id)
    told = Connector.objects.filter(where).exclude(error_code="", info="")
    for error_code, info, status in told.values_list("error_code", "info", "status"):
        cause = causes.mrec_of(info, error_code)
        if cause or status == "faulted":
            return cause or causes.cause_of_fault(error_code or "Other", info)
    return ""


def _code_of_event(attempt: StartAttempt) -> str:
    """The latest MREC in the events (2.x NotifyEvent) of this place or its station since it began."""
    told = DeviceEvent.objects.filter(
        station=attempt.station_id, is_cleared=False, received_at__gte=attempt.began_at - TOLD_BEFORE
    )
    if attempt.evse is not None:
        told = told.filter(evse_number__in=(0, attempt.evse.number))
    texts = told.order_by("-received_at", "-pk").values_list("tech_code", "tech_info", "value")
    return next((code for said in texts[:EVENTS_LOOKED_AT] if (code := causes.mrec_of(*said))), "")


# --- changing ---------------------------------------------------------------------------------------


def _reach(attempt: StartAttempt, step: str, at: datetime) -> None:
    attempt.steps.setdefault(step, at.isoformat())
    if causes.STEPS.index(step) >= causes.STEPS.index(attempt.reached):
        attempt.reached = step


def _fail(attempt: StartAttempt, cause: str, detail: str) -> None:
    if attempt.outcome == Outcome.OPEN:
        attempt.outcome, attempt.cause = Outcome.FAILED, cause
        attempt.detail, attempt.ended_at = detail[:200], clock.now()


def _succeed(attempt: StartAttempt, session: ChargingSession) -> None:
    """Also what was thought lost: a token that was refused and charged all the same counts as energy."""
    _reach(attempt, "charging", session.last_reading_at or session.ended_at or clock.now())
    if attempt.outcome == Outcome.OPEN:
        attempt.outcome, attempt.cause, attempt.ended_at = Outcome.SUCCEEDED, "", clock.now()


def _saved(attempt: StartAttempt) -> StartAttempt:
    attempt.save()
    nudge(f"station.{attempt.station_id}", f"org.{attempt.organization_id}")
    return attempt

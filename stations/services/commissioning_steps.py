"""The steps of a commissioning, each through an installer's link. Doing one twice does it once."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from core import clock
from stations.command_kinds import StopSession, Unlock
from stations.models import (
    ChargingSession,
    CommissioningCheck,
    CommissioningLink,
    Connector,
    Evse,
    StartAttempt,
    StationCommand,
)
from stations.phases import ROTATIONS
from stations.services import commands, labels, sessions
from stations.services.changing import change
from stations.services.commissioning import changing, demand_open, note
from stations.states import OPEN_SESSION

TESTS: Final = 20
"""So many test charges of one link: it must not become a free filling station."""
TEST_LASTS: Final = timedelta(minutes=15)
TEST_WH: Final = 5_000
ASKED_AGAIN_AFTER: Final = timedelta(minutes=1)
UNLOCKS: Final = 20
NAME_CHARS: Final = 40


class TooManyTests(RuntimeError):
    """The link has used up its test charges."""


class NothingRuns(RuntimeError):
    """There is no test charge to stop."""


# --- sockets ---------------------------------------------------------------------------------------


@transaction.atomic
def tell_socket(*, link: CommissioningLink, evse: Evse, name: str) -> Evse | None:
    """This EVSE is the stall with this name. Where another has the name, the two change places.

    Returns that other one: what was found out about the labels of both has to be looked at again.
    """
    with changing(link) as link:
        demand_open(link)
    name = " ".join(name.split())[:NAME_CHARS]
    other = Evse.objects.filter(station_id=evse.station_id, name=name).exclude(pk=evse.pk).exclude(name="")
    swapped = other.first()
    if swapped is not None:
        change(row=swapped, actor=None, fields={"name": evse.name})
        CommissioningCheck.objects.filter(link=link, evse__in=[evse, swapped]).update(
            label="", label_at=None, socket_at=None
        )
    change(row=evse, actor=None, fields={"name": name})
    _check(link, evse, socket_at=clock.now(), socket_seen=_seen(link, evse))
    note(link, None, "tell_socket", evse=evse.number, name=name)
    return swapped


def _seen(link: CommissioningLink, evse: Evse) -> dict[str, str]:
    """The newest thing that the charger has told of this EVSE since the installer began, if anything."""
    began_at = link.claimed_at or link.made_at
    told = Connector.objects.filter(evse=evse, status_at__gte=began_at).order_by("-status_at").first()
    if told is None or told.status_at is None:
        return {}
    return {"said": told.detail or told.status, "at": told.status_at.isoformat()}


@transaction.atomic
def unlock(*, link: CommissioningLink, evse: Evse) -> StationCommand | None:
    """Ask the charger to unlock this EVSE, so that the installer hears where. None: asked already.

    Raises NotOpen, sessions.StationOffline.
    """
    with changing(link) as link:
        demand_open(link)
    _demand_connected(evse)
    asked = StationCommand.objects.filter(station_id=evse.station_id, kind=Unlock.name)
    waiting = asked.filter(status__in=["queued", "sent"], params__evse_number=evse.number)
    if waiting.exists() or asked.filter(created_at__gte=link.made_at).count() >= UNLOCKS:
        return None
    note(link, None, "unlock", evse=evse.number)
    return commands.request(station=evse.station, kind=Unlock(evse_number=evse.number))


def _demand_connected(evse: Evse) -> None:
    if not evse.station.is_connected:
        raise sessions.StationOffline(str(evse.station))


# --- phases ----------------------------------------------------------------------------------------


@transaction.atomic
def note_rotation(*, link: CommissioningLink, evse: Evse, rotation: str) -> None:
    """Which line of the grid is on which of the charger's, as the installer has measured it; "": not."""
    with changing(link) as link:
        demand_open(link)
    _check(link, evse, rotation=rotation if rotation in ROTATIONS else "")
    note(link, None, "note_rotation", evse=evse.number, rotation=rotation)


# --- the test charge -------------------------------------------------------------------------------


def reference_of(link: CommissioningLink) -> str:
    """What its start attempts are found by."""
    return f"commissioning.{link.pk}"


def tests_of(link: CommissioningLink) -> Q:
    """A condition on sessions: the test charges of this link."""
    attempts = StartAttempt.objects.filter(reference=reference_of(link)).values("session")
    return Q(pk__in=attempts, purpose=ChargingSession.Purpose.TEST)


def start_test(*, link: CommissioningLink, evse: Evse) -> ChargingSession:
    """An unbilled charge of a few minutes; one that runs there already is the answer too.

    Raises NotOpen, TooManyTests, sessions.StationOffline, EvseBusy, NotAuthorized.
    """
    with transaction.atomic(), changing(link) as link:
        demand_open(link)
        running = ChargingSession.objects.filter(tests_of(link), evse=evse, status__in=OPEN_SESSION)
        if (known := running.first()) is not None:
            return known
        if ChargingSession.objects.filter(tests_of(link)).count() >= TESTS:
            raise TooManyTests(str(TESTS))
        note(link, None, "start_test", evse=evse.number)
    purpose = ChargingSession.Purpose.TEST
    try:
        return sessions.request_start(evse=evse, reference=reference_of(link), purpose=purpose)
    except sessions.EvseBusy:
        if (known := running.first()) is not None:  # the form was sent twice at once
            return known
        raise


@transaction.atomic
def stop_test(*, link: CommissioningLink, evse: Evse) -> None:
    """Ask the charger to stop it, or let a start go that nothing has come of.

    Raises NothingRuns, sessions.StationOffline. An expired link may still stop what it has started.
    """
    running = ChargingSession.objects.filter(tests_of(link), evse=evse, status__in=OPEN_SESSION).first()
    if running is None:
        raise NothingRuns(str(evse))
    if not _is_being_stopped(running):
        sessions.request_stop(session=running)
        note(link, None, "stop_test", evse=evse.number)


def _is_being_stopped(session: ChargingSession, *, patience: timedelta = timedelta(0)) -> bool:
    """Asked and not answered; or asked so lately that it is too early to ask again."""
    asked = StationCommand.objects.filter(session=session, kind=StopSession.name)
    lately = Q(status__in=["queued", "sent"]) | Q(created_at__gt=clock.now() - patience)
    return asked.filter(lately).exists()


def stop_spent() -> int:
    """Sweep: a test charge that has lasted, or taken, enough; or whose link is dead. Returns how many."""
    active = ChargingSession.objects.filter(
        purpose=ChargingSession.Purpose.TEST,
        status=ChargingSession.Status.ACTIVE,
        station__is_connected=True,
    )
    spent = [session for session in active if _is_spent(session)]
    return sum(_stop(one) for one in spent if not _is_being_stopped(one, patience=ASKED_AGAIN_AFTER))


def _is_spent(session: ChargingSession) -> bool:
    has_lasted = session.started_at is not None and session.started_at <= clock.now() - TEST_LASTS
    return has_lasted or session.energy_wh >= TEST_WH or not _has_living_link(session)


def _has_living_link(session: ChargingSession) -> bool:
    attempt = StartAttempt.objects.filter(session=session).first()
    number = attempt.reference.rpartition(".")[2] if attempt else ""
    link = CommissioningLink.objects.filter(pk=number).first() if number.isdecimal() else None
    return link is not None and link.can_act


def _stop(session: ChargingSession) -> bool:
    try:
        sessions.request_stop(session=session)
    except sessions.StationOffline:
        return False
    return True


# --- labels ----------------------------------------------------------------------------------------


@transaction.atomic
def bind_label(*, link: CommissioningLink, evse: Evse, text: str) -> str:
    """The QR label on this stall leads to it. Raises NotOpen, labels.NotALabel, labels.LabelElsewhere."""
    with changing(link) as link:
        demand_open(link)
    said = labels.bind(evse=evse, text=text, link=link)
    _check(link, evse, label=said, label_at=clock.now())
    note(link, None, "bind_label", evse=evse.number, label=said)
    return said


def _check(link: CommissioningLink, evse: Evse, **found: object) -> None:
    CommissioningCheck.objects.update_or_create(
        link=link, evse=evse, defaults={"organization_id": link.organization_id, **found}
    )

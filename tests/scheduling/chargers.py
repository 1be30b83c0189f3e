"""Chargers that answer: what was ordered, what they say, what is in force."""

from __future__ import annotations

from core import clock
from scheduling import handlers
from scheduling.models import SentProfile
from scheduling.services import smart_charging
from stations.events import CommandAnswered
from stations.models import ChargingSession, ChargingStation, StationCommand
from stations.services import commands
from tests.scheduling.town import MINUTE, NOW


def ordered(purpose="session"):
    """Orders not sent yet, as (evse id, amps), oldest first."""
    found = SentProfile.objects.filter(purpose=purpose, command__status="queued").order_by("pk")
    return [(profile.evse_id, profile.limit_a) for profile in found]


def replan(location, at=NOW):
    with clock.at(at):
        return smart_charging.replan(location_id=location.pk)


def answer(at=NOW, outcome="accepted"):
    """Each station takes its oldest order; then they answer, and we hear of it as from the outbox.

    Defaults are always taken; `outcome` is what becomes of session limits.
    """
    with clock.at(at):
        stations = ChargingStation.objects.order_by("pk").values_list("pk", flat=True)
        claimed = [commands.claim_next(station_id=pk, connection_no=1) for pk in stations]
        for command in filter(None, claimed):
            how = outcome if command.session_id else "accepted"
            if how == "timed_out":
                commands.record_timeout(command_id=command.pk)
            else:
                commands.record_answer(command_id=command.pk, outcome=how)
            hear_of(command, how)


def hear_of(command, outcome):
    handlers.follow_power_answer(
        CommandAnswered(
            station_id=command.station_id,
            organization_id=command.organization_id,
            at=clock.now(),
            command_id=command.pk,
            kind=command.kind,
            status=outcome,
        )
    )


def settle(location, at=NOW):
    """Until nobody has anything to say any more."""
    replan(location, at)
    while StationCommand.objects.filter(status="queued").exists():
        answer(at)


def in_force():
    rows = SentProfile.objects.filter(purpose="session", status="accepted").order_by("evse")
    return {profile.evse_id: profile.limit_a for profile in rows}


def accept_session_limit(evse, amps, at=NOW - 10 * MINUTE):
    session = ChargingSession.objects.get(evse=evse)
    return SentProfile.objects.create(
        organization=evse.organization,
        station=evse.station,
        evse=evse,
        session=session,
        profile_id=201,
        purpose="session",
        limit_a=amps,
        status="accepted",
        sent_at=at,
        answered_at=at,
    )

"""Asking a station exactly what somebody wants: no records of ours are consulted, only the grammar.

An integrator tests a station by asking for what it should refuse: an unknown connector, a busy one.
So the station decides; only what no schema accepts is refused here, unless it is forced.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ApiToken, User
from stations.command_kinds import CommandKind, StopSession
from stations.models import BulkCommand, ChargingSession, ChargingStation, FileLink, StationCommand
from stations.services import commands, files, upkeep
from stations.services.translation import translator


class CannotBeAsked(ValueError):
    """The station's version has no words for it, or its schema refuses them. `can_be_forced` tells which."""

    def __init__(self, problems: Sequence[str], *, can_be_forced: bool) -> None:
        super().__init__("; ".join(problems))
        self.problems = list(problems)
        self.can_be_forced = can_be_forced


@transaction.atomic
def ask(
    *,
    station: ChargingStation,
    kind: CommandKind,
    requested_by: User | None,
    requested_with: ApiToken | None = None,
    expires_in: timedelta = commands.EXPIRES_IN,
    is_forced: bool = False,
    bulk: BulkCommand | None = None,
) -> StationCommand:
    """Queue a command as it was asked. Raises CannotBeAsked."""
    verdict = translator().judge(version=station.ocpp_version, kind=kind)
    if not verdict.is_sayable or (verdict.problems and not is_forced):
        raise CannotBeAsked(verdict.problems, can_be_forced=verdict.is_sayable)
    kind, link = _with_link(station, kind, requested_by)
    command = commands.request(
        station=station,
        kind=kind,
        requested_by=requested_by,
        requested_with=requested_with,
        expires_in=expires_in,
        session=_session_of(station, kind),
        is_forced=bool(verdict.problems),
        bulk=bulk,
    )
    if link is not None:
        files.belongs_to(link=link, command=command)
    return command


def _with_link(
    station: ChargingStation, kind: CommandKind, actor: User | None
) -> tuple[CommandKind, FileLink | None]:
    """Firmware and logs travel over a link of each station's own, when one of our files is named."""
    try:
        return upkeep.with_link(kind=kind, station=station, actor=actor)
    except upkeep.UnknownFile as refusal:
        raise CannotBeAsked([_("There is no such firmware file.")], can_be_forced=False) from refusal


def _session_of(station: ChargingStation, kind: CommandKind) -> ChargingSession | None:
    """The session that a stop names, when it is one of this station: its page then shows the command."""
    if not isinstance(kind, StopSession):
        return None
    return station.sessions.filter(number=kind.session_number).first()

"""Commands: the row is the command, the nudge only a tap on the shoulder (ARCHITECTURE section 4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from accounts.models import ApiToken, User
from core import clock
from core.events import publish
from core.live import nudge
from stations.command_kinds import CommandKind, StartSession, read_kind
from stations.events import CommandAnswered
from stations.models import BulkCommand, ChargingSession, ChargingStation, StationCommand
from stations.services.pending import abandon
from stations.services.sealing import opened, shown_and_sealed
from stations.services.transfers import follow_command, open_transfer
from stations.states import ANSWERED_COMMAND, COMMAND, sources

EXPIRES_IN: Final = timedelta(minutes=2)
ANSWER_WITHIN: Final = timedelta(minutes=2)
LARGEST_NUMBER: Final = 2**31 - 1

_CLAIM: Final = """
update stations_stationcommand
   set status = 'sent', sent_at = %(now)s, connection_no = %(connection_no)s
 where id = (select id from stations_stationcommand
              where station_id = %(station)s and status = 'queued' and expires_at > %(now)s
              order by id limit 1 for update skip locked)
returning id
"""


class NoSuchOutcome(ValueError):
    """A station can only accept, reject or fail a command."""


@transaction.atomic
def request(
    *,
    station: ChargingStation,
    kind: CommandKind,
    requested_by: User | None = None,
    expires_in: timedelta = EXPIRES_IN,
    session: ChargingSession | None = None,
    requested_with: ApiToken | None = None,
    is_forced: bool = False,
    bulk: BulkCommand | None = None,
) -> StationCommand:
    """Queue a command and tap the socket's owner after commit."""
    now = clock.now()
    shown, sealed = shown_and_sealed(kind.to_params())
    command = StationCommand.objects.create(
        organization_id=station.organization_id,
        station=station,
        session=session,
        kind=kind.name,
        params=shown,
        sealed=sealed,
        requested_by=requested_by,
        requested_with=requested_with,
        is_forced=is_forced,
        bulk=bulk,
        created_at=now,
        expires_at=now + expires_in,
    )
    _number(command)
    open_transfer(command=command)
    nudge(f"station.{station.pk}", f"command.{station.pk}")
    return command


def _number(command: StationCommand) -> None:
    """What the station will report about this names a number: the command's own, if none was given."""
    if command.params.get("request_number", 0) is None:
        command.params["request_number"] = command.pk & LARGEST_NUMBER
        command.save(update_fields=["params"])


def read(command: StationCommand) -> CommandKind:
    """What was asked, with its secrets. Raises UnknownKind or CannotOpen."""
    return read_kind(command.kind, opened(command.params, command.sealed))


def claim_next(*, station_id: int, connection_no: int) -> StationCommand | None:
    """Take the oldest queued command for sending; two claimers never get the same one."""
    parameters: dict[str, Any] = {"station": station_id, "connection_no": connection_no, "now": clock.now()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        row = cursor.fetchone()
    return StationCommand.objects.get(pk=row[0]) if row else None


@transaction.atomic
def record_answer(*, command_id: int, outcome: str, word: str = "", answer: Any = None) -> bool:
    """Write what came back. `outcome`: accepted, rejected or failed; `word` is the station's own.

    A late answer to a timed-out command counts. False when it had been answered already.
    """
    if outcome not in ANSWERED_COMMAND:
        raise NoSuchOutcome(outcome)
    changed = StationCommand.objects.filter(pk=command_id, status__in=sources(COMMAND, outcome)).update(
        status=outcome, answered_at=clock.now(), answer=answer, answer_word=word[:60]
    )
    if changed:
        _settle([command_id])
    return bool(changed)


@transaction.atomic
def record_timeout(*, command_id: int) -> bool:
    """No answer came in time; a later one still counts."""
    changed = StationCommand.objects.filter(pk=command_id, status__in=sources(COMMAND, "timed_out")).update(
        status=StationCommand.Status.TIMED_OUT
    )
    if changed:
        _settle([command_id])
    return bool(changed)


def withdraw(*, session: ChargingSession) -> int:
    """Commands for this session that have not left yet never will. Returns how many."""
    queued = StationCommand.objects.filter(session=session, status__in=sources(COMMAND, "expired"))
    return queued.update(status=StationCommand.Status.EXPIRED, sealed="")


def withdraw_all(*, station: ChargingStation) -> int:
    """Whatever has not left for this station yet never will. Returns how many."""
    queued = StationCommand.objects.filter(station=station, status__in=sources(COMMAND, "expired"))
    return queued.update(status=StationCommand.Status.EXPIRED, sealed="")


@transaction.atomic
def take_back(*, command: StationCommand) -> bool:
    """A command that has not left yet never will; False when it has."""
    queued = StationCommand.objects.filter(pk=command.pk, status__in=sources(COMMAND, "expired"))
    if not queued.update(status=StationCommand.Status.EXPIRED):
        return False
    _settle([command.pk])
    return True


@transaction.atomic
def expire_due() -> int:
    """Sweep: what could not be sent in time is worse late than never. Returns how many."""
    due = StationCommand.objects.filter(
        status__in=sources(COMMAND, "expired"), expires_at__lte=clock.now()
    ).select_for_update(skip_locked=True)
    return _move(due.order_by("pk").values_list("pk", flat=True), StationCommand.Status.EXPIRED)


@transaction.atomic
def time_out_unanswered() -> int:
    """Sweep: the process that sent these is gone. Returns how many."""
    lost = StationCommand.objects.filter(
        status=StationCommand.Status.SENT, sent_at__lte=clock.now() - ANSWER_WITHIN
    ).select_for_update(skip_locked=True)
    return _move(lost.order_by("pk").values_list("pk", flat=True), StationCommand.Status.TIMED_OUT)


def _move(ids: Iterable[int], status: str) -> int:
    chosen = list(ids)
    StationCommand.objects.filter(pk__in=chosen).update(status=status)
    _settle(chosen)
    return len(chosen)


def _settle(command_ids: list[int]) -> None:
    """Tell how these ended; a start that was refused or never sent lets its session go."""
    now = clock.now()
    commands = list(StationCommand.objects.filter(pk__in=command_ids).order_by("pk"))
    publish(*(_news(command, now) for command in commands))
    nudge(*(topic for command in commands for topic in _topics(command)))
    for command in commands:
        follow_command(command=command)
        if command.sealed:  # never sent: its secrets are of no more use
            StationCommand.objects.filter(pk=command.pk).update(sealed="")
        has_failed = command.status in ("rejected", "failed", "expired")
        if command.kind == StartSession.name and command.session_id and has_failed:
            abandon(session_id=command.session_id, reason=f"start_{command.status}")


def _topics(command: StationCommand) -> tuple[str, ...]:
    """The station's page, whoever waits for this answer, and the page of its bulk command."""
    bulk = () if command.bulk_id is None else (f"bulk.{command.bulk_id}",)
    return (f"station.{command.station_id}", f"answer.{command.pk}", *bulk)


def _news(command: StationCommand, now: datetime) -> CommandAnswered:
    return CommandAnswered(
        station_id=command.station_id,
        organization_id=command.organization_id,
        at=now,
        command_id=command.pk,
        kind=command.kind,
        status=command.status,
        session_id=command.session_id,
    )

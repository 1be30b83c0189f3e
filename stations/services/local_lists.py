"""Local lists kept in step with an organization's cards (1.6 section 5.15, 2.0.1 D01 and D02).

Off until an operator turns it on for a station. Then one message at a time goes out, the next when
the last one is answered; what is not certain is replaced by a full list. The answer is followed by
`follow`, everything else by `look`; a sweep looks at what is due.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from accounts.services import note_action
from core import clock
from core.live import nudge
from stations import selectors_local_lists as selectors
from stations.command_kinds import CommandKind, ReadLocalListVersion, ReadVariables, SendLocalList
from stations.list_steps import Step, next_step
from stations.models import ChargingStation, LocalList, StationCommand
from stations.services import commands

State = LocalList.State
LOOK_AGAIN: Final = timedelta(hours=6)
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)
ROOM_TOLD_WITHIN: Final = timedelta(seconds=10)
AT_A_TIME: Final = 200
MOST_CONFLICTS: Final = 3
LAST_VERSION: Final = 2_000_000_000
VALID_FOR: Final = timedelta(minutes=5)
CONFLICT: Final = "VersionMismatch"
UNKNOWN_WORDS: Final = frozenset({"NotSupported", "NotImplemented"})
OPEN: Final = (StationCommand.Status.QUEUED, StationCommand.Status.SENT)


_NOTHING_SENT: Final[dict[str, Any]] = {
    "is_certain": False,
    "entries": {},
    "sending": None,
    "command": None,
    "due_at": None,
}


# --- an operator's wish ----------------------------------------------------------------------


@transaction.atomic
def turn_on(*, station: ChargingStation, actor: User | None = None) -> LocalList:
    """Keep this station's list from now on; whatever it has is replaced."""
    held, _created = LocalList.objects.update_or_create(
        station=station,
        defaults={
            "organization_id": station.organization_id,
            "is_on": True,
            "state": State.BEHIND,
            "is_certain": False,
            "command": None,
            "refusals": 0,
            "word": "",
            "due_at": clock.now() + ROOM_TOLD_WITHIN,
        },
    )
    commands.request(
        station=station, kind=ReadVariables(names=selectors.names_for(station)), requested_by=actor
    )
    _note(held, actor, "local_list.turn_on")
    return held


@transaction.atomic
def turn_off(*, station: ChargingStation, actor: User | None = None) -> bool:
    """Keep it no longer, and empty it: a card that is blocked later must not go on charging."""
    held = LocalList.objects.select_for_update().filter(station=station, is_on=True).first()
    if held is None:
        return False
    if held.version or held.command_id:
        empty = SendLocalList(version=held.version + 1, is_full=True, entries=())
        commands.request(station=station, kind=empty, requested_by=actor, expires_in=LOOK_AGAIN)
    _set(held, is_on=False, state=State.BEHIND, version=held.version + 1, **_NOTHING_SENT)
    _note(held, actor, "local_list.turn_off")
    return True


@transaction.atomic
def send_again(*, station: ChargingStation, actor: User | None = None) -> bool:
    """Replace the whole list now; False when it is off."""
    held = LocalList.objects.select_for_update().filter(station=station, is_on=True).first()
    if held is None:
        return False
    _set(held, is_certain=False, state=State.BEHIND, refusals=0, command=None, due_at=clock.now())
    _note(held, actor, "local_list.send_again")
    look(station_id=station.pk)
    return True


# --- news ------------------------------------------------------------------------------------


def tokens_changed(*, organization_id: int) -> int:
    """Cards were issued, blocked or changed: look at every list of the organization. Returns how many.

    One that the station refused waits for its next try, and holds the change then.
    """
    lists = LocalList.objects.filter(organization_id=organization_id, is_on=True)
    waiting = (State.UNSUPPORTED, State.FAILED)
    return lists.exclude(state__in=waiting).update(due_at=clock.now())


@transaction.atomic
def follow(*, command: StationCommand) -> bool:
    """What the station said to our message. False when it is not the one we wait for."""
    held = LocalList.objects.select_for_update().filter(command=command, is_on=True).first()
    if held is None:
        return False
    held.word = command.answer_word
    if command.status not in ("accepted", "rejected", "failed"):
        _doubt(held)
    elif command.kind == ReadLocalListVersion.name:
        _follow_version(held, command)
    else:
        _follow_list(held, command)
    look(station_id=held.pk)
    return True


def _follow_version(held: LocalList, command: StationCommand) -> None:
    told = _number(command.answer_word) if command.status == "accepted" else None
    if told is None and command.answer_word not in UNKNOWN_WORDS:
        return _doubt(held)
    if told is None or told < 0:
        return _settle(held, state=State.UNSUPPORTED, due_at=None)
    if told == held.version and held.is_certain:
        return _settle(held, state=State.BEHIND, due_at=clock.now(), synced_at=clock.now())
    _settle(held, state=State.BEHIND, version=min(told, LAST_VERSION), is_certain=False, due_at=clock.now())


def _follow_list(held: LocalList, command: StationCommand) -> None:
    now = clock.now()
    if command.status == "accepted":
        sent = {"version": command.params["version"], "entries": held.sending or {}}
        return _settle(
            held, state=State.BEHIND, is_certain=True, refusals=0, synced_at=now, due_at=now, **sent
        )
    if command.answer_word in UNKNOWN_WORDS:
        return _settle(held, state=State.UNSUPPORTED, due_at=None)
    if command.answer_word == CONFLICT and held.refusals < MOST_CONFLICTS:
        return _mend(held, was_full=bool(command.params["is_full"]))
    _doubt(held)


def _mend(held: LocalList, *, was_full: bool) -> None:
    """Its version is not ours: replace the list; and if even that was refused, ask for its number."""
    state = State.ASKING if was_full else State.BEHIND
    _settle(held, state=state, is_certain=False, refusals=held.refusals + 1, due_at=clock.now())


def _doubt(held: LocalList) -> None:
    """We do not know what the station has now: the next message replaces it, after a growing pause."""
    pause = min(FIRST_PAUSE * 2 ** min(held.refusals, 10), LONGEST_PAUSE)
    doubtful = {"is_certain": False, "version": held.version + 1, "refusals": held.refusals + 1}
    _settle(held, state=State.FAILED, due_at=clock.now() + pause, **doubtful)


def _settle(held: LocalList, **fields: Any) -> None:
    _set(held, command=None, sending=None, word=held.word, **fields)


def _number(word: str) -> int | None:
    try:
        return int(word)
    except ValueError:
        return None


# --- the next message ------------------------------------------------------------------------


@transaction.atomic
def look(*, station_id: int) -> bool:
    """Send what is to be sent next; True when something was. Nothing while an answer is awaited."""
    lists = LocalList.objects.select_for_update(of=("self",)).select_related("station", "command")
    held = lists.filter(pk=station_id, is_on=True, station__is_connected=True).first()
    if held is None or held.state == State.UNSUPPORTED or _awaits_answer(held):
        return False
    if held.state == State.ASKING or _has_booted_since(held):
        return _send(held, ReadLocalListVersion(), state=State.ASKING)
    if held.due_at is None or held.due_at > clock.now():
        return False
    return _bring_in_step(held)


def _awaits_answer(held: LocalList) -> bool:
    return held.command is not None and held.command.status in OPEN


def _has_booted_since(held: LocalList) -> bool:
    """Then it may have lost its list, or have got another one."""
    booted_at = held.station.booted_at
    return held.is_certain and bool(booted_at and held.synced_at and booted_at > held.synced_at)


def _bring_in_step(held: LocalList) -> bool:
    room = selectors.room_of(held.station)
    wanted = selectors.wanted_list(held.station, room)
    held.left_out = wanted.left_out
    step = next_step(held.entries, wanted.entries, is_certain=held.is_certain, at_once=room.at_once)
    if step is None:
        due_at = clock.now() + LOOK_AGAIN
        _set(held, state=State.IN_STEP, refusals=0, command=None, left_out=held.left_out, due_at=due_at)
        return False
    return _send(held, _message(held, step), state=State.SENDING, sending=step.after)


def _message(held: LocalList, step: Step) -> SendLocalList:
    entries: Any = step.entries
    return SendLocalList(version=held.version + 1, is_full=step.is_full, entries=entries)


def _send(held: LocalList, kind: CommandKind, **fields: Any) -> bool:
    command = commands.request(station=held.station, kind=kind, expires_in=VALID_FOR)
    _set(held, command=command, left_out=held.left_out, due_at=None, **fields)
    return True


def look_at_due() -> int:
    """Sweep: what is due, and whatever station has started anew. Returns how many messages were sent."""
    due = Q(due_at__lte=clock.now()) | Q(is_certain=True, synced_at__lt=F("station__booted_at"))
    lists = LocalList.objects.filter(due, is_on=True, station__is_connected=True)
    chosen = lists.exclude(state=State.UNSUPPORTED).order_by("due_at").values_list("pk", flat=True)
    return sum(look(station_id=pk) for pk in chosen[:AT_A_TIME])


def _set(held: LocalList, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(held, name, value)
    held.save(update_fields=[*fields])
    nudge(f"station.{held.pk}")


def _note(held: LocalList, actor: User | None, action: str) -> None:
    note_action(
        actor=actor, organization=held.organization, action=action, subject=f"station.{held.station_id}"
    )

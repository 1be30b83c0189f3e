"""Looking through the journal: by station, action, direction, time and text, the newest first.

Pages follow a key (instant and row), so that what comes meanwhile moves nothing. A message that we
answered stands with its answer in one row; a station's answer to a call of ours is a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from core import clock
from ocpp_bridge.dialects.v16.mapping import SECRET_KEYS
from ocpp_bridge.dialects.v201.mapping import SECRET_VARIABLES
from ocpp_bridge.exchange import redact
from ocpp_bridge.journal import Entry
from ocpp_bridge.models import Frame

LOOK_BACK: Final = timedelta(days=2)
LOOK_BACK_EVERYWHERE: Final = timedelta(hours=1)
"""How far a search goes when no beginning is given: of one station, of all."""
SLOWEST_ANSWER: Final = timedelta(minutes=5)
PATIENCE_MS: Final = 4000
IS_ANSWER: Final = Q(body__startswith="[3") | Q(body__startswith="[4")
"""Whatever is not an answer counts as asked, garbage too: it is what an operator looks for."""
SECRETS: Final = SECRET_KEYS | SECRET_VARIABLES
DIRECTION: Final = Frame.Direction


class TooMuch(RuntimeError):
    """The search took too long: a station, or a shorter time, makes it smaller."""


class Place(NamedTuple):
    """Where a page ended: the next one holds what is older."""

    at: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; what is empty filters nothing. `station_ids` are those that may be seen."""

    station_ids: Sequence[int]
    action: str = ""
    direction: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    only_errors: bool = False
    before: Place | None = None

    @property
    def end(self) -> datetime:
        return self.until or clock.now() + timedelta(minutes=1)

    @property
    def start(self) -> datetime:
        """The given beginning; else some days of one station, an hour of many."""
        is_one = len(self.station_ids) == 1
        end = self.before.at if self.before and is_one else self.end
        return self.since or end - (LOOK_BACK if is_one else LOOK_BACK_EVERYWHERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One request and, when it came, its answer. `direction` is the request's: in, out."""

    id: int
    station_id: int
    at: datetime
    direction: str
    message_id: str
    action: str
    request: str
    answer: str | None
    took_ms: int | None
    is_error: bool

    @property
    def place(self) -> Place:
        return Place(self.at, self.id)


def find(search: Search, *, limit: int) -> list[Talk]:
    """The newest talks that fit, at most `limit`. Two queries. Raises TooMuch."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
            asked = list(_requests(search).order_by("-at", "-id")[:limit])
            answers = _answers(asked)
            cursor.execute("set local statement_timeout to default")
    except OperationalError as error:
        raise TooMuch from error
    return [_talk(request, answers.get((request.station_id, request.message_id))) for request in asked]


def find_all(search: Search, *, at_once: int = 500) -> Iterator[list[Talk]]:
    """Everything that fits, page by page. Raises TooMuch."""
    while talks := find(search, limit=at_once):
        yield talks
        search = replace(search, before=talks[-1].place)


def _requests(search: Search) -> QuerySet[Frame]:
    found = Frame.objects.filter(
        station_id__in=search.station_ids, at__gte=search.start, at__lt=search.end
    ).exclude(IS_ANSWER)
    if search.before:
        at, pk = search.before
        found = found.filter(Q(at__lt=at) | Q(at=at, id__lt=pk))
    if search.action:
        found = found.filter(action__iexact=search.action)
    if search.direction:
        found = found.filter(direction=search.direction)
    if search.only_errors:
        found = found.filter(Q(answer__startswith="[4") | _answered(Q(body__startswith="[4")))
    for word in search.text.split():
        inside = Q(body__icontains=word) | Q(answer__icontains=word)
        found = found.filter(inside | _answered(Q(body__icontains=word)))
    return found


def _answered(how: Q) -> Q:
    """Calls of ours that the station answered so."""
    answers = Frame.objects.filter(
        IS_ANSWER,
        how,
        station_id=OuterRef("station_id"),
        message_id=OuterRef("message_id"),
        direction=DIRECTION.IN,
        at__gte=OuterRef("at"),
        at__lte=OuterRef("at") + SLOWEST_ANSWER,
    )
    return Q(direction=DIRECTION.OUT) & Q(Exists(answers))


def _answers(asked: list[Frame]) -> dict[tuple[int, str], Frame]:
    """The stations' answers to calls of ours, by station and message id."""
    calls = [frame for frame in asked if frame.direction == DIRECTION.OUT]
    if not calls:
        return {}
    found = Frame.objects.filter(
        IS_ANSWER,
        station_id__in={frame.station_id for frame in calls},
        direction=DIRECTION.IN,
        at__gte=calls[-1].at,
        at__lte=calls[0].at + SLOWEST_ANSWER,
        message_id__in={frame.message_id for frame in calls},
    )
    return {(frame.station_id, frame.message_id): frame for frame in found}


def _talk(request: Frame, told: Frame | None) -> Talk:
    answer, answered_at = request.answer, request.answered_at
    if request.direction == DIRECTION.OUT and told is not None:
        answer, answered_at = told.body, told.at
    return Talk(
        id=request.pk,
        station_id=request.station_id,
        at=request.at,
        direction=request.direction,
        message_id=request.message_id,
        action=request.action,
        request=without_secrets(request.body),
        answer=without_secrets(answer) if answer else None,
        took_ms=round((answered_at - request.at).total_seconds() * 1000) if answered_at else None,
        is_error=answer.startswith("[4"),
    )


def without_secrets(text: str) -> str:
    """The same frame; a station that tells its password is not quoted."""
    lowered = text.lower()
    if not any(secret in lowered for secret in SECRETS):
        return text
    try:
        return orjson.dumps(redact(orjson.loads(text), SECRETS)).decode()
    except ValueError:
        return "•••"


def frames_between(*, station_id: int, since: datetime, until: datetime, limit: int) -> Iterator[Entry]:
    """Every frame both ways, in the order in which it was said; answers of ours after their messages."""
    rows = Frame.objects.filter(station_id=station_id, at__gte=since, at__lt=until).order_by("at", "id")
    said: list[tuple[Any, Entry]] = []
    for row in rows[:limit]:
        about = (row.message_id, row.action)
        said.append(((row.at, row.pk, 0), _entry(row, row.at, row.direction, row.body, about)))
        if row.answer:
            answered_at = row.answered_at or row.at
            reply = _entry(row, answered_at, DIRECTION.OUT, row.answer, about)
            said.append(((answered_at, row.pk, 1), reply))
    return (entry for _, entry in sorted(said, key=lambda pair: pair[0]))


def _entry(row: Frame, at: datetime, direction: str, body: str, about: tuple[str, str]) -> Entry:
    return Entry(row.station_id, at, str(direction), *about, without_secrets(body))

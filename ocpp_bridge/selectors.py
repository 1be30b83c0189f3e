"""What the bridge can tell: a station's conversation, who waits for it, who did not get in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from core import clock
from ocpp_bridge.models import FailedHandshake, Frame
from stations.models import ChargingStation, StationCommand

LOOK_BACK: Final = timedelta(days=2)
SLOWEST_ANSWER: Final = timedelta(minutes=5)
IS_ANSWER: Final = Q(body__startswith="[3") | Q(body__startswith="[4")
"""Whatever is not an answer counts as asked, garbage too: it is what an operator looks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One request and, when it came, its answer. `direction` is the request's: in, out."""

    id: int
    at: datetime
    direction: str
    message_id: str
    action: str
    request: str
    answer: str | None
    took_ms: int | None
    is_error: bool


def message_log(
    *, station_id: int, before: datetime | None = None, action: str = "", limit: int = 40
) -> list[Talk]:
    """The newest talks first, those before `before`; only `action` when given."""
    end = before or clock.now() + timedelta(minutes=1)
    frames = Frame.objects.filter(station_id=station_id, at__lt=end, at__gte=end - LOOK_BACK)
    requests = frames.exclude(IS_ANSWER)
    if action:
        requests = requests.filter(action=action)
    asked = list(requests.order_by("-at", "-id")[:limit])
    answers = _answers(station_id, asked)
    return [_talk(request, answers=answers) for request in asked]


def _answers(station_id: int, asked: list[Frame]) -> dict[str, Frame]:
    """The station's answers to calls of ours, by message id."""
    calls = [frame for frame in asked if frame.direction == Frame.Direction.OUT]
    if not calls:
        return {}
    found = Frame.objects.filter(
        station_id=station_id,
        direction=Frame.Direction.IN,
        at__gte=calls[-1].at,
        at__lte=calls[0].at + SLOWEST_ANSWER,
        message_id__in={frame.message_id for frame in calls},
    ).filter(IS_ANSWER)
    return {frame.message_id: frame for frame in found}


def _talk(request: Frame, *, answers: dict[str, Frame]) -> Talk:
    if request.direction == Frame.Direction.OUT and request.message_id in answers:
        told = answers[request.message_id]
        answer, answered_at = told.body, told.at
    else:
        answer, answered_at = request.answer, request.answered_at
    return Talk(
        id=request.pk,
        at=request.at,
        direction=request.direction,
        message_id=request.message_id,
        action=request.action,
        request=request.body,
        answer=answer or None,
        took_ms=round((answered_at - request.at).total_seconds() * 1000) if answered_at else None,
        is_error=answer.startswith("[4"),
    )


def stations_with_commands(station_ids: Collection[int]) -> list[int]:
    """Those of these stations for which commands are queued."""
    queued = StationCommand.objects.filter(
        status=StationCommand.Status.QUEUED, station_id__in=list(station_ids)
    )
    return list(queued.values_list("station_id", flat=True).distinct().order_by())


def taken_over(held: Mapping[int, int]) -> list[int]:
    """Stations whose newest connection is not the one we hold (station id -> connection number)."""
    numbers = ChargingStation.objects.filter(pk__in=list(held)).values_list("pk", "connection_no")
    return [pk for pk, connection_no in numbers if connection_no != held[pk]]


def failed_handshakes(*, identity: str = "", limit: int = 50) -> QuerySet[FailedHandshake]:
    """Who did not get in lately, newest first; of one identity when it is given."""
    failures = FailedHandshake.objects.order_by("-last_at")
    return (failures.filter(identity=identity) if identity else failures)[:limit]

"""A station's conversation under /api/v1/: the journal, request and answer together, the newest first."""

from __future__ import annotations

from typing import Any, Final

import orjson
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.rest.filters import Flag, Instant
from core.rest.views import Conflict
from ocpp_bridge import journal_search
from ocpp_bridge.journal_search import Place, Search, Talk, TooMuch
from stations.models import ChargingStation

ROWS: Final = 50
AT_MOST: Final = 500
NAMES: Final = ("action", "direction", "text", "from", "until", "errors", "cursor", "limit")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A heartbeat",
            value={
                "id": 90211,
                "at": "2026-03-01T12:00:00.120Z",
                "direction": "in",
                "message_id": "c-19",
                "action": "Heartbeat",
                "request": [2, "c-19", "Heartbeat", {}],
                "answer": [3, "c-19", {"currentTime": "2026-03-01T12:00:00.121Z"}],
                "took_ms": 4,
                "is_error": False,
            },
            response_only=True,
        )
    ]
)
class TalkSerializer(serializers.Serializer[Any]):
    """A message as it stood on the wire (secrets redacted) and, when it came, its answer.

    `direction`: in (from the station) or out. A message that is no JSON is given as text.
    """

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    direction = serializers.CharField()
    message_id = serializers.CharField()
    action = serializers.CharField()
    request = serializers.SerializerMethodField()
    answer = serializers.SerializerMethodField()
    took_ms = serializers.IntegerField(allow_null=True)
    is_error = serializers.BooleanField()

    @extend_schema_field(OpenApiTypes.ANY)
    def get_request(self, talk: Talk) -> Any:
        return _readable(talk.request)

    @extend_schema_field(OpenApiTypes.ANY)
    def get_answer(self, talk: Talk) -> Any:
        return _readable(talk.answer)


class JournalSerializer(serializers.Serializer[Any]):
    """`next` is the address of the older page; null at the end."""

    next = serializers.URLField(allow_null=True)
    results = TalkSerializer(many=True)


class Journal(APIView):
    """What a station and we said to each other."""

    scope = "journal"

    @extend_schema(
        parameters=[
            OpenApiParameter("action", str, description="only this OCPP action"),
            OpenApiParameter("direction", str, enum=["in", "out"], description="in: asked by the station"),
            OpenApiParameter("text", str, description="words that the message or its answer contains"),
            OpenApiParameter("from", OpenApiTypes.DATETIME, description="two days ago by default"),
            OpenApiParameter("until", OpenApiTypes.DATETIME),
            OpenApiParameter("errors", bool, description="only what was answered with an error"),
            OpenApiParameter("cursor", str, description="from `next`"),
            OpenApiParameter("limit", int, description=f"rows of a page, {ROWS}, at most {AT_MOST}"),
        ],
        responses=JournalSerializer,
    )
    def get(self, request: Request, identity: str) -> Response:
        station = get_object_or_404(ChargingStation.objects.visible_to(request.user), identity=identity)
        search, rows = _read(station.pk, {name: str(said) for name, said in request.query_params.items()})
        try:
            talks = journal_search.find(search, limit=rows)
        except TooMuch as error:
            raise Conflict(_("This took too long: a shorter time makes it smaller.")) from error
        older = _older(request, talks) if len(talks) == rows else None
        return Response({"next": older, "results": TalkSerializer(talks, many=True).data})


def _read(station_id: int, asked: dict[str, str]) -> tuple[Search, int]:
    """What the query looks for, and how many rows. Raises ValidationError, per name."""
    readers = {"from": Instant("").read, "until": Instant("").read, "errors": Flag("").read}
    readers |= {"limit": _rows, "cursor": _place, "direction": _direction}
    found: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name, text in asked.items():
        try:
            found[name] = (readers.get(name, _text) if name in NAMES else _unknown)(text)
        except ValueError as error:
            wrong[name] = [str(error)]
    if wrong:
        raise ValidationError(wrong)
    search = Search(
        station_ids=[station_id],
        action=found.get("action", ""),
        direction=found.get("direction", ""),
        text=found.get("text", ""),
        since=found.get("from"),
        until=found.get("until"),
        only_errors=found.get("errors", False),
        before=found.get("cursor"),
    )
    return search, found.get("limit", ROWS)


def _text(text: str) -> str:
    return text.replace("\0", "")


def _unknown(text: str) -> str:
    raise ValueError(_("There is no such filter here; there are: %(names)s.") % {"names": ", ".join(NAMES)})


def _rows(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(_("This must be a whole number."))
    return max(1, min(AT_MOST, int(text[:6])))


def _direction(text: str) -> str:
    if text not in ("in", "out"):
        raise ValueError(_("This must be one of: %(words)s.") % {"words": "in, out"})
    return text


def _place(text: str) -> Place:
    at, _tilde, pk = text.partition("~")
    try:
        found = Instant("").read(at)
        return Place(found, int(pk[:18]))
    except ValueError as error:
        raise ValueError(_("This cursor is not one of ours.")) from error


def _older(request: Request, talks: list[Talk]) -> str:
    query = request.query_params.copy()
    query["cursor"] = str(talks[-1].place)
    return request.build_absolute_uri(f"?{query.urlencode()}")


def _readable(text: str | None) -> Any:
    try:
        return None if text is None else orjson.loads(text)
    except orjson.JSONDecodeError:
        return text

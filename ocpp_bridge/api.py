"""A station's conversation under /api/v1/: the journal, request and answer together, the newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import orjson
from django.http import QueryDict
from django.shortcuts import get_object_or_404
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

from core.rest.filters import Instant
from ocpp_bridge import selectors
from ocpp_bridge.selectors import Talk
from stations.models import ChargingStation

ROWS: Final = 50
AT_MOST: Final = 500


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
            OpenApiParameter("before", OpenApiTypes.DATETIME, description="only what was said before"),
            OpenApiParameter("limit", int, description=f"rows of a page, {ROWS}, at most {AT_MOST}"),
        ],
        responses=JournalSerializer,
    )
    def get(self, request: Request, identity: str) -> Response:
        station = get_object_or_404(ChargingStation.objects.visible_to(request.user), identity=identity)
        asked = request.query_params
        rows = _rows(asked.get("limit", ""))
        talks = selectors.message_log(
            station_id=station.pk, before=_before(asked), action=asked.get("action", ""), limit=rows
        )
        older = _older(request, talks) if len(talks) == rows else None
        return Response({"next": older, "results": TalkSerializer(talks, many=True).data})


def _rows(text: str) -> int:
    if not text:
        return ROWS
    if not (text.isascii() and text.isdecimal()):
        raise ValidationError({"limit": ["This must be a whole number."]})
    return max(1, min(AT_MOST, int(text[:6])))


def _before(asked: QueryDict) -> datetime | None:
    if "before" not in asked:
        return None
    try:
        return Instant("").read(str(asked["before"]))
    except ValueError as error:
        raise ValidationError({"before": [str(error)]}) from error


def _older(request: Request, talks: list[Talk]) -> str:
    query = request.query_params.copy()
    query["before"] = talks[-1].at.isoformat()
    return request.build_absolute_uri(f"?{query.urlencode()}")


def _readable(text: str | None) -> Any:
    try:
        return None if text is None else orjson.loads(text)
    except orjson.JSONDecodeError:
        return text

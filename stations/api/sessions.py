"""Charging sessions: lists, readings, start, stop, release."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.api_access import caller
from accounts.models import IdToken, User
from accounts.selectors import own_rows, token_by_uid
from core import clock
from core.rest.filters import Choice, Either, Filters, Instant, Number, Text
from core.rest.views import Conflict, demand, read
from stations.models import ChargingSession, Evse, MeterReading
from stations.serializers import ReadingSerializer, SessionSerializer, StartRequest
from stations.serializers.commands import command_url
from stations.services import sessions

AROUND: Final = timedelta(minutes=5)
FLAGGED: Final = ~Q(review_reasons=[]) & Q(reviewed_at=None)


def visible_sessions(user: User) -> QuerySet[ChargingSession]:
    """Members see their network's sessions, drivers their own everywhere."""
    mine = Q(organization__in=user.organizations()) | own_rows("driver", user)
    return ChargingSession.objects.filter(mine).select_related("station", "evse", "organization")


class SessionViewSet(viewsets.ReadOnlyModelViewSet[ChargingSession]):
    """Members see their network's sessions, drivers their own everywhere."""

    scope = "sessions"
    serializer_class = SessionSerializer
    queryset = ChargingSession.objects.none()
    filters: ClassVar[Filters] = {
        "station": Text("station__identity"),
        "location": Number("station__location"),
        "evse_id": Text("evse__evse_id"),
        "token": Text("token_uid__iexact", "the token's uid as the station sent it"),
        "id_token": Number("id_token", "the token's id"),
        "status": Choice("status", words=ChargingSession.Status.values),
        "end_reason": Text("end_reason__iexact"),
        "number": Number("number"),
        "transaction_id": Text("transaction_id"),
        "started_from": Instant("started_at__gte"),
        "started_until": Instant("started_at__lt"),
        "ended_from": Instant("ended_at__gte"),
        "ended_until": Instant("ended_at__lt"),
        "needs_review": Either("", when_true=FLAGGED, when_false=~FLAGGED),
    }

    def get_queryset(self) -> QuerySet[ChargingSession]:
        return visible_sessions(caller(self.request))

    @extend_schema(request=StartRequest, responses={201: SessionSerializer})
    def create(self, request: Request) -> Response:
        """Ask to start at an EVSE: for the person who asks, or for a token of the EVSE's network."""
        asked, user = read(StartRequest, request), caller(request)
        open_to_her = Q(organization__in=user.organizations())
        if user.acting_for is None:
            open_to_her |= Q(station__location__is_public=True)
        evse = get_object_or_404(Evse.objects.filter(open_to_her), evse_id=asked["evse_id"])
        session = _start(evse, user, asked.get("token_uid"))
        return Response(SessionSerializer(session).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={202: None})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str | None = None) -> Response:
        """Ask to stop; the driver may, and whoever may command the station."""
        session, user = self.get_object(), caller(request)
        is_hers = session.driver_id == user.pk and user.acting_for is None
        demand(is_hers or permissions.may_command_stations(user, session.organization))
        try:
            command = sessions.request_stop(session=session, requested_by=user)
        except sessions.StationOffline as refusal:
            raise Conflict(type(refusal).__name__) from refusal
        headers = {} if command is None else {"Location": command_url(command)}
        return Response(status=status.HTTP_202_ACCEPTED, headers=headers)

    @extend_schema(request=None, responses={200: SessionSerializer})
    @action(detail=True, methods=["post"])
    def review(self, request: Request, pk: str | None = None) -> Response:
        """Release a flagged session for billing."""
        session, user = self.get_object(), caller(request)
        demand(permissions.may_review_sessions(user, session.organization))
        try:
            released = sessions.review(session=session, reviewed_by=user)
        except sessions.NothingToReview as refusal:
            raise Conflict("There is nothing to review.") from refusal
        return Response(SessionSerializer(released).data)


def _start(evse: Evse, user: User, token_uid: str | None) -> ChargingSession:
    token = _token(evse, user, token_uid)
    try:
        return sessions.request_start(evse=evse, user=None if token else user, token=token, requested_by=user)
    except sessions.NotAuthorized as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except (sessions.StationOffline, sessions.EvseBusy) as refusal:
        raise Conflict(type(refusal).__name__) from refusal


def _token(evse: Evse, user: User, token_uid: str | None) -> IdToken | None:
    """Whom an operator starts for; a program must say whom. Raises PermissionDenied, NotFound."""
    if token_uid is None:
        demand(user.acting_for is None)
        return None
    demand(permissions.may_command_stations(user, evse.organization))
    found = token_by_uid(token_uid)
    visible = IdToken.objects.visible_to(user)
    return get_object_or_404(visible, pk=found.pk if found else None)


@extend_schema_view(list=extend_schema(summary="A session's meter readings, the earliest first"))
class ReadingViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[MeterReading]):
    """A session's meter readings."""

    scope = "sessions"
    serializer_class = ReadingSerializer
    queryset = MeterReading.objects.none()
    ordering = ("taken_at", "pk")
    filters: ClassVar[Filters] = {
        "from": Instant("taken_at__gte"),
        "until": Instant("taken_at__lt"),
        "context": Text("context"),
    }

    def get_queryset(self) -> QuerySet[MeterReading]:
        if getattr(self, "swagger_fake_view", False):
            return MeterReading.objects.none()
        session = get_object_or_404(visible_sessions(caller(self.request)), pk=self.kwargs["session_pk"])
        return MeterReading.objects.filter(session=session, **_days(session))


def _days(session: ChargingSession) -> dict[str, Any]:
    """The time range lets PostgreSQL skip the other days' partitions."""
    if session.started_at is None:
        return {}
    end = session.ended_at or clock.now()
    return {"taken_at__gte": session.started_at - AROUND, "taken_at__lte": end + AROUND}

"""/api/v1/: thin. The same selectors and services as the pages; foreign rows are a 404."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.models import User
from stations.command_kinds import KINDS, CommandKind
from stations.models import ChargingSession, ChargingStation, Evse, Location, StationCommand
from stations.serializers import (
    CommandRequest,
    CommandSerializer,
    EvseSerializer,
    LocationSerializer,
    SessionSerializer,
    StartRequest,
    StationSerializer,
)
from stations.services import commands, sessions

PLAIN_KINDS: Final = frozenset({"unlock", "reset", "set_availability", "read_variables", "trigger"})
TECHNICAL_KINDS: Final = frozenset({"write_variables", "verbatim", "clear_power_limit"})
"""Only for those who manage hardware. Sessions, bookings and limits have services of their own."""


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class NamedFilters(BaseFilterBackend):
    """Query parameters that filter: a view's `filters` names them and the field that each compares."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        asked = {
            field: request.query_params[name]
            for name, field in view.filters.items()
            if name in request.query_params
        }
        try:
            return queryset.filter(**asked) if "\0" not in "".join(asked.values()) else queryset.none()
        except (ValueError, TypeError) as error:
            raise ValidationError({"detail": "A filter has a value that it cannot have."}) from error

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
            for name in view.filters
        ]


class LocationViewSet(viewsets.ReadOnlyModelViewSet[Location]):
    """The places of my organizations."""

    serializer_class = LocationSerializer
    queryset = Location.objects.none()
    filter_backends = (NamedFilters,)
    filters: ClassVar = {"city": "city__iexact", "slug": "slug"}

    def get_queryset(self) -> QuerySet[Location]:
        return Location.objects.visible_to(self.request.user).order_by("pk")


class StationViewSet(viewsets.ReadOnlyModelViewSet[ChargingStation]):
    """The charging stations of my organizations."""

    serializer_class = StationSerializer
    queryset = ChargingStation.objects.none()
    filter_backends = (NamedFilters,)
    filters: ClassVar = {"location": "location", "identity": "identity", "status": "status"}

    def get_queryset(self) -> QuerySet[ChargingStation]:
        return ChargingStation.objects.visible_to(self.request.user).order_by("pk")


class EvseViewSet(viewsets.ReadOnlyModelViewSet[Evse]):
    """The EVSEs of my organizations with their connectors."""

    serializer_class = EvseSerializer
    queryset = Evse.objects.none()
    filter_backends = (NamedFilters,)
    filters: ClassVar = {"station": "station", "location": "station__location", "evse_id": "evse_id"}

    def get_queryset(self) -> QuerySet[Evse]:
        visible = Evse.objects.visible_to(self.request.user)
        return visible.prefetch_related("connectors").order_by("pk")


class SessionViewSet(viewsets.ReadOnlyModelViewSet[ChargingSession]):
    """Members see their organization's sessions, drivers their own everywhere."""

    serializer_class = SessionSerializer
    queryset = ChargingSession.objects.none()
    filter_backends = (NamedFilters,)
    filters: ClassVar = {"station": "station", "evse": "evse", "status": "status", "number": "number"}

    def get_queryset(self) -> QuerySet[ChargingSession]:
        user = _user(self.request)
        mine = Q(organization__in=user.organizations()) | Q(driver=user)
        return ChargingSession.objects.filter(mine).order_by("-pk")

    @extend_schema(request=StartRequest, responses={201: SessionSerializer})
    def create(self, request: Request) -> Response:
        """Ask to start at a public EVSE for the person who asks."""
        asked = _read(StartRequest, request)
        user = _user(request)
        open_to_her = Q(station__location__is_public=True) | Q(organization__in=user.organizations())
        evse = get_object_or_404(Evse.objects.filter(open_to_her), pk=asked["evse"])
        try:
            session = sessions.request_start(evse=evse, user=user)
        except sessions.NotAuthorized as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except (sessions.StationOffline, sessions.EvseBusy) as refusal:
            raise Conflict(type(refusal).__name__) from refusal
        return Response(SessionSerializer(session).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={202: None})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str | None = None) -> Response:
        """Ask to stop; the driver may, and whoever may command the station."""
        session, user = self.get_object(), _user(request)
        may = session.driver_id == user.pk or permissions.may_command_stations(user, session.organization)
        if not may:
            raise PermissionDenied
        try:
            sessions.request_stop(session=session, requested_by=user)
        except sessions.StationOffline as refusal:
            raise Conflict(type(refusal).__name__) from refusal
        return Response(status=status.HTTP_202_ACCEPTED)


class CommandViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[StationCommand],
):
    """What my organizations' stations were asked to do, the latest first."""

    serializer_class = CommandSerializer
    queryset = StationCommand.objects.none()
    filter_backends = (NamedFilters,)
    filters: ClassVar = {"station": "station", "status": "status", "kind": "kind", "session": "session"}

    def get_queryset(self) -> QuerySet[StationCommand]:
        return StationCommand.objects.visible_to(self.request.user).order_by("-pk")

    @extend_schema(request=CommandRequest, responses={201: CommandSerializer})
    def create(self, request: Request) -> Response:
        """Queue a command; its row tells what becomes of it."""
        asked = _read(CommandRequest, request)
        user = _user(request)
        visible = ChargingStation.objects.visible_to(user).select_related("organization")
        station = get_object_or_404(visible, pk=asked["station"])
        _demand_right(user, station, asked["kind"])
        kind = _kind(asked["kind"], asked["params"])
        command = commands.request(station=station, kind=kind, requested_by=user)
        return Response(CommandSerializer(command).data, status=status.HTTP_201_CREATED)


def _user(request: Request) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _read(shape: type[CommandRequest] | type[StartRequest], request: Request) -> dict[str, Any]:
    asked = shape(data=request.data)
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _demand_right(user: User, station: ChargingStation, kind: str) -> None:
    if kind not in PLAIN_KINDS | TECHNICAL_KINDS:
        raise ValidationError({"kind": ["There is no such command here."]})
    may = permissions.may_manage_hardware if kind in TECHNICAL_KINDS else permissions.may_command_stations
    if not may(user, station.organization):
        raise PermissionDenied


def _kind(name: str, params: dict[str, Any]) -> CommandKind:
    try:
        return KINDS[name].from_params(params)
    except TypeError as error:
        raise ValidationError({"params": [str(error)]}) from error

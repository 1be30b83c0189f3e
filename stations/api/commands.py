"""Commands to stations: ask, see what became of it, take it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api_access import caller, token_of
from core.rest.filters import Choice, Filters, Flag, Instant, Number, Text, Uuid
from core.rest.views import Conflict, read
from stations.api.common import station_of
from stations.command_kinds import KINDS, CommandKind
from stations.command_shapes import BadParams, about, read_params, schema_of
from stations.models import StationCommand
from stations.permissions import may_ask, needs_of
from stations.serializers import CommandRequest, CommandSerializer, KindSerializer
from stations.serializers.commands import command_url
from stations.services import asking, commands
from stations.services.translation import translator
from stations.waiting import LONGEST_S, WAIT_FOR

VERSIONS: Final = ("1.6", "2.0.1", "2.1")
WAIT: Final = OpenApiParameter(
    "wait",
    int,
    description=f"Hold the request until the station has answered, at most so long (0 to {LONGEST_S} s).",
)
FILTERS: Final[Filters] = {
    "station": Text("station__identity"),
    "status": Choice("status", words=StationCommand.Status.values),
    "kind": Choice("kind", words=tuple(sorted(KINDS))),
    "action": Text("sent__action", "what went over the wire"),
    "session": Number("session"),
    "bulk": Uuid("bulk__public_id"),
    "requested_by": Text("requested_by__email__iexact"),
    "forced": Flag("is_forced"),
    "created_from": Instant("created_at__gte"),
    "created_until": Instant("created_at__lt"),
}


def visible_commands(request: Request) -> QuerySet[StationCommand]:
    visible = StationCommand.objects.visible_to(request.user)
    return visible.select_related("station", "requested_by", "requested_with", "bulk")


@extend_schema_view(retrieve=extend_schema(parameters=[WAIT]))
class CommandViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[StationCommand],
):
    """What my networks' stations were asked to do, the latest first."""

    scope = "commands"
    serializer_class = CommandSerializer
    queryset = StationCommand.objects.none()
    filters: ClassVar[Filters] = FILTERS

    def get_queryset(self) -> QuerySet[StationCommand]:
        return visible_commands(self.request)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        command = self.get_object()
        response = Response(CommandSerializer(command).data)
        return _hold(response, command, _wait(request))

    @extend_schema(responses={200: CommandSerializer, 409: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take back a command that has not left yet; it becomes `expired`."""
        command = self.get_object()
        if not may_ask(caller(request), command.station.organization, command.kind):
            raise PermissionDenied
        if not commands.take_back(command=command):
            raise Conflict(_("The command is on its way."))
        return Response(CommandSerializer(self.get_object()).data)


class StationCommandViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[StationCommand]):
    """What one station was asked to do, the latest first; and asking it something."""

    scope = "commands"
    serializer_class = CommandSerializer
    queryset = StationCommand.objects.none()
    filters: ClassVar[Filters] = {name: found for name, found in FILTERS.items() if name != "station"}

    def get_queryset(self) -> QuerySet[StationCommand]:
        if getattr(self, "swagger_fake_view", False):
            return StationCommand.objects.none()
        station = station_of(caller(self.request), self.kwargs["identity"])
        return visible_commands(self.request).filter(station=station)

    @extend_schema(
        request=CommandRequest,
        parameters=[WAIT],
        responses={200: CommandSerializer, 202: CommandSerializer},
    )
    def create(self, request: Request, identity: str) -> Response:
        """Ask a station something. Answers at once with 202 and the command's address in `Location`;
        with `?wait=` 200 and what the station said, also when it refused. The command is durable: it waits
        for the station until it expires."""
        user = caller(request)
        station = station_of(user, identity)
        asked, wait_s = read(CommandRequest, request), _wait(request)
        if not may_ask(user, station.organization, asked["kind"]):
            raise PermissionDenied(_("Your role cannot send this command."))
        kind = read_kind(asked["kind"], asked["params"])
        try:
            command = asking.ask(
                station=station,
                kind=kind,
                requested_by=user,
                requested_with=token_of(request),
                expires_in=timedelta(seconds=asked["expires_in_s"]),
                is_forced=asked["force"],
            )
        except asking.CannotBeAsked as refusal:
            raise ValidationError(_refusal(refusal)) from refusal
        found = visible_commands(request).get(pk=command.pk)
        headers = {"Location": command_url(command)}
        response = Response(CommandSerializer(found).data, status=status.HTTP_202_ACCEPTED, headers=headers)
        return _hold(response, command, wait_s)


class KindList(APIView):
    """Every kind of command: which OCPP versions have it, and its parameters as JSON Schema."""

    scope = "commands"

    @extend_schema(responses=KindSerializer(many=True))
    def get(self, request: Request) -> Response:
        known = {version: translator().kinds(version) for version in VERSIONS}
        described = [
            {
                "kind": name,
                "description": about(kind),
                "versions": [version for version, kinds in known.items() if name in kinds],
                "needs": needs_of(name),
                "params": schema_of(kind),
            }
            for name, kind in sorted(KINDS.items())
        ]
        return Response(KindSerializer(described, many=True).data)


def read_kind(name: str, params: Any) -> CommandKind:
    """The command that somebody asks for. Raises ValidationError, per parameter."""
    try:
        return read_params(KINDS[name], params)
    except BadParams as error:
        raise ValidationError({"params": error.problems}) from error


def _refusal(refusal: asking.CannotBeAsked) -> dict[str, Any]:
    body: dict[str, Any] = {"params": refusal.problems}
    if refusal.can_be_forced:
        body["force"] = [_("Set force to true to send it all the same.")]
    return body


def _wait(request: Request) -> int:
    text = request.query_params.get("wait", "0")
    if not (text.isascii() and text.isdecimal() and int(text[:4]) <= LONGEST_S):
        raise ValidationError({"wait": [_("This must be 0 to %(most)s seconds.") % {"most": LONGEST_S}]})
    return int(text)


def _hold(response: Response, command: StationCommand, wait_s: int) -> Response:
    """Leave the waiting to `stations.waiting`, around Django: no thread is held meanwhile."""
    if wait_s and command.status in ("queued", "sent"):
        response[WAIT_FOR] = f"{command.pk} {wait_s} {command_url(command)}"
    return response

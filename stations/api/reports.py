"""What stations report beside sessions and states, of all stations of my networks, the newest first."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.api_access import caller
from core.rest.filters import Choice, Either, Filters, Flag, Instant, Number, Text
from core.rest.views import Conflict, demand, read
from stations import causes
from stations.api.common import station_of
from stations.command_kinds import ClearMonitors
from stations.models import SecurityEvent, StartAttempt, StationCertificate, StationTransfer, VariableMonitor
from stations.permissions import may_ask
from stations.serializers.commands import CommandSerializer, command_url
from stations.serializers.reports import (
    AttemptSerializer,
    CertificateSerializer,
    MonitorSerializer,
    ResolvedSerializer,
    ResolveRequest,
    RevokeRequest,
    SecurityEventSerializer,
    TransferSerializer,
)
from stations.services import certificate_delivery, certificates, commands, notices

OF_STATION: Filters = {
    "station": Text("station__identity"),
    "location": Number("station__location", "the id of the place"),
}
_OPEN: Q = Q(is_urgent=True, resolved_at=None)


class AttemptViewSet(viewsets.ReadOnlyModelViewSet[StartAttempt]):
    """Every try to start a charge at my stations, also when no session followed."""

    scope = "sessions"
    serializer_class = AttemptSerializer
    queryset = StartAttempt.objects.none()
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    ordering = ("-began_at", "-pk")
    filters: ClassVar[Filters] = {
        **OF_STATION,
        "evse_id": Text("evse__evse_id"),
        "session": Number("session"),
        "token": Text("token_uid__iexact", "the token's uid as the station sent it"),
        "door": Choice("door", words=StartAttempt.Door.values),
        "outcome": Choice("outcome", words=StartAttempt.Outcome.values),
        "cause": Choice("cause", words=causes.CAUSES),
        "began_from": Instant("began_at__gte"),
        "began_until": Instant("began_at__lt"),
    }

    def get_queryset(self) -> QuerySet[StartAttempt]:
        return StartAttempt.objects.visible_to(self.request.user).select_related("station", "evse")


class TransferViewSet(viewsets.ReadOnlyModelViewSet[StationTransfer]):
    """Firmware on its way to my stations, and logs on their way from them. Begin one with a command."""

    scope = "stations"
    serializer_class = TransferSerializer
    queryset = StationTransfer.objects.none()
    filters: ClassVar[Filters] = {
        **OF_STATION,
        "kind": Choice("kind", words=StationTransfer.Kind.values),
        "status": Choice("status", words=StationTransfer.Status.values),
        "command": Number("command"),
        "requested_from": Instant("requested_at__gte"),
        "requested_until": Instant("requested_at__lt"),
    }

    def get_queryset(self) -> QuerySet[StationTransfer]:
        return StationTransfer.objects.visible_to(self.request.user).select_related("station")


class CertificateViewSet(viewsets.ReadOnlyModelViewSet[StationCertificate]):
    """The certificates that our authority signed for my stations."""

    scope = "stations"
    serializer_class = CertificateSerializer
    queryset = StationCertificate.objects.none()
    filters: ClassVar[Filters] = {
        **OF_STATION,
        "use": Choice("use", words=StationCertificate.Use.values),
        "status": Choice("status", words=StationCertificate.Status.values),
        "serial_number": Text("serial_number__iexact"),
        "valid_until_from": Instant("valid_until__gte"),
        "valid_until_until": Instant("valid_until__lt", "ends before then"),
    }

    def get_queryset(self) -> QuerySet[StationCertificate]:
        visible = StationCertificate.objects.visible_to(self.request.user)
        return visible.select_related("station__organization", "command")

    @extend_schema(request=None, responses={200: CertificateSerializer})
    @action(detail=True, methods=["post"], url_path="send-again")
    def send_again(self, request: Request, pk: str | None = None) -> Response:
        """One that did not arrive, or was refused by the station, goes out once more."""
        found, user = self.get_object(), caller(request)
        demand(permissions.may_manage_hardware(user, found.station.organization))
        try:
            certificate_delivery.send_again(certificate=found, actor=user)
        except certificate_delivery.NothingToSend as refusal:
            raise Conflict("It is there, on its way, over, or a newer one has taken its place.") from refusal
        return Response(CertificateSerializer(self.get_queryset().get(pk=found.pk)).data)

    @extend_schema(request=RevokeRequest, responses={200: CertificateSerializer})
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str | None = None) -> Response:
        """From now on nobody comes in with it; a station that is in with it goes out."""
        found, user = self.get_object(), caller(request)
        demand(permissions.may_manage_hardware(user, found.station.organization))
        because = read(RevokeRequest, request)["because"]
        try:
            certificates.revoke(certificate=found, because=because, actor=user)
        except certificates.NotRevocable as refusal:
            raise Conflict("It is not in use any more.") from refusal
        return Response(CertificateSerializer(self.get_queryset().get(pk=found.pk)).data)


class MonitorViewSet(viewsets.ReadOnlyModelViewSet[VariableMonitor]):
    """The monitors that my stations keep on their variables. Set one with the command `set_monitor`."""

    scope = "stations"
    serializer_class = MonitorSerializer
    queryset = VariableMonitor.objects.none()
    filters: ClassVar[Filters] = {
        **OF_STATION,
        "number": Number("number", "the station's own id of it"),
        "component": Text("component__iexact"),
        "variable": Text("variable__iexact"),
        "evse_number": Number("evse_number"),
        "kind": Text("kind__iexact"),
        "severity": Number("severity__lte", "this severe or worse; 0 is danger, 9 debug"),
    }

    def get_queryset(self) -> QuerySet[VariableMonitor]:
        visible = VariableMonitor.objects.visible_to(self.request.user)
        return visible.select_related("station__organization")

    @extend_schema(responses={202: CommandSerializer})
    def destroy(self, request: Request, pk: str | None = None) -> Response:
        """Ask the station to clear it; it is gone from here when the station has agreed."""
        found, user = self.get_object(), caller(request)
        demand(may_ask(user, found.station.organization, ClearMonitors.name))
        kind = ClearMonitors(numbers=(found.number,))
        asked = commands.request(station=found.station, kind=kind, requested_by=user)
        headers = {"Location": command_url(asked)}
        body = CommandSerializer(asked, context={"request": request}).data
        return Response(body, status=status.HTTP_202_ACCEPTED, headers=headers)


class SecurityEventViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[SecurityEvent]
):
    """What my stations told about their security."""

    scope = "stations"
    serializer_class = SecurityEventSerializer
    queryset = SecurityEvent.objects.none()
    filters: ClassVar[Filters] = {
        **OF_STATION,
        "type": Text("type__iexact"),
        "urgent": Flag("is_urgent"),
        "open": Either("nobody has looked at it yet", when_true=_OPEN, when_false=~_OPEN),
        "received_from": Instant("received_at__gte"),
        "received_until": Instant("received_at__lt"),
    }

    def get_queryset(self) -> QuerySet[SecurityEvent]:
        return SecurityEvent.objects.visible_to(self.request.user).select_related("station")

    @extend_schema(request=ResolveRequest, responses={200: ResolvedSerializer}, filters=False)
    @action(detail=False, methods=["post"])
    def resolve(self, request: Request, **kwargs: Any) -> Response:
        """A person has looked at all that a station told so far."""
        user = caller(request)
        station = station_of(user, read(ResolveRequest, request)["station"])
        demand(permissions.may_command_stations(user, station.organization))
        count = notices.resolve_security_events(station=station, actor=user)
        return Response(ResolvedSerializer({"resolved": count}).data)

"""Places, stations, EVSEs and the settings that stations reported."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.api_access import caller, organization_for
from core.rest.filters import Choice, Filters, Flag, Number, Text
from core.rest.views import Conflict, demand, read
from stations.api.common import station_of
from stations.models import ChargingStation, Connector, DeviceVariable, Evse, Location
from stations.selectors_bulk import STATION_FILTERS
from stations.serializers import (
    EvseRequest,
    EvseSerializer,
    LocationSerializer,
    PasswordSerializer,
    StationRequest,
    StationSerializer,
    VariableSerializer,
)
from stations.services import changing, provisioning
from stations.states import CONNECTOR_STATUSES


class LocationViewSet(viewsets.ModelViewSet[Location]):
    """The places of my networks."""

    scope = "stations"
    http_method_names = ("get", "post", "patch", "delete", "head", "options")
    serializer_class = LocationSerializer
    queryset = Location.objects.none()
    ordering = "pk"
    filters: ClassVar[Filters] = {
        "city": Text("city__iexact"),
        "slug": Text("slug"),
        "country_code": Text("country_code__iexact"),
        "is_public": Flag("is_public"),
    }

    def get_queryset(self) -> QuerySet[Location]:
        return Location.objects.visible_to(self.request.user)

    def perform_create(self, serializer: serializers.BaseSerializer[Location]) -> None:
        user, fields = caller(self.request), dict(serializer.validated_data)
        organization = organization_for(user, fields.pop("organization", None))
        demand(permissions.may_manage_hardware(user, organization))
        serializer.instance = provisioning.create_location(organization=organization, actor=user, **fields)

    def perform_update(self, serializer: serializers.BaseSerializer[Location]) -> None:
        user, location = caller(self.request), self.get_object()
        demand(permissions.may_manage_hardware(user, location.organization))
        serializer.validated_data.pop("organization", None)  # a place stays in its network
        serializer.instance = changing.change(row=location, actor=user, fields=serializer.validated_data)

    def perform_destroy(self, instance: Location) -> None:
        user = caller(self.request)
        demand(permissions.may_manage_hardware(user, instance.organization))
        _remove(instance, user)


@extend_schema_view(
    create=extend_schema(request=StationRequest, responses={201: PasswordSerializer}),
)
class StationViewSet(viewsets.ModelViewSet[ChargingStation]):
    """The charging stations of my networks."""

    scope = "stations"
    http_method_names = ("get", "post", "patch", "delete", "head", "options")
    serializer_class = StationSerializer
    queryset = ChargingStation.objects.none()
    lookup_field = "identity"
    lookup_value_regex = "[^/]+"
    ordering = "pk"
    filters: ClassVar[Filters] = STATION_FILTERS

    def get_queryset(self) -> QuerySet[ChargingStation]:
        return ChargingStation.objects.visible_to(self.request.user).select_related("organization")

    def create(self, request: Request) -> Response:
        """A new station; its password is in the answer and nowhere else."""
        asked, user = read(StationRequest, request), caller(request)
        location = get_object_or_404(Location.objects.visible_to(user), pk=asked.pop("location"))
        demand(permissions.may_manage_hardware(user, location.organization))
        plans = [provisioning.EvsePlan(**plan) for plan in asked.pop("evses", [])]
        try:
            station, password = provisioning.create_station(
                location=location, actor=user, evses=plans, **asked
            )
        except provisioning.IdentityTaken as taken:
            raise Conflict("This identity is taken.") from taken
        body = PasswordSerializer({"identity": station.identity, "password": password}).data
        return Response(body, status=status.HTTP_201_CREATED)

    def perform_update(self, serializer: serializers.BaseSerializer[ChargingStation]) -> None:
        user, station = caller(self.request), self.get_object()
        demand(permissions.may_manage_hardware(user, station.organization))
        fields = dict(serializer.validated_data)
        if "location" in fields and fields["location"].organization_id != station.organization_id:
            raise serializers.ValidationError({"location": ["This is not a place of its network."]})
        serializer.instance = changing.change(row=station, actor=user, fields=fields)

    def perform_destroy(self, instance: ChargingStation) -> None:
        user = caller(self.request)
        demand(permissions.may_manage_hardware(user, instance.organization))
        _remove(instance, user)

    @extend_schema(request=None, responses={200: PasswordSerializer})
    @action(detail=True, methods=["post"])
    def password(self, request: Request, identity: str) -> Response:
        """A new password, shown only now; the old one ends with the station's next connection."""
        user, station = caller(request), station_of(caller(request), identity)
        demand(permissions.may_manage_hardware(user, station.organization))
        fresh = provisioning.rotate_password(station=station, actor=user)
        return Response(PasswordSerializer({"identity": station.identity, "password": fresh}).data)


def _remove(row: Location | ChargingStation, user: Any) -> None:
    try:
        changing.remove(row=row, actor=user)
    except changing.StillNeeded as needed:
        raise Conflict(str(needed)) from needed


@extend_schema_view(create=extend_schema(request=EvseRequest, responses={201: EvseSerializer}))
class EvseViewSet(
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    viewsets.ReadOnlyModelViewSet[Evse],
):
    """The EVSEs of my networks with their connectors. Their public ids are never reused: none is deleted."""

    scope = "stations"
    http_method_names = ("get", "post", "patch", "head", "options")
    serializer_class = EvseSerializer
    queryset = Evse.objects.none()
    ordering = "pk"
    filters: ClassVar[Filters] = {
        "station": Text("station__identity"),
        "location": Number("station__location"),
        "evse_id": Text("evse_id"),
        "code": Text("code__iexact"),
        "status": Choice("connectors__status", "of a connector", words=CONNECTOR_STATUSES),
        "standard": Choice("connectors__standard", words=Connector.Standard.values),
        "current_type": Choice("current_type", words=Evse.Current.values),
        "online": Flag("station__is_connected"),
    }

    def get_queryset(self) -> QuerySet[Evse]:
        visible = Evse.objects.visible_to(self.request.user)
        return visible.select_related("station", "organization").prefetch_related("connectors").distinct()

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        asked, user = read(EvseRequest, request), caller(request)
        station = station_of(user, asked.pop("station"))
        demand(permissions.may_manage_hardware(user, station.organization))
        number = asked.pop("number")
        if station.evses.filter(number=number).exists():
            raise Conflict("The station has an EVSE with this number.")
        evse = provisioning.add_evse(station=station, number=number, plan=provisioning.EvsePlan(**asked))
        return Response(EvseSerializer(evse).data, status=status.HTTP_201_CREATED)

    def perform_update(self, serializer: serializers.BaseSerializer[Evse]) -> None:
        user, evse = caller(self.request), self.get_object()
        demand(permissions.may_manage_hardware(user, evse.organization))
        serializer.instance = changing.change(row=evse, actor=user, fields=serializer.validated_data)


class VariableViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[DeviceVariable]):
    """A station's configuration and device model, as it last reported them."""

    scope = "stations"
    serializer_class = VariableSerializer
    queryset = DeviceVariable.objects.none()
    ordering = ("component", "variable", "pk")
    filters: ClassVar[Filters] = {
        "component": Text("component__iexact"),
        "variable": Text("variable__iexact"),
        "evse_number": Number("evse_number"),
        "attribute": Text("attribute__iexact"),
        "mutability": Text("mutability__iexact"),
    }

    def get_queryset(self) -> QuerySet[DeviceVariable]:
        if getattr(self, "swagger_fake_view", False):
            return DeviceVariable.objects.none()
        station = station_of(caller(self.request), self.kwargs["identity"])
        return DeviceVariable.objects.filter(station=station)

"""Places, stations, EVSEs, settings."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from stations.models import ChargingStation, Connector, DeviceVariable, Evse, Location


class ConnectorSerializer(serializers.ModelSerializer[Connector]):
    """A plug or socket. `status` is coarse, `detail` the station's own word."""

    class Meta:
        model = Connector
        fields = (
            "id",
            "number",
            "standard",
            "has_cable",
            "status",
            "detail",
            "error_code",
            "info",
            "status_at",
        )
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "An EVSE that charges",
            value={
                "id": 31,
                "evse_id": "DE*NWC*E00012*1",
                "number": 1,
                "name": "Stall 1",
                "code": "K7QX2M",
                "station": "HUB-1",
                "location": 4,
                "current_type": "ac",
                "phases": 3,
                "max_power_w": 22000,
                "max_current_a": 32,
                "connectors": [
                    {
                        "id": 40,
                        "number": 1,
                        "standard": "IEC_62196_T2",
                        "has_cable": False,
                        "status": "occupied",
                        "detail": "Charging",
                        "error_code": "NoError",
                        "info": "",
                        "status_at": "2026-03-01T12:00:00Z",
                    }
                ],
            },
            response_only=True,
        )
    ]
)
class EvseSerializer(serializers.ModelSerializer[Evse]):
    """Serves one car at a time. `evse_id` is public and permanent."""

    station = serializers.CharField(source="station.identity", read_only=True)
    location = serializers.IntegerField(source="station.location_id", read_only=True)
    connectors = ConnectorSerializer(many=True, read_only=True)

    class Meta:
        model = Evse
        fields = (
            "id",
            "evse_id",
            "number",
            "name",
            "code",
            "station",
            "location",
            "current_type",
            "phases",
            "max_power_w",
            "max_current_a",
            "connectors",
        )
        read_only_fields = ("id", "evse_id", "number", "code")


class EvsePlanRequest(serializers.Serializer[Any]):
    """An EVSE to be made, with one connector per standard."""

    name = serializers.CharField(max_length=40, required=False, allow_blank=True)
    current_type = serializers.ChoiceField(Evse.Current.choices, required=False)
    phases = serializers.ChoiceField([1, 2, 3], required=False)
    max_power_w = serializers.IntegerField(min_value=1, max_value=10_000_000, required=False)
    max_current_a = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    has_cable = serializers.BooleanField(required=False)
    standards = serializers.ListField(
        child=serializers.ChoiceField(Connector.Standard.choices), min_length=1, max_length=4, required=False
    )


class EvseRequest(EvsePlanRequest):
    """A new EVSE of a station of mine."""

    station = serializers.CharField(max_length=48)
    number = serializers.IntegerField(min_value=1, max_value=1000)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A new place",
            value={
                "name": "Harbour",
                "slug": "harbour",
                "address": "Am Kai 1",
                "city": "Hamburg",
                "country_code": "DE",
                "latitude": "53.540000",
                "longitude": "9.980000",
                "time_zone": "Europe/Berlin",
            },
            request_only=True,
        )
    ]
)
class LocationSerializer(serializers.ModelSerializer[Location]):
    """A place where people charge."""

    class Meta:
        model = Location
        fields = (
            "id",
            "organization",
            "name",
            "slug",
            "address",
            "city",
            "postal_code",
            "country_code",
            "latitude",
            "longitude",
            "time_zone",
            "is_public",
            "freezes_prices",
        )
        extra_kwargs: ClassVar = {
            "organization": {"required": False, "help_text": "needed by members of several networks only"}
        }


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A station that is online",
            value={
                "id": 12,
                "identity": "HUB-1",
                "name": "Hub 1",
                "location": 4,
                "registration": "accepted",
                "security_profile": 1,
                "vendor": "Wallwerk",
                "model": "Duo 22",
                "serial": "WW-0042",
                "firmware": "2.4.1",
                "ocpp_version": "1.6",
                "booted_at": "2026-03-01T05:00:02Z",
                "boot_reason": "",
                "status": "available",
                "status_detail": "Available",
                "error_code": "NoError",
                "is_connected": True,
                "connected_at": "2026-03-01T05:00:01Z",
                "disconnected_at": None,
                "last_seen_at": "2026-03-01T12:00:00Z",
                "created_at": "2025-11-02T09:30:00Z",
            },
            response_only=True,
        )
    ]
)
class StationSerializer(serializers.ModelSerializer[ChargingStation]):
    """A charging station: what it said of itself at its last boot, and how we last heard of it."""

    class Meta:
        model = ChargingStation
        fields = (
            "id",
            "identity",
            "name",
            "location",
            "registration",
            "security_profile",
            "vendor",
            "model",
            "serial",
            "firmware",
            "ocpp_version",
            "booted_at",
            "boot_reason",
            "status",
            "status_detail",
            "error_code",
            "is_connected",
            "connected_at",
            "disconnected_at",
            "last_seen_at",
            "created_at",
        )
        read_only_fields = tuple(name for name in fields if name not in ("name", "location", "registration"))


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A station with two stalls",
            value={
                "identity": "HUB-2",
                "location": 4,
                "name": "Hub 2",
                "evses": [{"name": "Stall 1"}, {"name": "Stall 2", "max_power_w": 11000}],
            },
            request_only=True,
        )
    ]
)
class StationRequest(serializers.Serializer[Any]):
    """A new station with its EVSEs, numbered from 1 in the order given."""

    identity = serializers.RegexField(r"^[^:/\s\x00]{1,48}$")
    location = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    name = serializers.CharField(max_length=60, required=False, allow_blank=True)
    password = serializers.CharField(min_length=16, max_length=40, required=False, write_only=True)
    evses = EvsePlanRequest(many=True, required=False)


class PasswordSerializer(serializers.Serializer[Any]):
    """The password that the station logs in with; shown this once."""

    identity = serializers.CharField()
    password = serializers.CharField()


class VariableSerializer(serializers.ModelSerializer[DeviceVariable]):
    """One setting as the station reported it; 1.6 keys are variables without a component."""

    class Meta:
        model = DeviceVariable
        fields = (
            "component",
            "component_instance",
            "variable",
            "instance",
            "evse_number",
            "attribute",
            "value",
            "mutability",
            "reported_at",
        )
        read_only_fields = fields

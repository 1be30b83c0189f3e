"""The words of the API: OCPI's where it has one. Shapes only; no logic."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from stations.models import ChargingSession, ChargingStation, Connector, Evse, Location, StationCommand


class ConnectorSerializer(serializers.ModelSerializer[Connector]):
    class Meta:
        model = Connector
        fields = ("id", "number", "standard", "status", "detail", "status_at")


class EvseSerializer(serializers.ModelSerializer[Evse]):
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
            "current_type",
            "phases",
            "max_power_w",
            "connectors",
        )


class LocationSerializer(serializers.ModelSerializer[Location]):
    class Meta:
        model = Location
        fields = (
            "id",
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
        )


class StationSerializer(serializers.ModelSerializer[ChargingStation]):
    class Meta:
        model = ChargingStation
        fields = (
            "id",
            "identity",
            "name",
            "location",
            "vendor",
            "model",
            "firmware",
            "ocpp_version",
            "status",
            "is_connected",
            "last_seen_at",
        )


class SessionSerializer(serializers.ModelSerializer[ChargingSession]):
    class Meta:
        model = ChargingSession
        fields = (
            "id",
            "public_id",
            "number",
            "transaction_id",
            "station",
            "evse",
            "status",
            "phase",
            "started_at",
            "ended_at",
            "energy_wh",
            "power_w",
            "soc_percent",
            "end_reason",
            "review_reasons",
        )


class CommandSerializer(serializers.ModelSerializer[StationCommand]):
    class Meta:
        model = StationCommand
        fields = (
            "id",
            "station",
            "session",
            "kind",
            "params",
            "status",
            "created_at",
            "expires_at",
            "sent_at",
            "answered_at",
            "answer_word",
            "answer",
        )


class CommandRequest(serializers.Serializer[Any]):
    """A new command: `kind` names it (`stations.command_kinds`), `params` are its fields."""

    station = serializers.IntegerField(min_value=1)
    kind = serializers.CharField(max_length=24)
    params = serializers.DictField(required=False, default=dict)


class StartRequest(serializers.Serializer[Any]):
    """A new session for the person who asks."""

    evse = serializers.IntegerField(min_value=1)

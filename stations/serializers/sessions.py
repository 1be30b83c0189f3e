"""Charging sessions and what their meters said."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from stations.models import ChargingSession, MeterReading


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A session that has ended",
            value={
                "id": 81,
                "public_id": "0b0f6f0e-8f5e-4d0a-9d38-0d3b7f3f2a11",
                "number": 81,
                "transaction_id": "",
                "station": "HUB-1",
                "evse_id": "DE*NWC*E00012*1",
                "evse_number": 1,
                "connector_number": 1,
                "token_uid": "04A1B2C3",
                "id_token": 7,
                "decision": "accepted",
                "decision_reason": "",
                "purpose": "charge",
                "status": "completed",
                "phase": "",
                "requested_at": None,
                "started_at": "2026-03-01T11:02:10Z",
                "ended_at": "2026-03-01T11:58:40Z",
                "end_reason": "EVDisconnected",
                "meter_start_wh": 120340,
                "meter_end_wh": 131650,
                "energy_wh": 11310,
                "power_w": None,
                "soc_percent": None,
                "last_reading_at": "2026-03-01T11:58:40Z",
                "reservation_number": None,
                "review_reasons": [],
                "reviewed_at": None,
            },
            response_only=True,
        )
    ]
)
class SessionSerializer(serializers.ModelSerializer[ChargingSession]):
    """One charge. `number` is the transaction id of OCPP 1.6, `transaction_id` the station's own (2.x)."""

    station = serializers.CharField(source="station.identity", read_only=True)
    evse_id = serializers.CharField(source="evse.evse_id", read_only=True, default=None)
    evse_number = serializers.IntegerField(source="evse.number", read_only=True, default=None)

    class Meta:
        model = ChargingSession
        fields = (
            "id",
            "public_id",
            "number",
            "transaction_id",
            "station",
            "evse_id",
            "evse_number",
            "connector_number",
            "token_uid",
            "id_token",
            "decision",
            "decision_reason",
            "purpose",
            "status",
            "phase",
            "requested_at",
            "started_at",
            "ended_at",
            "end_reason",
            "meter_start_wh",
            "meter_end_wh",
            "energy_wh",
            "power_w",
            "soc_percent",
            "last_reading_at",
            "reservation_number",
            "review_reasons",
            "reviewed_at",
        )
        read_only_fields = fields


class ReadingSerializer(serializers.ModelSerializer[MeterReading]):
    """One instant's values. `current_ma` in mA, `voltage_dv` in tenths of a volt; `other` as reported."""

    class Meta:
        model = MeterReading
        fields = (
            "taken_at",
            "reported_at",
            "received_at",
            "context",
            "evse_number",
            "energy_wh",
            "power_w",
            "offered_w",
            "current_ma",
            "voltage_dv",
            "soc_percent",
            "other",
        )
        read_only_fields = fields


@extend_schema_serializer(
    examples=[OpenApiExample("Start here", value={"evse_id": "DE*NWC*E00012*1"}, request_only=True)]
)
class StartRequest(serializers.Serializer[Any]):
    """A new session: for the person who asks, or (by an operator) for a token."""

    evse_id = serializers.CharField(max_length=48)
    token_uid = serializers.CharField(max_length=255, required=False)

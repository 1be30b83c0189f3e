"""Commands: what was asked, what was sent, what came back."""

from __future__ import annotations

from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from stations.command_kinds import KINDS
from stations.models import StationCommand
from stations.redaction import redacted

KIND_NAMES: Final = tuple(sorted(KINDS))
WEEK_S: Final = 7 * 24 * 3600
REFUSED = {
    "id": 512,
    "url": "/api/v1/commands/512/",
    "station": "HUB-1",
    "session": None,
    "bulk": None,
    "kind": "unlock",
    "params": {"evse_number": 9, "connector_number": 1},
    "is_forced": False,
    "status": "rejected",
    "is_settled": True,
    "requested_by": "elin@nordlys.example",
    "requested_with": "Integration test",
    "created_at": "2026-03-01T12:00:00.000Z",
    "expires_at": "2026-03-01T12:02:00.000Z",
    "sent_at": "2026-03-01T12:00:00.214Z",
    "answered_at": "2026-03-01T12:00:00.391Z",
    "took_ms": 177,
    "message_id": "512-9f1c2e7b40aa",
    "sent": {"action": "UnlockConnector", "payload": {"connectorId": 9}},
    "answer_word": "NotSupported",
    "answer": {"status": "NotSupported"},
}


@extend_schema_serializer(
    examples=[OpenApiExample("Refused by the station", value=REFUSED, response_only=True)]
)
class CommandSerializer(serializers.ModelSerializer[StationCommand]):
    """A command and its whole story. `status` rejected is the station's refusal: a result like any other.

    queued → sent → accepted, rejected, failed (an error or not sayable), timed_out (a late answer still
    counts); expired when it could not be sent in time. `took_ms` is from sending to answer.
    """

    url = serializers.SerializerMethodField()
    station = serializers.CharField(source="station.identity", read_only=True)
    session = serializers.IntegerField(source="session_id", read_only=True, allow_null=True)
    bulk = serializers.UUIDField(source="bulk.public_id", read_only=True, default=None)
    params = serializers.SerializerMethodField()
    is_settled = serializers.SerializerMethodField()
    requested_by = serializers.EmailField(source="requested_by.email", read_only=True, default=None)
    requested_with = serializers.CharField(source="requested_with.name", read_only=True, default=None)
    took_ms = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = StationCommand
        fields = tuple(REFUSED)
        read_only_fields = fields

    def get_url(self, command: StationCommand) -> str:
        return command_url(command)

    @extend_schema_field(serializers.DictField())
    def get_params(self, command: StationCommand) -> Any:
        return redacted(command.params)

    def get_is_settled(self, command: StationCommand) -> bool:
        return command.status not in ("queued", "sent")


def command_url(command: StationCommand) -> str:
    return reverse("api_stations:command-detail", args=[command.pk])


@extend_schema_serializer(
    examples=[
        OpenApiExample("A kind", value={"kind": "reset", "params": {"is_hard": False}}, request_only=True),
        OpenApiExample(
            "Word by word, valid for an hour",
            value={
                "action": "GetConfiguration",
                "payload": {"key": ["HeartbeatInterval"]},
                "expires_in_s": 3600,
            },
            request_only=True,
        ),
        OpenApiExample(
            "What no schema accepts",
            value={"action": "Reset", "payload": {"type": "Gentle"}, "force": True},
            request_only=True,
        ),
    ]
)
class CommandRequest(serializers.Serializer[Any]):
    """Either a `kind` with its `params` (see /command-kinds/), or an `action` of the station's own OCPP
    version with its `payload`, sent word by word. What the version's schema refuses is a 400 unless `force`.
    """

    kind = serializers.ChoiceField(KIND_NAMES, required=False)
    params = serializers.DictField(required=False, default=dict)
    action = serializers.CharField(max_length=60, required=False)
    payload = serializers.DictField(required=False)
    force = serializers.BooleanField(required=False, default=False)
    expires_in_s = serializers.IntegerField(min_value=1, max_value=WEEK_S, required=False, default=120)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two ways; the second becomes the kind `verbatim`."""
        if ("kind" in attrs) == ("action" in attrs):
            raise serializers.ValidationError(
                _("Name either a kind with its params or an action with its payload.")
            )
        if "action" in attrs:
            attrs["kind"] = "verbatim"
            attrs["params"] = {"action": attrs.pop("action"), "payload": attrs.pop("payload", {})}
        return attrs


class KindSerializer(serializers.Serializer[Any]):
    """A kind of command: which versions have it and what its parameters are (JSON Schema)."""

    kind = serializers.CharField()
    description = serializers.CharField()
    versions = serializers.ListField(child=serializers.CharField())
    needs = serializers.CharField(help_text="the right that sends it: help or hardware")
    params = serializers.DictField()

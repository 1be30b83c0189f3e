"""Commands for many stations."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from stations.models import BulkCommand, BulkItem
from stations.redaction import redacted
from stations.selectors_bulk import progress
from stations.serializers.commands import KIND_NAMES

MONTH_S: Final = 30 * 24 * 3600
FIRMWARE = {
    "name": "Firmware 2.5 for Duo 22",
    "kind": "update_firmware",
    "params": {"url": "file:0b0f6f0e-8f5e-4d0a-9d38-0d3b7f3f2a11"},
    "filter": {"vendor": "Wallwerk", "model": "Duo 22", "firmware": "2.4.1"},
    "pace_per_minute": 10,
    "stages": [5, 25, 100],
    "halt_percent": 10,
    "halt_after": 3,
    "valid_for_s": 86400,
    "dry_run": True,
}


@extend_schema_serializer(examples=[OpenApiExample("A firmware campaign", value=FIRMWARE, request_only=True)])
class BulkRequest(serializers.Serializer[Any]):
    """One command for every station that the `filter` finds (the filters of /stations/).

    `dry_run` answers who would be asked and who cannot be, and does nothing. `stages` are cumulative
    percentages; the next begins when all of the last have ended. It halts when more than `halt_percent`
    of those that ended have failed, once `halt_after` have ended. A firmware's `url` may be "file:" and the
    id of a stored image: every station then gets a link of its own; a log's may be "file:" alone.
    """

    name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    kind = serializers.ChoiceField(KIND_NAMES)
    params = serializers.DictField(required=False, default=dict)
    filter = serializers.DictField(child=serializers.CharField(max_length=200), required=False, default=dict)
    pace_per_minute = serializers.IntegerField(min_value=1, max_value=6000, required=False, default=60)
    stages = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=100),
        max_length=10,
        required=False,
        default=list,
    )
    halt_percent = serializers.IntegerField(min_value=0, max_value=100, required=False, default=10)
    halt_after = serializers.IntegerField(min_value=1, max_value=1000, required=False, default=5)
    valid_for_s = serializers.IntegerField(min_value=10, max_value=MONTH_S, required=False, default=3600)
    dry_run = serializers.BooleanField(required=False, default=False)


class FoundSerializer(serializers.Serializer[Any]):
    """A station that the filter found. `problem` says why it cannot be asked; it is left out."""

    station = serializers.CharField()
    ocpp_version = serializers.CharField()
    is_connected = serializers.BooleanField()
    problem = serializers.CharField(allow_blank=True)


class DryRunSerializer(serializers.Serializer[Any]):
    """Who would be asked."""

    would_ask = serializers.IntegerField()
    would_skip = serializers.IntegerField()
    offline = serializers.IntegerField()
    minutes = serializers.FloatField(help_text="at this pace, when every station answers at once")
    stations = FoundSerializer(many=True)


class ProgressSerializer(serializers.Serializer[Any]):
    """How many stations are where."""

    total = serializers.IntegerField()
    waiting = serializers.IntegerField()
    under_way = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()


class BulkSerializer(serializers.ModelSerializer[BulkCommand]):
    """A bulk command and how far it is."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    params = serializers.SerializerMethodField()
    filter = serializers.DictField(source="selection", read_only=True)
    requested_by = serializers.EmailField(source="requested_by.email", read_only=True, default=None)
    requested_with = serializers.CharField(source="requested_with.name", read_only=True, default=None)
    progress = serializers.SerializerMethodField()

    class Meta:
        model = BulkCommand
        fields = (
            "id",
            "name",
            "kind",
            "params",
            "filter",
            "pace_per_minute",
            "stages",
            "halt_percent",
            "halt_after",
            "valid_for_s",
            "status",
            "stage",
            "halt_reason",
            "progress",
            "requested_by",
            "requested_with",
            "created_at",
            "ended_at",
        )
        read_only_fields = fields

    @extend_schema_field(serializers.DictField())
    def get_params(self, bulk: BulkCommand) -> Any:
        return redacted(bulk.params)

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, bulk: BulkCommand) -> Any:
        return ProgressSerializer(progress(bulk)).data


class BulkItemSerializer(serializers.ModelSerializer[BulkItem]):
    """One station of a bulk command. `state`: waiting, under_way, succeeded, failed, skipped."""

    station = serializers.CharField(source="station.identity", read_only=True)
    state = serializers.CharField(read_only=True)
    command = serializers.IntegerField(source="command_id", read_only=True, allow_null=True)
    command_status = serializers.CharField(source="command.status", read_only=True, default=None)
    answer_word = serializers.CharField(source="command.answer_word", read_only=True, default="")
    took_ms = serializers.IntegerField(source="command.took_ms", read_only=True, default=None)

    class Meta:
        model = BulkItem
        fields = ("station", "stage", "state", "note", "command", "command_status", "answer_word", "took_ms")
        read_only_fields = fields

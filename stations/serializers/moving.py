"""Moving in: foreign addresses, imports and their rows, arrivals."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from accounts.models import Organization
from stations.models import Arrival, DataImport, ImportRow, PathAlias
from stations.selectors_moving import tally

LONGEST_FILE: Final = 8_000_000
KINDS: Final = tuple(sorted(settings.IMPORTERS))


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "What SteVe's chargers dial",
            value={"pattern": "/steve/websocket/CentralSystemService/{identity}"},
            request_only=True,
        )
    ]
)
class PathAliasSerializer(serializers.ModelSerializer[PathAlias]):
    """A path (or whole address) that chargers of another system dial; {identity} is their name."""

    pattern = serializers.CharField(max_length=200)
    organization: Any = serializers.PrimaryKeyRelatedField(
        queryset=Organization.objects.all(), required=False, help_text="for members of several networks"
    )

    class Meta:
        model = PathAlias
        fields = ("id", "pattern", "host", "organization", "created_at")
        read_only_fields: ClassVar = ("created_at",)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two chargers, written at once",
            value={
                "kind": "stations",
                "name": "chargers.csv",
                "content": "identity;site;latitude;longitude;password\nBER-1;Hub;52,52;13,40;a-password\n"
                "BER-2;Hub;;;another-password\n",
                "confirm": True,
            },
            request_only=True,
        )
    ]
)
class ImportRequest(serializers.Serializer[Any]):
    """A file as text: CSV or JSON (a list of objects). `mapping` names the column of each field; without
    it the columns are guessed. With `confirm` what is new and changed is written; else, or
    when nothing is, it stays a preview."""

    kind = serializers.ChoiceField(KINDS)
    name = serializers.CharField(max_length=120, required=False, default="api")
    content = serializers.CharField(max_length=LONGEST_FILE, trim_whitespace=False)
    mapping: Any = serializers.DictField(child=serializers.CharField(max_length=200), required=False)
    site = serializers.IntegerField(
        required=False, help_text="stations: the location of rows that name none", min_value=1
    )
    is_public = serializers.BooleanField(required=False, default=False, help_text="stations: of new sites")
    confirm = serializers.BooleanField(required=False, default=False)
    organization: Any = serializers.PrimaryKeyRelatedField(
        queryset=Organization.objects.all(), required=False, help_text="for members of several networks"
    )


class TallySerializer(serializers.Serializer[Any]):
    """Rows of an import, by what they would do; `done`: written."""

    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    problem = serializers.IntegerField()
    done = serializers.IntegerField()


class ImportSerializer(serializers.ModelSerializer[DataImport]):
    """An import and how far it is. `note`: why it could not be undone."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    rows = serializers.SerializerMethodField()

    class Meta:
        model = DataImport
        fields = (
            *("id", "kind", "name", "status", "columns", "mapping", "rows", "note"),
            *("organization", "created_at", "confirmed_at", "ended_at"),
        )
        read_only_fields = fields

    @extend_schema_field(TallySerializer)
    def get_rows(self, batch: DataImport) -> Any:
        return TallySerializer(tally(batch)).data


class ImportRowSerializer(serializers.ModelSerializer[ImportRow]):
    """A row: its line, what it would do, and why not. `changes`: field -> [from, to]."""

    class Meta:
        model = ImportRow
        fields = ("number", "key", "verdict", "problem", "changes", "is_done")
        read_only_fields = fields


class ArrivalSerializer(serializers.ModelSerializer[Arrival]):
    """A station that is expected from another system, and how it came."""

    station = serializers.CharField(source="station.identity", read_only=True)
    path_alias = serializers.CharField(source="path_alias.pattern", read_only=True, default=None)
    dials_as = serializers.SerializerMethodField()

    class Meta:
        model = Arrival
        fields = (
            *("station", "dials_as", "expected_at", "arrived_at", "last_at", "path_alias", "dialed"),
            *("ocpp_version", "showed", "remote_address"),
        )
        read_only_fields = fields

    def get_dials_as(self, arrival: Arrival) -> list[str]:
        return [alias.alias for alias in arrival.station.aliases.all()]

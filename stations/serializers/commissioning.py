"""Links for installers and the records that they leave."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from stations.models import CommissioningLink, CommissioningRecord
from stations.services import commissioning

LONGEST_DAYS = commissioning.LONGEST.days


class LinkSerializer(serializers.ModelSerializer[CommissioningLink]):
    """A link for one station, or for one that is expected at a location.

    `status`: open, claimed (begun on a device), finished, revoked or expired.
    """

    id = serializers.UUIDField(source="public_id", read_only=True)
    station = serializers.CharField(source="station.identity", read_only=True, default=None)
    status = serializers.CharField(source="status_word", read_only=True)
    record = serializers.UUIDField(source="record.public_id", read_only=True, default=None)

    class Meta:
        model = CommissioningLink
        fields: ClassVar[tuple[str, ...]] = (
            *("id", "station", "location", "template", "status", "round", "email", "made_at", "expires_at"),
            *("claimed_at", "device", "revoked_at", "finished_at", "record"),
        )
        read_only_fields: ClassVar[tuple[str, ...]] = fields


class HandedOutSerializer(LinkSerializer):
    """A link with its address, which is a key: told only when it is made and renewed."""

    address = serializers.SerializerMethodField()

    class Meta(LinkSerializer.Meta):
        fields: ClassVar[tuple[str, ...]] = (*LinkSerializer.Meta.fields, "address")
        read_only_fields: ClassVar[tuple[str, ...]] = fields

    def get_address(self, link: CommissioningLink) -> str:
        return commissioning.address(link)


@extend_schema_serializer(examples=[OpenApiExample("A month", value={"days": 30}, request_only=True)])
class RenewRequest(serializers.Serializer[Any]):
    """For how many days the new link works."""

    days = serializers.IntegerField(
        min_value=1, max_value=LONGEST_DAYS, required=False, default=commissioning.LASTS.days
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "For a station that is here", value={"station": "HUB-1", "days": 1}, request_only=True
        ),
        OpenApiExample(
            "For one that is expected", value={"location": 3, "template": 8, "email": "i@example.org"},
            request_only=True,
        ),
    ]
)  # fmt: skip
class LinkRequest(RenewRequest):
    """Either `station`, or `location` with the `template` that its stalls are filled in with.

    With `email` the link is sent there.
    """

    station = serializers.CharField(max_length=48, required=False)
    location = serializers.IntegerField(min_value=1, required=False)
    template = serializers.IntegerField(min_value=1, required=False)
    email = serializers.EmailField(required=False, default="")

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if ("station" in asked) == ("location" in asked):
            raise serializers.ValidationError({"station": ["Name either a station or a location."]})
        if "station" in asked and "template" in asked:
            raise serializers.ValidationError({"template": ["Only for a station that is expected."]})
        return asked


class RecordSerializer(serializers.ModelSerializer[CommissioningRecord]):
    """Who commissioned a station, when, and what was seen (`evidence`). Never changed."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    station = serializers.CharField(source="station.identity", read_only=True)
    link = serializers.UUIDField(source="link.public_id", read_only=True)

    class Meta:
        model = CommissioningRecord
        fields = ("id", "station", "link", "installer", "company", "notes", "evidence", "made_at")
        read_only_fields: ClassVar = fields

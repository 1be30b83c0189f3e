"""The shapes of people, id tokens and vehicles in the API."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.models import ApiToken, IdToken, Organization, User, Vehicle
from core import clock

SETTABLE: Final = (IdToken.Status.ACCEPTED.value, IdToken.Status.BLOCKED.value)
TOKEN = {
    "id": 7,
    "uid": "04A1B2C3",
    "type": "rfid",
    "label": "Pool car 3",
    "status": "accepted",
    "effective_status": "expired",
    "valid_until": "2026-01-31T23:00:00Z",
    "group_uid": "FLEET",
    "allows_concurrent": False,
    "organization": 2,
    "user": None,
    "created_at": "2025-11-02T09:30:00Z",
}


class ApiTokenSerializer(serializers.ModelSerializer[ApiToken]):
    """The token that the call came with."""

    class Meta:
        model = ApiToken
        fields = ("name", "prefix", "organization", "scopes", "created_at", "expires_at")
        read_only_fields = fields


class MembershipSerializer(serializers.Serializer[Any]):
    """A network that the person may act for, and as what."""

    organization = serializers.IntegerField()
    name = serializers.CharField()
    role = serializers.CharField()


class MeSerializer(serializers.ModelSerializer[User]):
    """The person who calls, or for whom the token does."""

    memberships = MembershipSerializer(many=True, read_only=True)
    token = ApiTokenSerializer(read_only=True, allow_null=True)

    class Meta:
        model = User
        fields = ("id", "email", "name", "locale", "memberships", "token")


@extend_schema_serializer(
    examples=[OpenApiExample("A card that has expired", value=TOKEN, response_only=True)]
)
class TokenSerializer(serializers.ModelSerializer[IdToken]):
    """An id token. `effective_status` adds `expired` to what was set; `group_uid` is OCPP's parent."""

    effective_status = serializers.SerializerMethodField()
    user = serializers.EmailField(source="user.email", read_only=True, default=None)

    class Meta:
        model = IdToken
        fields = tuple(TOKEN)
        read_only_fields = fields

    def get_effective_status(self, token: IdToken) -> str:
        is_over = token.valid_until is not None and token.valid_until <= clock.now()
        return "expired" if is_over and token.status == IdToken.Status.ACCEPTED else token.status


class TokenChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of an id token. A `valid_until` in the past is allowed: it is then expired."""

    status = serializers.ChoiceField(SETTABLE, required=False)
    label: Any = serializers.CharField(max_length=60, required=False, allow_blank=True)
    group_uid = serializers.CharField(max_length=255, required=False, allow_blank=True)
    valid_until = serializers.DateTimeField(required=False, allow_null=True)
    allows_concurrent = serializers.BooleanField(required=False)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A blocked card of a group",
            value={"uid": "04A1B2C3", "status": "blocked", "group_uid": "FLEET"},
            request_only=True,
        )
    ]
)
class TokenRequest(TokenChangeSerializer):
    """A new id token of a network."""

    uid = serializers.RegexField(r"^[\x21-\x7e]{1,255}$")
    type = serializers.ChoiceField(IdToken.Type.choices, required=False)
    organization: Any = serializers.PrimaryKeyRelatedField(
        queryset=Organization.objects.all(), required=False, help_text="for members of several networks"
    )


class VehicleSerializer(serializers.ModelSerializer[Vehicle]):
    """A car of the person who calls."""

    class Meta:
        model = Vehicle
        fields = ("id", "name", "battery_wh", "max_ac_w", "max_dc_w", "connector_standards", "is_default")
        read_only_fields: ClassVar = ("is_default",)

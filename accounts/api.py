"""/api/v1/: the person who asks, her tokens and vehicles; an organization's tokens for its members."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import IdToken, User, Vehicle
from accounts.services import add_vehicle


class MeSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "email", "name", "locale")


class TokenSerializer(serializers.ModelSerializer[IdToken]):
    class Meta:
        model = IdToken
        fields = ("id", "uid", "type", "label", "status", "valid_until", "organization")


class VehicleSerializer(serializers.ModelSerializer[Vehicle]):
    class Meta:
        model = Vehicle
        fields = ("id", "name", "battery_wh", "max_ac_w", "max_dc_w", "connector_standards", "is_default")
        read_only_fields = ("is_default",)


class MeView(APIView):
    """The person who asks."""

    serializer_class = MeSerializer

    def get(self, request: Request) -> Response:
        return Response(MeSerializer(_user(request)).data)


class TokenViewSet(viewsets.ReadOnlyModelViewSet[IdToken]):
    """Her own tokens and those of her organizations."""

    serializer_class = TokenSerializer
    queryset = IdToken.objects.none()

    def get_queryset(self) -> QuerySet[IdToken]:
        user = _user(self.request)
        visible = Q(user=user) | Q(organization__in=user.organizations())
        return IdToken.objects.filter(visible).order_by("pk")


class VehicleViewSet(mixins.CreateModelMixin, viewsets.ReadOnlyModelViewSet[Vehicle]):
    """My cars."""

    serializer_class = VehicleSerializer
    queryset = Vehicle.objects.none()

    def get_queryset(self) -> QuerySet[Vehicle]:
        return Vehicle.objects.filter(user=_user(self.request)).order_by("pk")

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        serializer.instance = add_vehicle(user=_user(self.request), **serializer.validated_data)


def _user(request: Request) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user

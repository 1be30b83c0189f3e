"""/api/v1/: the person who asks, her tokens and vehicles; an organization's tokens for its members."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import permissions
from accounts.api_access import caller, organization_for, token_of
from accounts.models import IdToken, Vehicle
from accounts.selectors import memberships_of, own_rows
from accounts.serializers import (
    ApiTokenSerializer,
    MembershipSerializer,
    MeSerializer,
    TokenChangeSerializer,
    TokenRequest,
    TokenSerializer,
    VehicleSerializer,
)
from accounts.services import AlreadyThere, add_vehicle
from accounts.services_tokens import StillNeeded, change_token, register_token, remove_token
from core import clock
from core.rest.filters import Choice, Filter, Filters, Flag, Instant, Text
from core.rest.views import Conflict, demand, read


class MeView(APIView):
    """The person who asks, what she may act for, and the token that she came with."""

    scope = "account"
    serializer_class = MeSerializer

    def get(self, request: Request) -> Response:
        user, token = caller(request), token_of(request)
        mine = [
            {"organization": found.organization_id, "name": found.organization.name, "role": found.role}
            for found in memberships_of(user)
        ]
        return Response(
            {
                "id": user.pk,
                "email": user.email,
                "name": user.name,
                "locale": user.locale,
                "memberships": MembershipSerializer(mine, many=True).data,
                "token": ApiTokenSerializer(token).data if token else None,
            }
        )


class EffectiveStatus(Choice):
    """accepted, blocked, invalid as they were set, and expired by the clock."""

    def condition(self, text: str) -> Q:
        super().condition(text)
        is_over = Q(valid_until__isnull=False, valid_until__lte=clock.now())
        accepted = Q(status=IdToken.Status.ACCEPTED)
        found = Q(pk__in=[])
        for word in text.split(","):
            by_word = {"expired": accepted & is_over, "accepted": accepted & ~is_over}
            found |= by_word.get(word, Q(status=word))
        return found


class TokenViewSet(viewsets.ReadOnlyModelViewSet[IdToken]):
    """Her own tokens and those of her networks."""

    scope = "tokens"
    serializer_class = TokenSerializer
    queryset = IdToken.objects.none()
    ordering = "pk"
    filters: ClassVar[Filters] = {
        "uid": Text("uid__iexact"),
        "type": Choice("type", words=IdToken.Type.values),
        "status": EffectiveStatus(
            "status", "expired by its time counts", words=("accepted", "blocked", "expired", "invalid")
        ),
        "group_uid": Text("group_uid__iexact", "the parent"),
        "allows_concurrent": Flag("allows_concurrent"),
        "label": Text("label__icontains"),
        "user": Text("user__email__iexact"),
        "valid_from": Instant("valid_until__gte", "still valid then"),
        "valid_until": Instant("valid_until__lt", "no longer valid then"),
    }

    def get_queryset(self) -> QuerySet[IdToken]:
        user = caller(self.request)
        visible = own_rows("user", user) | Q(organization__in=user.organizations())
        return IdToken.objects.filter(visible).select_related("user", "organization")

    @extend_schema(request=TokenRequest, responses={201: TokenSerializer})
    def create(self, request: Request) -> Response:
        """A token of my network."""
        asked, user = read(TokenRequest, request), caller(request)
        organization = organization_for(user, asked.pop("organization", None))
        demand(permissions.may_manage_tokens(user, organization))
        try:
            token = register_token(organization=organization, actor=user, **asked)
        except AlreadyThere as taken:
            raise Conflict("This token is known already.") from taken
        return Response(TokenSerializer(token).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=TokenChangeSerializer, responses={200: TokenSerializer})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Block, unblock, rename, regroup, or set when it ends."""
        token = self._mine_to_change(request)
        fields = read(TokenChangeSerializer, request)
        changed = change_token(token=token, actor=caller(request), fields=fields)
        return Response(TokenSerializer(changed).data)

    @extend_schema(responses={204: None, 409: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Forget a token that was never used."""
        token = self._mine_to_change(request)
        try:
            remove_token(token=token, actor=caller(request))
        except StillNeeded as needed:
            raise Conflict(str(needed)) from needed
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _mine_to_change(self, request: Request) -> IdToken:
        token = self.get_object()
        has_right = token.organization is not None and permissions.may_manage_tokens(
            request.user, token.organization
        )
        demand(has_right)
        return token


class VehicleViewSet(mixins.CreateModelMixin, viewsets.ReadOnlyModelViewSet[Vehicle]):
    """My cars."""

    scope = "account"
    serializer_class = VehicleSerializer
    queryset = Vehicle.objects.none()
    ordering = "pk"
    filters: ClassVar[dict[str, Filter]] = {}

    def get_queryset(self) -> QuerySet[Vehicle]:
        return Vehicle.objects.filter(own_rows("user", caller(self.request)))

    def perform_create(self, serializer: serializers.BaseSerializer[Any]) -> None:
        serializer.instance = add_vehicle(user=caller(self.request), **serializer.validated_data)

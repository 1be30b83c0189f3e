"""Moving in from another system: foreign addresses, imports with preview, who has arrived."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.api_access import caller, organization_for
from core.rest.filters import Choice, Either, Filters, Instant, Text
from core.rest.views import Conflict, demand, read
from stations.forms_moving import UNREADABLE
from stations.importing.sheets import Unreadable
from stations.models import Arrival, DataImport, ImportRow, PathAlias
from stations.selectors_moving import tally
from stations.serializers.moving import (
    KINDS,
    ArrivalSerializer,
    ImportRequest,
    ImportRowSerializer,
    ImportSerializer,
    PathAliasSerializer,
)
from stations.services import foreign_addresses, imports


class PathAliasViewSet(
    mixins.CreateModelMixin, mixins.DestroyModelMixin, viewsets.ReadOnlyModelViewSet[PathAlias]
):
    """The addresses of other systems that my networks' chargers still dial."""

    scope = "stations"
    serializer_class = PathAliasSerializer
    queryset = PathAlias.objects.none()
    ordering = "pk"
    filters: ClassVar[Filters] = {"pattern": Text("pattern__iexact"), "host": Text("host__iexact")}

    def get_queryset(self) -> QuerySet[PathAlias]:
        return PathAlias.objects.visible_to(self.request.user).select_related("organization")

    def perform_create(self, serializer: serializers.BaseSerializer[PathAlias]) -> None:
        user, asked = caller(self.request), dict(serializer.validated_data)
        organization = organization_for(user, asked.get("organization"))
        demand(permissions.may_manage_hardware(user, organization))
        try:
            serializer.instance = foreign_addresses.add_path(
                organization=organization, text=asked["pattern"], host=asked.get("host", ""), actor=user
            )
        except foreign_addresses.Refused as refusal:
            raise ValidationError({"pattern": [str(refusal.words)]}) from refusal

    def perform_destroy(self, instance: PathAlias) -> None:
        user = caller(self.request)
        demand(permissions.may_manage_hardware(user, instance.organization))
        foreign_addresses.remove_path(alias=instance, actor=user)


class ImportViewSet(viewsets.ReadOnlyModelViewSet[DataImport]):
    """Imports of my networks, the latest first."""

    scope = "imports"
    serializer_class = ImportSerializer
    queryset = DataImport.objects.none()
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    filters: ClassVar[Filters] = {
        "kind": Choice("kind", words=KINDS),
        "status": Choice("status", words=DataImport.Status.values),
        "created_from": Instant("created_at__gte"),
        "created_until": Instant("created_at__lt"),
    }

    def get_queryset(self) -> QuerySet[DataImport]:
        return DataImport.objects.visible_to(self.request.user).select_related("organization", "created_by")

    @extend_schema(request=ImportRequest, responses={201: ImportSerializer})
    def create(self, request: Request) -> Response:
        """Read and judge a file; with `confirm` also write it. Follow its `status` and `rows.done`."""
        asked, user = read(ImportRequest, request), caller(request)
        organization = organization_for(user, asked.get("organization"))
        demand(imports.importer_of(asked["kind"]).may(user, organization))
        try:
            batch = imports.take_in(
                organization=organization,
                kind=asked["kind"],
                name=asked["name"],
                data=asked["content"].encode(),
                actor=user,
                mapping=asked.get("mapping"),
                options={name: asked[name] for name in ("site", "is_public") if name in asked},
            )
        except Unreadable as refusal:
            raise ValidationError({"content": [str(UNREADABLE[refusal.fault])]}) from refusal
        if asked["confirm"] and tally(batch).to_write:
            self._steer(batch, request, imports.confirm)
        return Response(ImportSerializer(batch).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={200: ImportSerializer})
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, public_id: str) -> Response:
        """Write what is new and changed."""
        return Response(ImportSerializer(self._steer(self.get_object(), request, imports.confirm)).data)

    @extend_schema(request=None, responses={200: ImportSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, public_id: str) -> Response:
        """Take back all that it made and changed, if nothing needs it; else `note` says what does."""
        return Response(ImportSerializer(self._steer(self.get_object(), request, imports.undo)).data)

    def _steer(self, batch: DataImport, request: Request, act: Any) -> DataImport:
        user = caller(request)
        demand(imports.importer_of(batch.kind).may(user, batch.organization))
        try:
            act(batch=batch, actor=user)
        except imports.NotNow as late:
            raise Conflict(f"It is {batch.status}.") from late
        except imports.NothingToDo as nothing:
            raise Conflict(_("There is nothing to write: no row is new or changed.")) from nothing
        return batch


class ImportRowViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[ImportRow]):
    """The rows of an import, in the order of the file."""

    scope = "imports"
    serializer_class = ImportRowSerializer
    queryset = ImportRow.objects.none()
    ordering = "number"
    filters: ClassVar[Filters] = {
        "verdict": Choice("verdict", words=ImportRow.Verdict.values),
        "key": Text("key__iexact"),
    }

    def get_queryset(self) -> QuerySet[ImportRow]:
        if getattr(self, "swagger_fake_view", False):
            return ImportRow.objects.none()
        visible = DataImport.objects.visible_to(self.request.user)
        return get_object_or_404(visible, public_id=self.kwargs["public_id"]).rows.all()


class ArrivalViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Arrival]):
    """Stations that are expected from another system, or have come."""

    scope = "stations"
    serializer_class = ArrivalSerializer
    queryset = Arrival.objects.none()
    ordering = "pk"
    filters: ClassVar[Filters] = {
        "station": Text("station__identity"),
        "arrived": Either("", when_true=Q(arrived_at__isnull=False), when_false=Q(arrived_at__isnull=True)),
        "showed": Choice("showed", words=Arrival.Showed.values),
        "ocpp_version": Text("ocpp_version"),
        "arrived_from": Instant("arrived_at__gte"),
        "arrived_until": Instant("arrived_at__lt"),
    }

    def get_queryset(self) -> QuerySet[Arrival]:
        visible = Arrival.objects.visible_to(self.request.user)
        return visible.select_related("station", "path_alias").prefetch_related("station__aliases")

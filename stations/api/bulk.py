"""One command for many stations: dry run, start, progress, halt, go on, cancel."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_access import caller, organization_for, token_of
from core.rest.filters import Choice, Filters, Instant, Text
from core.rest.views import Conflict, demand, read
from stations.api.commands import read_kind
from stations.command_kinds import KINDS
from stations.models import BulkCommand, BulkItem
from stations.permissions import may_ask
from stations.selectors_bulk import STATES, items_of
from stations.serializers import BulkItemSerializer, BulkRequest, BulkSerializer, DryRunSerializer
from stations.services import bulk
from stations.services.fitting import NoSuchFile


class BulkViewSet(viewsets.ReadOnlyModelViewSet[BulkCommand]):
    """Bulk commands of my networks, the latest first."""

    scope = "commands"
    serializer_class = BulkSerializer
    queryset = BulkCommand.objects.none()
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    filters: ClassVar[Filters] = {
        "status": Choice("status", words=BulkCommand.Status.values),
        "kind": Choice("kind", words=tuple(sorted(KINDS))),
        "created_from": Instant("created_at__gte"),
        "created_until": Instant("created_at__lt"),
    }

    def get_queryset(self) -> QuerySet[BulkCommand]:
        visible = BulkCommand.objects.visible_to(self.request.user)
        return visible.select_related("organization", "requested_by", "requested_with")

    @extend_schema(request=BulkRequest, responses={200: DryRunSerializer, 201: BulkSerializer})
    def create(self, request: Request) -> Response:
        """Ask many stations; with `dry_run` only say whom (200)."""
        asked, user = read(BulkRequest, request), caller(request)
        organization = organization_for(user, None)
        demand(may_ask(user, organization, asked["kind"]))
        kind = read_kind(asked.pop("kind"), asked.pop("params"))
        plan = bulk.Plan(user=user, organization=organization, kind=kind, selection=asked.pop("filter"))
        if asked.pop("dry_run"):
            return Response(DryRunSerializer(bulk.rehearse(plan=plan, pace=asked["pace_per_minute"])).data)
        try:
            begun = bulk.begin(plan=plan, requested_with=token_of(request), **asked)
        except bulk.NobodyToAsk as nobody:
            raise ValidationError({"filter": [str(nobody)]}) from nobody
        except NoSuchFile as unknown:
            raise ValidationError({"params": {"url": [_("There is no such file.")]}}) from unknown
        return Response(BulkSerializer(begun).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={200: BulkSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, public_id: str) -> Response:
        """Ask no more stations, and take back what has not left yet."""
        return self._steer(request, bulk.cancel)

    @extend_schema(request=None, responses={200: BulkSerializer})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, public_id: str) -> Response:
        """Go on after a halt; the failures so far are forgiven."""
        return self._steer(request, bulk.resume)

    def _steer(self, request: Request, act: Any) -> Response:
        found, user = self.get_object(), caller(request)
        demand(may_ask(user, found.organization, found.kind))
        if not act(command=found, actor=user):
            raise Conflict(f"It is {found.status}.")
        return Response(BulkSerializer(self.get_object()).data)


class BulkItemViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[BulkItem]):
    """The stations of a bulk command, in the order they are asked."""

    scope = "commands"
    serializer_class = BulkItemSerializer
    queryset = BulkItem.objects.none()
    ordering = "position"
    filters: ClassVar[Filters] = {
        "state": Choice("state", words=STATES),
        "station": Text("station__identity"),
    }

    def get_queryset(self) -> QuerySet[BulkItem]:
        if getattr(self, "swagger_fake_view", False):
            return BulkItem.objects.none()
        visible = BulkCommand.objects.visible_to(self.request.user)
        return items_of(get_object_or_404(visible, public_id=self.kwargs["public_id"]))

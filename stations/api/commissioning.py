"""Commissioning through the API: links for installers, and their records."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.api_access import caller
from accounts.models import User
from core.rest.filters import Either, Filters, Instant, Number, Text
from core.rest.views import Conflict, demand, read
from stations import selectors_commissioning as selectors
from stations.api.common import station_of
from stations.models import CommissioningLink, CommissioningRecord, Location, StationTemplate
from stations.serializers.commissioning import (
    HandedOutSerializer,
    LinkRequest,
    LinkSerializer,
    RecordSerializer,
    RenewRequest,
)
from stations.services import commissioning
from stations.services.commissioning_pdf import record_pdf


class CommissioningLinkViewSet(viewsets.ReadOnlyModelViewSet[CommissioningLink]):
    """Links with which installers commission my networks' stations, the latest first."""

    scope = "stations"
    serializer_class = LinkSerializer
    queryset = CommissioningLink.objects.none()
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    filters: ClassVar[Filters] = {
        "station": Text("station__identity"),
        "location": Number("location", "the id of the place"),
        "finished": Either("", when_true=Q(finished_at__isnull=False), when_false=Q(finished_at=None)),
        "made_from": Instant("made_at__gte"),
        "made_until": Instant("made_at__lt"),
    }

    def get_queryset(self) -> QuerySet[CommissioningLink]:
        return selectors.links(self.request.user)

    @extend_schema(request=LinkRequest, responses={201: HandedOutSerializer})
    def create(self, request: Request) -> Response:
        """Make a link. Its `address` is a key and is told only now: hand it out, or give an `email`."""
        asked, user = read(LinkRequest, request), caller(request)
        whose = _wanted(user, asked)
        demand(permissions.may_manage_hardware(user, whose["location"].organization))
        link = commissioning.make_link(
            **whose, email=asked["email"], lasts=timedelta(days=asked["days"]), actor=user
        )
        return Response(HandedOutSerializer(link).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=RenewRequest, responses={200: HandedOutSerializer})
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, public_id: str) -> Response:
        """A new address for another device or another week; the old one is dead, what was done stays."""
        link, user = self._managed(request)
        lasts = timedelta(days=read(RenewRequest, request)["days"])
        try:
            commissioning.renew(link=link, lasts=lasts, actor=user)
        except commissioning.NotOpen as over:
            raise Conflict("It is finished; make another link.") from over
        return Response(HandedOutSerializer(link).data)

    @extend_schema(request=None, responses={200: LinkSerializer})
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, public_id: str) -> Response:
        """Nothing can be done through it from now on. Twice is once."""
        link, user = self._managed(request)
        if link.status_word not in ("revoked", "finished"):
            commissioning.revoke(link=link, actor=user)
        return Response(LinkSerializer(link).data)

    def _managed(self, request: Request) -> tuple[CommissioningLink, User]:
        link, user = self.get_object(), caller(request)
        demand(permissions.may_manage_hardware(user, link.organization))
        return link, user


def _wanted(user: User, asked: dict[str, Any]) -> dict[str, Any]:
    """The station and its place, or the place and the template; 404 for what is not hers."""
    if "station" in asked:
        station = station_of(user, asked["station"])
        return {"location": station.location, "station": station}
    places = Location.objects.visible_to(user).filter(is_waiting_room=False).select_related("organization")
    location = get_object_or_404(places, pk=asked["location"])
    if "template" not in asked:
        return {"location": location}
    templates = StationTemplate.objects.filter(organization=location.organization)
    return {"location": location, "template": get_object_or_404(templates, pk=asked["template"])}


class CommissioningRecordViewSet(viewsets.ReadOnlyModelViewSet[CommissioningRecord]):
    """What installers found out, written down once and for all, the latest first."""

    scope = "stations"
    serializer_class = RecordSerializer
    queryset = CommissioningRecord.objects.none()
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    filters: ClassVar[Filters] = {
        "station": Text("station__identity"),
        "location": Number("station__location", "the id of the place"),
        "made_from": Instant("made_at__gte"),
        "made_until": Instant("made_at__lt"),
    }

    def get_queryset(self) -> QuerySet[CommissioningRecord]:
        return selectors.records(self.request.user).select_related("link")

    @extend_schema(
        responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY, "the record as PDF")}
    )
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, public_id: str) -> HttpResponse:
        """The record as PDF."""
        return HttpResponse(record_pdf(self.get_object()), content_type="application/pdf")

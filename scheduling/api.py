"""Reservations and availability under /api/v1/: the same services and selectors as the pages."""

from __future__ import annotations

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, mixins, permissions, status, viewsets
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api_access import caller
from accounts.models import IdToken, User
from accounts.permissions import may_command_stations
from accounts.selectors import own_rows, token_by_uid
from core import clock
from core.rest.filters import Choice, Filters, Instant, Number, Text, Uuid
from payments.selectors.prices import Payer
from scheduling import selectors
from scheduling.models import Reservation, SentProfile
from scheduling.permissions import bookable_locations, may_cancel_booking, may_see_booking
from scheduling.selectors.fees import terms_for
from scheduling.serializers import (
    BookingSerializer,
    DaySerializer,
    FeesSerializer,
    FreeTimeSerializer,
    ProfileSerializer,
    QuarterSerializer,
    RefusalSerializer,
    ReservationSerializer,
    TermsWishSerializer,
)
from scheduling.services import reservations
from stations.models import Evse


class ReservationList(generics.ListAPIView[Reservation]):
    """My reservations and those of my networks, the latest first; and booking another."""

    scope = "reservations"
    serializer_class = ReservationSerializer
    queryset = Reservation.objects.none()
    filters: ClassVar[Filters] = {
        "station": Text("evse__station__identity"),
        "evse_id": Text("evse__evse_id"),
        "location": Text("location__slug", "the slug of the place"),
        "status": Choice("status", words=Reservation.Status.values),
        "number": Number("number", "the reservation id on the wire"),
        "token": Text("id_token__uid__iexact"),
        "driver": Text("driver__email__iexact"),
        "starts_from": Instant("during__startswith__gte"),
        "starts_until": Instant("during__startswith__lt"),
        "ends_from": Instant("during__endswith__gte"),
    }

    def get_queryset(self) -> QuerySet[Reservation]:
        user = caller(self.request)
        visible = own_rows("driver", user) | Q(organization__in=user.organizations())
        found = Reservation.objects.filter(visible)
        return found.select_related("location", "evse__station", "session", "driver", "id_token")

    @extend_schema(
        request=BookingSerializer,
        responses={
            201: ReservationSerializer,
            400: RefusalSerializer,
            402: RefusalSerializer,
            409: RefusalSerializer,
        },
    )
    def post(self, request: Request) -> Response:
        wish = BookingSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        evse = _bookable_evse(request, wish.validated_data.pop("evse"))
        driver, token = _driver(caller(request), evse, wish.validated_data.pop("token", None))
        try:
            booked = reservations.book(evse=evse, driver=driver, id_token=token, **wish.validated_data)
        except reservations.NoWayToPay:
            why = _("Not coming costs a fee here: the driver needs a saved card or a company's account.")
            return _refuse(status.HTTP_402_PAYMENT_REQUIRED, why)
        except reservations.NotBookable:
            return _refuse(status.HTTP_400_BAD_REQUEST, _("This interval cannot be booked."))
        except reservations.SlotTaken as taken:
            return _refuse(status.HTTP_409_CONFLICT, _("This time is taken."), taken.next_free)
        return Response(ReservationSerializer(booked).data, status=status.HTTP_201_CREATED)


class ReservationDetail(APIView):
    """One reservation; deleting it cancels it."""

    scope = "reservations"

    @extend_schema(responses=ReservationSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        return Response(ReservationSerializer(_visible_reservation(request, public_id)).data)

    @extend_schema(request=None, responses={200: ReservationSerializer, 409: RefusalSerializer})
    def delete(self, request: Request, public_id: str) -> Response:
        reservation = _visible_reservation(request, public_id)
        if not may_cancel_booking(request.user, reservation):
            self.permission_denied(request)
        try:
            reservations.cancel(reservation=reservation, canceled_by=request.user)  # type: ignore[arg-type]
        except reservations.TooLate:
            return _refuse(status.HTTP_409_CONFLICT, _("This reservation is over."))
        return Response(ReservationSerializer(reservation).data)


class ProfileViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[SentProfile]):
    """Charging profiles that stations have, or were given, with the id used on the wire; the latest first."""

    scope = "stations"
    serializer_class = ProfileSerializer
    queryset = SentProfile.objects.none()
    filters: ClassVar[Filters] = {
        "station": Text("station__identity"),
        "evse_id": Text("evse__evse_id"),
        "session": Uuid("session__public_id", "the session's public id"),
        "profile_id": Number("profile_id", "the id on the wire"),
        "purpose": Choice("purpose", words=("session", "default", "station")),
        "status": Choice("status", words=SentProfile.Status.values),
        "sent_from": Instant("sent_at__gte"),
        "sent_until": Instant("sent_at__lt"),
    }

    def get_queryset(self) -> QuerySet[SentProfile]:
        visible = SentProfile.objects.visible_to(self.request.user)
        return visible.select_related("station", "evse", "session")


class ReservationTerms(APIView):
    """What booking a stall at a time costs, and what not coming does; empty where it costs nothing."""

    scope = "reservations"
    permission_classes = (permissions.AllowAny,)

    @extend_schema(parameters=[TermsWishSerializer], responses={200: FeesSerializer, 204: None})
    def get(self, request: Request) -> Response:
        wish = TermsWishSerializer(data=request.query_params)
        wish.is_valid(raise_exception=True)
        evse = _bookable_evse(request, wish.validated_data["evse"])
        terms = terms_for(evse, wish.validated_data["start_at"], Payer(user_id=request.user.pk))
        if terms is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(FeesSerializer(terms.to_json()).data)


class Availability(APIView):
    """A location's local day in quarters of an hour; `?day=2026-03-02`, today by default."""

    scope = "reservations"
    permission_classes = (permissions.AllowAny,)

    @extend_schema(parameters=[DaySerializer], responses=QuarterSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        location = get_object_or_404(bookable_locations(request.user), slug=slug)
        asked = DaySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        today = clock.now().astimezone(ZoneInfo(location.time_zone)).date()
        day = asked.validated_data.get("day", today)
        quarters = selectors.availability(location_id=location.pk, day=day)
        return Response(QuarterSerializer(quarters, many=True).data)


def _driver(user: User, evse: Evse, token_uid: str | None) -> tuple[User, IdToken | None]:
    """Who books: the person who asks, or by an operator the owner of a token. Raises PermissionDenied."""
    if token_uid is None and user.acting_for is None:
        return user, None
    if not may_command_stations(user, evse.organization):
        raise PermissionDenied
    found = token_by_uid(token_uid or "")
    known = IdToken.objects.filter(organization=evse.organization, user__isnull=False)
    token = get_object_or_404(known.select_related("user"), pk=found.pk if found else None)
    return token.user, token  # type: ignore[return-value]


def _bookable_evse(request: Request, evse_id: str) -> Evse:
    evses = Evse.objects.filter(station__location__in=bookable_locations(request.user))
    return get_object_or_404(evses.select_related("station__location__organization"), evse_id=evse_id)


def _visible_reservation(request: Request, public_id: str) -> Reservation:
    found = Reservation.objects.select_related("organization", "location", "evse__station", "session")
    reservation = get_object_or_404(found, public_id=public_id)
    if not may_see_booking(request.user, reservation):
        raise Http404
    return reservation


def _refuse(code: int, detail: str, next_free: tuple[selectors.FreeTime, ...] = ()) -> Response:
    body: dict[str, Any] = {"detail": detail}
    if next_free:
        names = dict(Evse.objects.filter(pk__in=[f.evse_id for f in next_free]).values_list("pk", "evse_id"))
        times = [
            {"evse": names[free.evse_id], "start_at": free.start_at, "end_at": free.end_at}
            for free in next_free
        ]
        body["next_free"] = FreeTimeSerializer(times, many=True).data
    return Response(body, status=code)

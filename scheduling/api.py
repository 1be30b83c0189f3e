"""Reservations and availability under /api/v1/: the same services and selectors as the pages."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, permissions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from scheduling import selectors
from scheduling.models import Reservation
from scheduling.permissions import bookable_locations, may_cancel_booking, may_see_booking
from scheduling.serializers import (
    BookingSerializer,
    DaySerializer,
    FreeTimeSerializer,
    QuarterSerializer,
    RefusalSerializer,
    ReservationSerializer,
)
from scheduling.services import reservations
from stations.models import Evse


class ReservationList(generics.ListAPIView[Reservation]):
    """My reservations, the latest first; and booking another."""

    serializer_class = ReservationSerializer

    def get_queryset(self) -> QuerySet[Reservation]:
        return selectors.bookings_of(self.request.user)  # type: ignore[arg-type]

    @extend_schema(
        request=BookingSerializer,
        responses={201: ReservationSerializer, 400: RefusalSerializer, 409: RefusalSerializer},
    )
    def post(self, request: Request) -> Response:
        wish = BookingSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        evse = _bookable_evse(request, wish.validated_data.pop("evse"))
        try:
            booked = reservations.book(
                evse=evse,
                driver=request.user,  # type: ignore[arg-type]
                **wish.validated_data,
            )
        except reservations.NotBookable:
            return _refuse(status.HTTP_400_BAD_REQUEST, _("This interval cannot be booked."))
        except reservations.SlotTaken as taken:
            return _refuse(status.HTTP_409_CONFLICT, _("This time is taken."), taken.next_free)
        return Response(ReservationSerializer(booked).data, status=status.HTTP_201_CREATED)


class ReservationDetail(APIView):
    """One reservation; deleting it cancels it."""

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


class Availability(APIView):
    """A location's local day in quarters of an hour; `?day=2026-03-02`, today by default."""

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


def _bookable_evse(request: Request, evse_id: str) -> Evse:
    evses = Evse.objects.filter(station__location__in=bookable_locations(request.user))
    return get_object_or_404(evses.select_related("station"), evse_id=evse_id)


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

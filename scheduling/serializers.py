"""The API's shapes. Names after OCPI where it has one; instants in UTC."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from scheduling.models import Reservation


class ReservationSerializer(serializers.ModelSerializer[Reservation]):
    """A reservation as its driver sees it."""

    id = serializers.UUIDField(source="public_id")
    location = serializers.CharField(source="location.slug")
    evse = serializers.CharField(source="evse.evse_id")
    start_at = serializers.DateTimeField(source="during.lower")
    end_at = serializers.DateTimeField(source="during.upper")
    session = serializers.SerializerMethodField()

    class Meta:
        model = Reservation
        fields = ("id", "number", "location", "evse", "start_at", "end_at", "status", "energy_wh", "session")
        read_only_fields = fields

    def get_session(self, reservation: Reservation) -> str | None:
        return str(reservation.session.public_id) if reservation.session else None


class BookingSerializer(serializers.Serializer[Any]):
    """What a driver sends to book: an EVSE by its public id, and an interval in whole quarters of an hour."""

    evse = serializers.CharField(max_length=48)
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    energy_wh = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True)


class FreeTimeSerializer(serializers.Serializer[Any]):
    """A time that could be booked instead."""

    evse = serializers.CharField()
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()


class RefusalSerializer(serializers.Serializer[Any]):
    """Why a booking was not made, and what is free."""

    detail = serializers.CharField()
    next_free = FreeTimeSerializer(many=True, required=False)


class DaySerializer(serializers.Serializer[Any]):
    day = serializers.DateField(required=False)


class QuarterSerializer(serializers.Serializer[Any]):
    """A quarter of an hour of a location's day."""

    start_at = serializers.DateTimeField()
    free = serializers.IntegerField()
    total = serializers.IntegerField()

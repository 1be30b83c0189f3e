"""The API's shapes. Names after OCPI where it has one; instants in UTC."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from scheduling.models import Reservation, SentProfile


class FeesSerializer(serializers.Serializer[Any]):
    """What was agreed with the booking, tax included; it does not change when the tariff does."""

    currency = serializers.CharField()
    reservation_fee = serializers.CharField(help_text="Paid with the charge of a driver who comes in time")
    reserved_per_hour = serializers.CharField(help_text="From the booked start until the charge begins")
    missed_fee = serializers.CharField(help_text="What not coming costs in all")
    free_until = serializers.DateTimeField(help_text="Canceling later costs what not coming costs")
    kept_until = serializers.DateTimeField(help_text="Who has not come by then has missed it")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A confirmed reservation",
            value={
                "id": "4a0b1d5e-5a43-4b6c-9a53-6f0a5d1d9b7e",
                "number": 1203,
                "location": "harbour",
                "station": "HUB-1",
                "evse": "DE*NWC*E00012*1",
                "start_at": "2026-03-02T13:00:00Z",
                "end_at": "2026-03-02T14:00:00Z",
                "status": "confirmed",
                "energy_wh": None,
                "driver": "ada@example.org",
                "token": "8F02C4",
                "announced_at": None,
                "session": None,
                "fees": {
                    "currency": "EUR",
                    "reservation_fee": "2.00",
                    "reserved_per_hour": "0.00",
                    "missed_fee": "5.00",
                    "free_until": "2026-03-02T13:00:00Z",
                    "kept_until": "2026-03-02T13:15:00Z",
                },
            },
            response_only=True,
        )
    ]
)
class ReservationSerializer(serializers.ModelSerializer[Reservation]):
    """A reservation. `number` is the reservation id on the wire; `announced_at`: told to the station."""

    id = serializers.UUIDField(source="public_id")
    location = serializers.CharField(source="location.slug")
    evse = serializers.CharField(source="evse.evse_id")
    station = serializers.CharField(source="evse.station.identity")
    driver = serializers.EmailField(source="driver.email")
    token = serializers.CharField(source="id_token.uid", default=None)
    start_at = serializers.DateTimeField(source="during.lower")
    end_at = serializers.DateTimeField(source="during.upper")
    session = serializers.SerializerMethodField()
    fees = serializers.SerializerMethodField()

    class Meta:
        model = Reservation
        fields = (
            "id",
            "number",
            "location",
            "station",
            "evse",
            "start_at",
            "end_at",
            "status",
            "energy_wh",
            "driver",
            "token",
            "announced_at",
            "session",
            "fees",
        )
        read_only_fields = fields

    @extend_schema_field(FeesSerializer(allow_null=True))
    def get_fees(self, reservation: Reservation) -> dict[str, Any] | None:
        """None where there was no tariff. The bill of a missed one: `/cdrs/?reservation=`."""
        terms = (reservation.quote or {}).get("terms")
        return FeesSerializer(terms).data if terms else None

    def get_session(self, reservation: Reservation) -> str | None:
        return str(reservation.session.public_id) if reservation.session else None


class BookingSerializer(serializers.Serializer[Any]):
    """What a driver sends to book: an EVSE by its public id, and an interval in whole quarters of an hour.

    An operator books for the owner of a `token`.
    """

    evse = serializers.CharField(max_length=48)
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()
    energy_wh = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True)
    token = serializers.CharField(max_length=255, required=False)


class FreeTimeSerializer(serializers.Serializer[Any]):
    """A time that could be booked instead."""

    evse = serializers.CharField()
    start_at = serializers.DateTimeField()
    end_at = serializers.DateTimeField()


class RefusalSerializer(serializers.Serializer[Any]):
    """Why a booking was not made, and what is free."""

    detail = serializers.CharField()
    next_free = FreeTimeSerializer(many=True, required=False)


class TermsWishSerializer(serializers.Serializer[Any]):
    """A stall by its public id, and the start that one would book."""

    evse = serializers.CharField(max_length=48)
    start_at = serializers.DateTimeField()


class DaySerializer(serializers.Serializer[Any]):
    day = serializers.DateField(required=False)


class QuarterSerializer(serializers.Serializer[Any]):
    """A quarter of an hour of a location's day."""

    start_at = serializers.DateTimeField()
    free = serializers.IntegerField()
    total = serializers.IntegerField()


class ProfileSerializer(serializers.ModelSerializer[SentProfile]):
    """A charging profile. `status` sent: on its way, the old limit still counts."""

    station = serializers.CharField(source="station.identity")
    evse_id = serializers.CharField(source="evse.evse_id", default=None)
    session = serializers.UUIDField(source="session.public_id", default=None)

    class Meta:
        model = SentProfile
        fields = (
            "id",
            "station",
            "evse_id",
            "session",
            "profile_id",
            "purpose",
            "stack_level",
            "limit_a",
            "limit_w",
            "status",
            "sent_at",
            "answered_at",
            "command",
        )
        read_only_fields = fields

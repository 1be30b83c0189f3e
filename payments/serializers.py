"""OCPI's shapes of what payments publish; amounts are decimal strings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.money import from_minor
from core.units import kwh
from payments.models import ChargeDetailRecord, Payment, Refund, Tariff
from payments.services.pricing import as_ocpi


class TariffSerializer(serializers.BaseSerializer[Tariff]):
    """An OCPI 2.3.0 Tariff object."""

    def to_representation(self, instance: Tariff) -> dict[str, Any]:
        return as_ocpi(instance)


class PriceSerializer(serializers.Serializer[Any]):
    """OCPI Price."""

    before_taxes = serializers.CharField()
    taxes = serializers.ListField(child=serializers.DictField())


class CdrSerializer(serializers.ModelSerializer[ChargeDetailRecord]):
    """The main fields of an OCPI 2.3.0 CDR object."""

    id = serializers.UUIDField(source="public_id")
    session_id = serializers.UUIDField(
        source="session.public_id",
        default=None,
        help_text="Empty when a reservation was not used (OCPI 2.3.0: only when a session made the record)",
    )
    reservation_id = serializers.UUIDField(
        source="kept.public_id", default=None, help_text="The reservation that was not used"
    )
    start_date_time = serializers.DateTimeField(source="started_at")
    end_date_time = serializers.DateTimeField(source="ended_at")
    tariffs = serializers.SerializerMethodField()
    charging_periods = serializers.JSONField(source="periods")
    total_cost = serializers.SerializerMethodField()
    total_energy = serializers.SerializerMethodField()
    total_reservation_cost = serializers.SerializerMethodField()
    credit = serializers.SerializerMethodField()
    credit_reference_id = serializers.UUIDField(source="credit_of.public_id", default=None)
    last_updated = serializers.DateTimeField(source="issued_at")

    class Meta:
        model = ChargeDetailRecord
        fields = (
            "id",
            "session_id",
            "reservation_id",
            "start_date_time",
            "end_date_time",
            "currency",
            "tariffs",
            "charging_periods",
            "total_cost",
            "total_energy",
            "total_reservation_cost",
            "credit",
            "credit_reference_id",
            "last_updated",
        )

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_tariffs(self, record: ChargeDetailRecord) -> list[Any]:
        """The reservation's own version of it too, where that was another one."""
        kept_under = record.lines.get("kept_under")
        return [record.tariff_snapshot, *([kept_under] if kept_under else [])]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_total_reservation_cost(self, record: ChargeDetailRecord) -> str | None:
        """Before taxes; None where no reservation was paid."""
        nets = [Decimal(line["net"]) for line in record.lines["lines"] if line["why"].get("reservation")]
        return str(-sum(nets) if record.credit_of_id else sum(nets)) if nets else None

    @extend_schema_field(PriceSerializer)
    def get_total_cost(self, record: ChargeDetailRecord) -> dict[str, Any]:
        sign = "-" if record.credit_of_id else ""
        taxes = [{"name": f"VAT {tax['vat']}", "amount": sign + tax["tax"]} for tax in record.lines["taxes"]]
        return {"before_taxes": str(record.total_net), "taxes": taxes}

    def get_total_energy(self, record: ChargeDetailRecord) -> str:
        return str(kwh(abs(record.energy_wh)))

    def get_credit(self, record: ChargeDetailRecord) -> bool:
        return record.credit_of_id is not None


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    """A payment; OCPI has no such object."""

    id = serializers.UUIDField(source="public_id")
    session_id = serializers.UUIDField(source="session.public_id", default=None)
    reservation_id = serializers.UUIDField(
        source="kept.public_id", default=None, help_text="The reservation for which it was made"
    )
    paid_with = serializers.SerializerMethodField()
    is_top_up = serializers.SerializerMethodField(
        help_text="Money added to a driver's prepaid balance; it pays no charge by itself"
    )
    authorized = serializers.SerializerMethodField()
    captured = serializers.SerializerMethodField()
    refunded = serializers.SerializerMethodField()

    class Meta:
        model = Payment
        fields = (
            "id",
            "session_id",
            "reservation_id",
            "paid_with",
            "is_top_up",
            "status",
            "currency",
            "authorized",
            "captured",
            "refunded",
            "failure_code",
            "created_at",
            "authorized_at",
            "captured_at",
        )

    def get_paid_with(self, payment: Payment) -> Literal["card", "balance", "terminal"]:
        if payment.paid_from_id:
            return "balance"
        return "terminal" if payment.terminal_ref else "card"

    def get_is_top_up(self, payment: Payment) -> bool:
        return payment.tops_up_id is not None

    def get_authorized(self, payment: Payment) -> str:
        return str(from_minor(payment.authorized_minor, payment.currency))

    def get_captured(self, payment: Payment) -> str:
        return str(from_minor(payment.captured_minor, payment.currency))

    def get_refunded(self, payment: Payment) -> str:
        return str(from_minor(payment.refunded_minor, payment.currency))


class RefundSerializer(serializers.ModelSerializer[Refund]):
    """Money given back of a payment; OCPI has no such object."""

    id = serializers.UUIDField(source="public_id")
    payment_id = serializers.UUIDField(source="payment.public_id")
    amount = serializers.SerializerMethodField()

    class Meta:
        model = Refund
        fields = ("id", "payment_id", "status", "currency", "amount", "reason", "created_at", "settled_at")

    def get_amount(self, refund: Refund) -> str:
        return str(from_minor(refund.amount_minor, refund.currency))

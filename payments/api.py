"""Tariffs, CDRs and payments under /api/v1/, to read: the same selectors and locks as the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics

from accounts.api_access import caller
from accounts.selectors import own_rows
from core.rest.filters import Choice, Either, Filters, Instant, Text, Uuid
from payments.models import ChargeDetailRecord, Payment, Refund, Tariff
from payments.permissions import organizations_with_money
from payments.serializers import CdrSerializer, PaymentSerializer, RefundSerializer, TariffSerializer


@extend_schema_view(get=extend_schema(responses={200: dict[str, Any]}))
class TariffList(generics.ListAPIView[Tariff]):
    """The tariffs of my organizations, every version, as OCPI objects."""

    scope = "money"
    serializer_class = TariffSerializer
    ordering = ("public_id", "version")
    filters: ClassVar[Filters] = {"currency": Text("currency__iexact"), "name": Text("name__icontains")}

    def get_queryset(self) -> QuerySet[Tariff]:
        mine = Tariff.objects.visible_to(self.request.user)
        return mine.select_related("organization")


def _visible_records(user: Any) -> QuerySet[ChargeDetailRecord]:
    """Mine as a driver, and my organizations' where I may see money; the latest first."""
    mine = own_rows("session__driver", user) | own_rows("kept__driver", user)
    visible = mine | Q(organization__in=organizations_with_money(user))
    return ChargeDetailRecord.objects.filter(visible).select_related("session", "kept", "credit_of")


class CdrList(generics.ListAPIView[ChargeDetailRecord]):
    """Charge detail records, the latest first."""

    scope = "money"
    serializer_class = CdrSerializer
    ordering = ("-issued_at", "-pk")
    filters: ClassVar[Filters] = {
        "session": Uuid("session__public_id", "the session's public id"),
        "reservation": Uuid("kept__public_id", "a reservation that was not used"),
        "station": Text("session__station__identity"),
        "currency": Text("currency__iexact"),
        "is_credit": Either("", when_true=Q(credit_of__isnull=False), when_false=Q(credit_of__isnull=True)),
        "is_standing": Either(
            "neither a credit nor credited",
            when_true=Q(credit_of=None, credited_by=None),
            when_false=~Q(credit_of=None, credited_by=None),
        ),
        "issued_from": Instant("issued_at__gte"),
        "issued_until": Instant("issued_at__lt"),
    }

    def get_queryset(self) -> QuerySet[ChargeDetailRecord]:
        return _visible_records(caller(self.request))


class CdrDetail(generics.RetrieveAPIView[ChargeDetailRecord]):
    """One charge detail record."""

    scope = "money"
    serializer_class = CdrSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[ChargeDetailRecord]:
        return _visible_records(caller(self.request))


class PaymentList(generics.ListAPIView[Payment]):
    """Payments, the latest first: mine, and my organizations' where I may see money."""

    scope = "money"
    serializer_class = PaymentSerializer
    ordering = ("-created_at", "-pk")
    filters: ClassVar[Filters] = {
        "session": Uuid("session__public_id", "the session's public id"),
        "reservation": Uuid("kept__public_id", "the reservation for which it was made"),
        "status": Choice("status", words=Payment.Status.values),
        "currency": Text("currency__iexact"),
        "created_from": Instant("created_at__gte"),
        "created_until": Instant("created_at__lt"),
    }

    def get_queryset(self) -> QuerySet[Payment]:
        user = caller(self.request)
        visible = own_rows("account__user", user) | Q(organization__in=organizations_with_money(user))
        return Payment.objects.filter(visible).select_related("session", "kept")


class RefundList(generics.ListAPIView[Refund]):
    """Refunds, the latest first: of my payments, and of my organizations' where I may see money."""

    scope = "money"
    serializer_class = RefundSerializer
    ordering = ("-created_at", "-pk")
    filters: ClassVar[Filters] = {
        "payment": Uuid("payment__public_id", "the payment's public id"),
        "status": Choice("status", words=Refund.Status.values),
        "created_from": Instant("created_at__gte"),
        "created_until": Instant("created_at__lt"),
    }

    def get_queryset(self) -> QuerySet[Refund]:
        user = caller(self.request)
        visible = own_rows("payment__account__user", user) | Q(
            organization__in=organizations_with_money(user)
        )
        return Refund.objects.filter(visible).select_related("payment")

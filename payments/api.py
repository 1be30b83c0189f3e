"""Tariffs, CDRs and payments under /api/v1/, to read: the same selectors and locks as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics

from accounts.permissions import MONEY_SEEN
from payments.models import ChargeDetailRecord, Payment, Tariff
from payments.serializers import CdrSerializer, PaymentSerializer, TariffSerializer


def _organizations(user: Any) -> QuerySet[Any]:
    """Those whose money the person may see."""
    return user.organizations().filter(memberships__user=user, memberships__role__in=MONEY_SEEN)  # type: ignore[no-any-return]


@extend_schema_view(get=extend_schema(responses={200: dict[str, Any]}))
class TariffList(generics.ListAPIView[Tariff]):
    """The tariffs of my organizations, every version, as OCPI objects."""

    serializer_class = TariffSerializer

    def get_queryset(self) -> QuerySet[Tariff]:
        mine = Tariff.objects.visible_to(self.request.user)
        return mine.select_related("organization").order_by("public_id", "version")


def _visible_records(user: Any) -> QuerySet[ChargeDetailRecord]:
    """Mine as a driver, and my organizations' where I may see money; the latest first."""
    visible = Q(session__driver=user) | Q(organization__in=_organizations(user))
    return ChargeDetailRecord.objects.filter(visible).select_related("session").order_by("-issued_at", "-pk")


class CdrList(generics.ListAPIView[ChargeDetailRecord]):
    """Charge detail records, the latest first."""

    serializer_class = CdrSerializer

    def get_queryset(self) -> QuerySet[ChargeDetailRecord]:
        return _visible_records(self.request.user)


class CdrDetail(generics.RetrieveAPIView[ChargeDetailRecord]):
    """One charge detail record."""

    serializer_class = CdrSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[ChargeDetailRecord]:
        return _visible_records(self.request.user)


class PaymentList(generics.ListAPIView[Payment]):
    """Payments, the latest first: mine, and my organizations' where I may see money."""

    serializer_class = PaymentSerializer

    def get_queryset(self) -> QuerySet[Payment]:
        user = self.request.user
        visible = Q(account__user=user) | Q(organization__in=_organizations(user))
        return Payment.objects.filter(visible).select_related("session").order_by("-created_at", "-pk")

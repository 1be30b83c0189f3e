"""Groups of customers and companies' accounts under /api/v1/, to read."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Count, Q, QuerySet
from rest_framework import generics

from accounts.api_access import caller
from core.rest.filters import Either, Filters, Flag, Text, Uuid
from payments.models import CompanyAccount, CustomerGroup
from payments.permissions import organizations_with_money
from payments.selectors.groups import with_count
from payments.serializers_customers import (
    CompanyDetailSerializer,
    CompanySerializer,
    GroupDetailSerializer,
    GroupSerializer,
)


def _groups(user: Any) -> QuerySet[CustomerGroup]:
    mine = CustomerGroup.objects.filter(organization__in=organizations_with_money(user))
    return with_count(mine).select_related("company")


def _companies(user: Any) -> QuerySet[CompanyAccount]:
    mine = CompanyAccount.objects.filter(organization__in=organizations_with_money(user))
    return mine.annotate(count=Count("members")).select_related("organization")


class GroupList(generics.ListAPIView[CustomerGroup]):
    """The groups of customers of my organizations where I may see money, retired ones too."""

    scope = "money"
    serializer_class: type[GroupSerializer] = GroupSerializer
    ordering = ("name", "pk")
    filters: ClassVar[Filters] = {
        "name": Text("name__icontains"),
        "company": Uuid("company__public_id", "on this company's account"),
        "is_retired": Either(
            "", when_true=Q(retired_at__isnull=False), when_false=Q(retired_at__isnull=True)
        ),
    }

    def get_queryset(self) -> QuerySet[CustomerGroup]:
        return _groups(caller(self.request))


class GroupDetail(generics.RetrieveAPIView[CustomerGroup]):
    """One group, with who belongs to it now."""

    scope = "money"
    serializer_class = GroupDetailSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[CustomerGroup]:
        return _groups(caller(self.request))


class CompanyList(generics.ListAPIView[CompanyAccount]):
    """The companies' accounts of my organizations where I may see money."""

    scope = "money"
    serializer_class: type[CompanySerializer] = CompanySerializer
    ordering = ("name", "pk")
    filters: ClassVar[Filters] = {
        "name": Text("name__icontains"),
        "vat_number": Text("vat_number__iexact"),
        "is_active": Flag("is_active"),
    }

    def get_queryset(self) -> QuerySet[CompanyAccount]:
        return _companies(caller(self.request))


class CompanyDetail(generics.RetrieveAPIView[CompanyAccount]):
    """One company's account, with who belongs to it."""

    scope = "money"
    serializer_class = CompanyDetailSerializer
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[CompanyAccount]:
        return _companies(caller(self.request))

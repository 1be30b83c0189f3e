"""Groups of customers: who they are now."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Count, F, Q, QuerySet

from accounts.models import Organization
from core import clock
from payments.models import CompanyMember, CustomerGroup, GroupMember
from payments.selectors.prices import Payer

Member = TypeVar("Member", CompanyMember, GroupMember)


def groups_of(organization: Organization) -> QuerySet[CustomerGroup]:
    """By name, each with how many belong to it now (`count`)."""
    return with_count(CustomerGroup.objects.filter(organization=organization)).order_by("name")


def with_count(groups: QuerySet[CustomerGroup]) -> QuerySet[CustomerGroup]:
    """Each with how many belong to it now (`count`)."""
    return groups.annotate(count=Count("members", filter=Q(members__during__contains=clock.now())))


def members_now(group: CustomerGroup) -> QuerySet[GroupMember]:
    """In the order in which they came."""
    members = GroupMember.objects.filter(group=group, during__endswith=None, during__isempty=False)
    return members.select_related("user", "id_token", "group__organization").order_by("during", "pk")


def by_payer(members: QuerySet[Member], payer: Payer) -> QuerySet[Member]:
    """By her token, then by herself: a person may carry a company's card and one of her own."""
    by_token = Q(id_token=payer.id_token_id, id_token__isnull=False)
    by_person = Q(user=payer.user_id, user__isnull=False)
    return members.filter(by_token | by_person).order_by(F("user_id").asc(nulls_first=True))

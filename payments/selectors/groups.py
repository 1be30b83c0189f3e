"""Groups of customers: who they are now."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from accounts.models import Organization
from core import clock
from payments.models import CustomerGroup, GroupMember


def groups_of(organization: Organization) -> QuerySet[CustomerGroup]:
    """By name, each with how many belong to it now (`count`)."""
    now = Count("members", filter=Q(members__during__contains=clock.now()))
    return CustomerGroup.objects.filter(organization=organization).annotate(count=now).order_by("name")


def members_now(group: CustomerGroup) -> QuerySet[GroupMember]:
    """In the order in which they came."""
    members = GroupMember.objects.filter(group=group, during__endswith=None)
    return members.select_related("user", "id_token", "group__organization").order_by("during", "pk")

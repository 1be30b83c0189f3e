from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import IdToken, Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from payments.models.companies import CompanyAccount


class CustomerGroup(models.Model):
    """Drivers for whom prices of their own hold: residents, staff, members of a club.

    With a `company` their charges go on its account, where they are not on another one by themselves.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="customer_groups")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80)
    company = models.ForeignKey(
        CompanyAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="groups"
    )
    created_at = models.DateTimeField(default=clock.now)
    retired_at = models.DateTimeField(null=True, blank=True, help_text=_("nobody can join it any more"))

    objects = OrganizationQuerySet["CustomerGroup"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="group_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """Who belongs to a group, and when: a person with all her tokens, or one token.

    A past membership stays: it says which price held for a charge that began then.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(CustomerGroup, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    id_token = models.ForeignKey(IdToken, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    during = DateTimeRangeField()

    objects = OrganizationQuerySet["GroupMember"].as_manager()

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="one_group_per_person_at_a_time",
                expressions=[
                    (F("organization"), RangeOperators.EQUAL),
                    (F("user"), RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="one_group_per_token_at_a_time",
                expressions=[
                    (F("organization"), RangeOperators.EQUAL),
                    (F("id_token"), RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, id_token__isnull=True)
                | Q(user__isnull=True, id_token__isnull=False),
                name="group_member_is_person_or_token",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.id_token}"

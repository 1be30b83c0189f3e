"""Who charges at prices of their own, or on an account: groups of customers and companies."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.money import from_minor
from payments.models import CompanyAccount, CompanyMember, CustomerGroup
from payments.selectors.groups import members_now


class BelongingSerializer(serializers.Serializer[Any]):
    """A person with all her cards, or one card."""

    driver = serializers.EmailField(source="user.email", default=None, help_text="The address of her account")
    token = serializers.CharField(source="id_token.uid", default=None, help_text="The number of the card")


class GroupMemberSerializer(BelongingSerializer):
    since = serializers.DateTimeField(source="during.lower")


class CompanyMemberSerializer(BelongingSerializer):
    cost_center = serializers.CharField()
    since = serializers.DateTimeField(source="added_at")


class GroupSerializer(serializers.ModelSerializer[CustomerGroup]):
    """A group of customers."""

    id = serializers.UUIDField(source="public_id")
    company_id = serializers.UUIDField(
        source="company.public_id", default=None, help_text="On whose account its members charge"
    )
    members = serializers.IntegerField(source="count", help_text="How many belong to it now")

    class Meta:
        model = CustomerGroup
        fields: ClassVar[tuple[str, ...]] = (
            "id",
            "name",
            "company_id",
            "members",
            "created_at",
            "retired_at",
        )


class GroupDetailSerializer(GroupSerializer):
    """With who belongs to it now."""

    belonging = serializers.SerializerMethodField()

    class Meta(GroupSerializer.Meta):
        fields = (*GroupSerializer.Meta.fields, "belonging")

    @extend_schema_field(GroupMemberSerializer(many=True))
    def get_belonging(self, group: CustomerGroup) -> Any:
        return GroupMemberSerializer(members_now(group), many=True).data


class CompanySerializer(serializers.ModelSerializer[CompanyAccount]):
    """A company's account; its invoices' address."""

    id = serializers.UUIDField(source="public_id")
    currency = serializers.CharField(source="organization.currency")
    monthly_limit = serializers.SerializerMethodField()
    members = serializers.IntegerField(source="count", help_text="How many belong to it, groups not counted")

    class Meta:
        model = CompanyAccount
        fields: ClassVar[tuple[str, ...]] = (
            "id",
            "name",
            "street",
            "postal_code",
            "city",
            "country_code",
            "vat_number",
            "buyer_reference",
            "email",
            "currency",
            "monthly_limit",
            "is_active",
            "members",
            "created_at",
        )

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_monthly_limit(self, company: CompanyAccount) -> str | None:
        """Tax included; None: without a limit."""
        limit_minor = company.monthly_limit_minor
        return None if limit_minor is None else str(from_minor(limit_minor, company.organization.currency))


class CompanyDetailSerializer(CompanySerializer):
    """With who belongs to it, and the groups that charge on it."""

    belonging = serializers.SerializerMethodField()
    group_ids = serializers.SerializerMethodField()

    class Meta(CompanySerializer.Meta):
        fields = (*CompanySerializer.Meta.fields, "belonging", "group_ids")

    @extend_schema_field(CompanyMemberSerializer(many=True))
    def get_belonging(self, company: CompanyAccount) -> Any:
        members = CompanyMember.objects.filter(company=company).select_related("user", "id_token")
        return CompanyMemberSerializer(members.order_by("added_at", "pk"), many=True).data

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_group_ids(self, company: CompanyAccount) -> list[str]:
        return [str(pk) for pk in company.groups.order_by("pk").values_list("public_id", flat=True)]

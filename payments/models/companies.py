from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import IdToken, Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models import ChargingSession


class CompanyAccount(models.Model):
    """A company whose members charge on its account; it gets a monthly invoice. Limits in minor units."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="companies")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    street = models.CharField(_("street and number"), max_length=120)
    postal_code = models.CharField(_("postal code"), max_length=20)
    city = models.CharField(_("city"), max_length=80)
    country_code = models.CharField(_("country"), max_length=2)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    buyer_reference = models.CharField(
        _("buyer reference"), max_length=60, blank=True, help_text=_("as they ask for it on invoices")
    )
    email = models.EmailField(_("e-mail for invoices"))
    locale = models.CharField(_("language"), max_length=10, default="en")
    monthly_limit_minor = models.BigIntegerField(null=True, blank=True)
    is_active = models.BooleanField(_("may charge"), default=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["CompanyAccount"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="company_name_unique"),
            models.CheckConstraint(
                condition=Q(monthly_limit_minor__isnull=True) | Q(monthly_limit_minor__gt=0),
                name="company_limit_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CompanyMember(models.Model):
    """Who charges on a company's account: a person with all her tokens, or one token."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey(CompanyAccount, on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="companies")
    id_token = models.ForeignKey(
        IdToken, on_delete=models.CASCADE, null=True, blank=True, related_name="companies"
    )
    cost_center = models.CharField(_("cost center"), max_length=60, blank=True)
    added_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["CompanyMember"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "user"], name="one_company_per_person"),
            models.UniqueConstraint(fields=["organization", "id_token"], name="one_company_per_token"),
            models.CheckConstraint(
                condition=Q(user__isnull=False, id_token__isnull=True)
                | Q(user__isnull=True, id_token__isnull=False),
                name="member_is_person_or_token",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.id_token}"


class Voucher(models.Model):
    """A code that lets whoever has it charge on a company's account: a hotel's guests, for example.

    Limits are in minor units, tax included: what each charge, and what all of them may come to.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey(CompanyAccount, on_delete=models.PROTECT, related_name="vouchers")
    code = models.CharField(max_length=16)
    cost_center = models.CharField(max_length=60, blank=True)
    charges_allowed = models.PositiveSmallIntegerField(default=1)
    charge_limit_minor = models.BigIntegerField(null=True, blank=True)
    total_limit_minor = models.BigIntegerField(null=True, blank=True)
    valid_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["Voucher"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "code"], name="voucher_code_unique"),
            models.CheckConstraint(condition=Q(charges_allowed__gt=0), name="voucher_allows_a_charge"),
            models.CheckConstraint(
                condition=(Q(charge_limit_minor__isnull=True) | Q(charge_limit_minor__gt=0))
                & (Q(total_limit_minor__isnull=True) | Q(total_limit_minor__gt=0)),
                name="voucher_limits_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CompanyCharge(models.Model):
    """A session that goes on a company's account: decided once, when it starts.

    `limit_minor` is what its voucher lets it come to.
    """

    session = models.OneToOneField(ChargingSession, on_delete=models.PROTECT, related_name="company_charge")
    company = models.ForeignKey(CompanyAccount, on_delete=models.PROTECT, related_name="charges")
    cost_center = models.CharField(max_length=60, blank=True)
    voucher = models.ForeignKey(
        Voucher, on_delete=models.PROTECT, null=True, blank=True, related_name="charges"
    )
    limit_minor = models.BigIntegerField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.session} → {self.company}"

"""Who is paid from the books: site hosts a share, the organization itself what is left (MONEY rule 12)."""

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from core.tenancy import OrganizationQuerySet
from payments.models.records import ChargeDetailRecord
from stations.models import Location


class SiteHost(models.Model):
    """Somebody who is paid: who owns the ground, a share of what is sold there; or the organization itself.

    `provider_ref` is their account at the provider, once they have one.
    """

    class Kind(models.TextChoices):
        HOST = "host", _("Site host")
        ORGANIZATION = "organization", _("The organization itself")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="site_hosts")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.HOST, db_default=Kind.HOST)
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"))
    provider_ref = models.CharField(max_length=80, blank=True)
    is_payable = models.BooleanField(default=False, help_text=_("the provider can send money there"))
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["SiteHost"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "kind", "email"], name="one_host_per_address"),
            models.UniqueConstraint(
                fields=["organization"], condition=Q(kind="organization"), name="organization_is_paid_once"
            ),
            models.UniqueConstraint(
                fields=["provider_ref"], condition=~Q(provider_ref=""), name="host_provider_ref_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_own(self) -> bool:
        """It is the organization itself."""
        return self.kind == self.Kind.ORGANIZATION


class RevenueShare(models.Model):
    """What part of the net price of charges a host gets, where and when; a site wins over the network."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    host = models.ForeignKey(SiteHost, on_delete=models.CASCADE, related_name="shares")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    percent = models.DecimalField(_("share in percent"), max_digits=5, decimal_places=2)
    during = DateTimeRangeField()

    objects = OrganizationQuerySet["RevenueShare"].as_manager()

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="one_share_per_place_at_a_time",
                expressions=[
                    (F("host"), RangeOperators.EQUAL),
                    (Coalesce(F("location"), Value(0)), RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=Q(percent__gt=0, percent__lte=100), name="share_is_a_part"),
            models.CheckConstraint(
                condition=Q(during__startswith__isnull=False) & ~Q(during__isempty=True),
                name="share_has_a_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host}: {self.percent} %"


class PlatformTerms(models.Model):
    """What the installation keeps of an organization's charges, and when: of the net price, and fixed."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="platform_terms")
    percent = models.DecimalField(_("percent of the net price"), max_digits=5, decimal_places=2, default=0)
    fixed_minor = models.BigIntegerField(
        _("for each charge"), default=0, help_text=_("in the smallest unit of the organization's currency")
    )
    during = DateTimeRangeField(_("in force"))

    objects = OrganizationQuerySet["PlatformTerms"].as_manager()

    class Meta:
        verbose_name_plural = "platform terms"
        constraints: ClassVar = [
            ExclusionConstraint(
                name="one_platform_fee_at_a_time",
                expressions=[
                    (F("organization"), RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100, fixed_minor__gte=0),
                name="platform_fee_is_a_part",
            ),
            models.CheckConstraint(
                condition=Q(during__startswith__isnull=False) & ~Q(during__isempty=True),
                name="platform_terms_have_a_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}: {self.percent} % + {self.fixed_minor}"


class HostStatement(models.Model):
    """What a host earned by the records that were issued in one month. Final.

    The organization's own: `share_minor` is what is left for it of `collected_minor`, what stood at the
    provider for it when the month ended, after `hosts_minor` for its site hosts and `fee_minor`, the
    installation's; its lines are that fee, record by record.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    host = models.ForeignKey(SiteHost, on_delete=models.PROTECT, related_name="statements")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    month = models.DateField(help_text=_("its first day"))
    currency = models.CharField(max_length=3)
    records = models.PositiveIntegerField()
    energy_wh = models.BigIntegerField()
    net = models.DecimalField(max_digits=14, decimal_places=4)
    share_minor = models.BigIntegerField()
    collected_minor = models.BigIntegerField(default=0, db_default=0)
    hosts_minor = models.BigIntegerField(default=0, db_default=0)
    fee_minor = models.BigIntegerField(default=0, db_default=0)
    issued_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["HostStatement"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["host", "month", "currency"], name="one_statement_per_month")
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="statements_are_final", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.host} {self.month:%Y-%m}"


class HostStatementLine(models.Model):
    """One record's part of a statement: each record counts once for each host."""

    statement = models.ForeignKey(HostStatement, on_delete=models.PROTECT, related_name="lines")
    host = models.ForeignKey(SiteHost, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(ChargeDetailRecord, on_delete=models.PROTECT, related_name="+")
    percent = models.DecimalField(max_digits=5, decimal_places=2)
    share_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["host", "record"], name="record_shared_once")
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="statement_lines_are_final", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.record}: {self.share_minor}"


class HostPayout(models.Model):
    """One transfer of what the books say is owed; `reversed_minor` of it came back. In minor units."""

    class Status(models.TextChoices):
        CREATED = "created", _("On its way")
        PAID = "paid", _("Paid out")
        FAILED = "failed", _("Not paid out")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    host = models.ForeignKey(SiteHost, on_delete=models.PROTECT, related_name="payouts")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.CREATED)
    provider_ref = models.CharField(max_length=80, blank=True)
    failure_code = models.CharField(max_length=60, blank=True)
    reversed_minor = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["HostPayout"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payout_is_something"),
            models.CheckConstraint(
                condition=Q(reversed_minor__gte=0, reversed_minor__lte=F("amount_minor")),
                name="no_more_comes_back_than_was_paid_out",
            ),
            models.UniqueConstraint(
                fields=["provider_ref"], condition=~Q(provider_ref=""), name="payout_provider_ref_unique"
            ),
            models.UniqueConstraint(
                fields=["host", "currency"],
                condition=Q(status="created"),
                name="one_open_payout_per_host",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host}: {self.amount_minor} {self.currency}"

    @property
    def left_minor(self) -> int:
        """What could still be taken back."""
        return self.amount_minor - self.reversed_minor if self.status == self.Status.PAID else 0

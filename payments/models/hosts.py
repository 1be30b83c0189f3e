"""Site hosts: who owns the ground, and gets a share of what is sold there (MONEY rule 12)."""

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
    """Somebody who is paid a share. `provider_ref` is their account at the provider, once they have one."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="site_hosts")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"))
    provider_ref = models.CharField(max_length=80, blank=True)
    is_payable = models.BooleanField(default=False, help_text=_("the provider can send money there"))
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["SiteHost"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "email"], name="one_host_per_address"),
            models.UniqueConstraint(
                fields=["provider_ref"], condition=~Q(provider_ref=""), name="host_provider_ref_unique"
            ),
        ]

    def __str__(self) -> str:
        return self.name


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


class HostStatement(models.Model):
    """What a host earned by the records that were issued in one month. Final."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    host = models.ForeignKey(SiteHost, on_delete=models.PROTECT, related_name="statements")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    month = models.DateField(help_text=_("its first day"))
    currency = models.CharField(max_length=3)
    records = models.PositiveIntegerField()
    energy_wh = models.BigIntegerField()
    net = models.DecimalField(max_digits=14, decimal_places=4)
    share_minor = models.BigIntegerField()
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
    """One transfer to a host, of what the books say is owed. Amount in minor units."""

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
    created_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["HostPayout"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payout_is_something"),
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

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from core.tenancy import OrganizationQuerySet
from payments.models.companies import CompanyAccount
from payments.models.keeping import KeptStall, Occasion
from payments.models.tariffs import Tariff
from stations.models import ChargingSession

_CHAIN = """
if NEW.credit_of_id is not null and not exists (
    select from payments_chargedetailrecord o
     where o.id = NEW.credit_of_id and o.credit_of_id is null
       and o.session_id is not distinct from NEW.session_id and o.kept_id is not distinct from NEW.kept_id
       and o.currency = NEW.currency and o.total_net = -NEW.total_net and o.total_tax = -NEW.total_tax
       and o.energy_wh = -NEW.energy_wh) then
  raise exception 'a credit mirrors a record of its occasion' using errcode = 'check_violation';
end if;
if NEW.reissue_of_id is not null and not exists (
    select from payments_chargedetailrecord c
     where c.id = NEW.reissue_of_id and c.credit_of_id is not null
       and c.session_id is not distinct from NEW.session_id
       and c.kept_id is not distinct from NEW.kept_id) then
  raise exception 'a record is reissued for a credit of its occasion' using errcode = 'check_violation';
end if;
return NEW;
"""


class RecordQuerySet(OrganizationQuerySet["ChargeDetailRecord"]):
    def standing(self) -> RecordQuerySet:
        """Those that hold: neither credits nor credited."""
        return self.filter(credit_of=None, credited_by=None)


class ChargeDetailRecord(models.Model):
    """What a session cost and why, with the tariff's snapshot. Never edited: credited and reissued.

    A record without a session is of a stall that was kept in vain (OCPI 2.3.0 CDR: `session_id` only when
    there was one). Records of one occasion are one chain: the original, its credit (the negative mirror),
    the record reissued for that credit, and so on. One original, one credit of a record and one reissue of
    a credit are unique, so at most one record of it stands (MONEY rule 3).
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="cdrs")
    session = models.ForeignKey(
        ChargingSession, on_delete=models.PROTECT, null=True, blank=True, related_name="cdrs"
    )
    kept = models.ForeignKey(KeptStall, on_delete=models.PROTECT, null=True, blank=True, related_name="cdrs")
    credit_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="credited_by"
    )
    reissue_of = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reissued_by",
        help_text=_("the credit for which it was made"),
    )
    correction = models.JSONField(
        default=dict, db_default={}, blank=True, help_text=_("why it was reissued, and what is otherwise")
    )
    company = models.ForeignKey(
        CompanyAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="records"
    )
    cost_center = models.CharField(max_length=60, blank=True, db_default="")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    tariff_snapshot = models.JSONField(help_text=_("the tariff as it was, OCPI JSON"))
    currency = models.CharField(max_length=3)
    periods = models.JSONField(help_text=_("OCPI ChargingPeriods"))
    lines = models.JSONField(help_text=_("what, how much, at which price, why"))
    energy_wh = models.BigIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    total_net = models.DecimalField(max_digits=12, decimal_places=4)
    total_tax = models.DecimalField(max_digits=12, decimal_places=4)
    total_gross = models.DecimalField(max_digits=12, decimal_places=4)
    issued_at = models.DateTimeField(default=clock.now)

    objects = RecordQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(credit_of__isnull=True, reissue_of__isnull=True),
                name="one_original_record_per_session",
            ),
            models.UniqueConstraint(
                fields=["kept"],
                condition=Q(credit_of__isnull=True, reissue_of__isnull=True),
                name="one_original_record_per_kept_stall",
            ),
            models.CheckConstraint(
                condition=Q(session__isnull=False, kept__isnull=True)
                | Q(session__isnull=True, kept__isnull=False),
                name="record_of_session_or_kept_stall",
            ),
            models.CheckConstraint(
                condition=Q(credit_of__isnull=True) | Q(reissue_of__isnull=True),
                name="credit_or_reissue",
            ),
            models.CheckConstraint(
                condition=Q(credit_of__isnull=True, total_gross__gte=0)
                | Q(credit_of__isnull=False, total_gross__lte=0),
                name="credits_are_negative",
            ),
            models.CheckConstraint(
                condition=Q(total_gross=models.F("total_net") + models.F("total_tax")),
                name="record_totals_agree",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["company", "issued_at"],
                name="records_of_companies",
                condition=Q(company__isnull=False),
            )
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="records_are_final", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="records_are_a_chain",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                level=pgtrigger.Row,
                func=_CHAIN,
            ),
        ]

    def __str__(self) -> str:
        return f"CDR {self.public_id}"

    @property
    def occasion(self) -> Occasion:
        """What was sold: a session, or a stall that was kept in vain."""
        sold = self.session or self.kept
        if sold is None:
            raise ValueError("a record is of a session or of a kept stall")
        return sold

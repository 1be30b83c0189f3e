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
from payments.models.tariffs import Tariff
from stations.models import ChargingSession


class ChargeDetailRecord(models.Model):
    """What a session cost and why, with the tariff's snapshot. Never edited: credited and reissued."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="cdrs")
    session = models.ForeignKey(ChargingSession, on_delete=models.PROTECT, related_name="cdrs")
    credit_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="credited_by"
    )
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

    objects = OrganizationQuerySet["ChargeDetailRecord"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(credit_of__isnull=True),
                name="one_original_record_per_session",
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
        triggers: ClassVar = [
            pgtrigger.Protect(name="records_are_final", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"CDR {self.public_id}"

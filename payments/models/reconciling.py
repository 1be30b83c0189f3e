from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from payments.models.payments import Payment


class ReconciliationRun(models.Model):
    """One comparison of provider, books and payments of an organization since `since`.

    `counts` says how many of each thing were compared, `sums` what they came to on each side, by currency.
    """

    class Status(models.TextChoices):
        ASKED = "asked", _("Waiting")
        RUNNING = "running", _("Comparing")
        DONE = "done", _("Compared")
        FAILED = "failed", _("Not compared")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ASKED)
    step = models.CharField(max_length=20, blank=True)
    since = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict)
    sums = models.JSONField(default=dict)
    found = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    objects = OrganizationQuerySet["ReconciliationRun"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(status__in=["asked", "running"]),
                name="one_reconciliation_at_a_time",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["organization", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.public_id}"


class Discrepancy(models.Model):
    """On what provider, books and payments do not agree, until it is mended or agrees by itself."""

    class Kind(models.TextChoices):
        REFUND_UNKNOWN = "refund_unknown", _("Refund made at the provider")
        DISPUTE_UNKNOWN = "dispute_unknown", _("Dispute that we did not know of")
        CAPTURED_ELSEWHERE = "captured_elsewhere", _("Captured by hand at the provider")
        HOLD_GONE = "hold_gone", _("Hold that is gone at the provider")
        CARD_GONE = "card_gone", _("Saved card deleted at the provider")
        STATE_BEHIND = "state_behind", _("News that never reached us")
        AMOUNT_DIFFERS = "amount_differs", _("Amounts differ")
        INTENT_UNKNOWN = "intent_unknown", _("Payment that we do not know")
        MISSING_THERE = "missing_there", _("Paid here, but not at the provider")
        LEDGER_DIFFERS = "ledger_differs", _("Books and provider differ")
        OVERPAID = "overpaid", _("More taken than billed")
        PAYOUT_REVERSED = "payout_reversed", _("Payout taken back at the provider")
        FEE_DIFFERS = "fee_differs", _("Fee that the provider tells otherwise")

    class State(models.TextChoices):
        OPEN = "open", _("To be mended")
        MENDED = "mended", _("Mended")
        AGREES = "agrees", _("Agrees by itself")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(ReconciliationRun, on_delete=models.PROTECT, related_name="discrepancies")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    ref = models.CharField(max_length=80, help_text=_("what it is about, in the provider's words"))
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    ours_minor = models.BigIntegerField(null=True, blank=True)
    theirs_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    detail = models.CharField(max_length=120, blank=True, help_text=_("state here → state there"))
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    mended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = OrganizationQuerySet["Discrepancy"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "kind", "ref"],
                condition=Q(state="open"),
                name="a_discrepancy_is_open_once",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["organization", "-found_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"

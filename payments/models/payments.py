from __future__ import annotations

import uuid
from calendar import monthrange
from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from payments.models.balances import PrepaidBalance
from payments.models.keeping import KeptStall, Occasion
from payments.models.records import ChargeDetailRecord
from stations.models import ChargingSession, Evse


class BillingAccount(models.Model):
    """A person as the provider knows them: holds the cards."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="billing_account")
    currency = models.CharField(max_length=3, default="EUR")
    provider_customer_id = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider_customer_id"],
                condition=~Q(provider_customer_id=""),
                name="provider_customer_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}"


class PaymentMethod(models.Model):
    account = models.ForeignKey(BillingAccount, on_delete=models.CASCADE, related_name="methods")
    provider_ref = models.CharField(max_length=80, unique=True)
    brand = models.CharField(max_length=20, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    expires_month = models.PositiveSmallIntegerField(null=True, blank=True)
    expires_year = models.PositiveSmallIntegerField(null=True, blank=True)
    is_default = models.BooleanField(default=False)
    is_usable = models.BooleanField(default=True)
    end_told_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("when the driver was told that it soon ends")
    )
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(is_default=True), name="one_default_method"
            )
        ]

    def __str__(self) -> str:
        return f"{self.brand} ···· {self.last4}"

    @property
    def ends_on(self) -> date | None:
        """The last day on which it pays: the last of its month."""
        if not self.expires_year or not self.expires_month:
            return None
        return date(
            self.expires_year, self.expires_month, monthrange(self.expires_year, self.expires_month)[1]
        )


class Payment(models.Model):
    """One payment: a hold that is captured or released. Amounts are integer minor units.

    A guest's payment has no account; `email` is where the receipt goes. With a `terminal_ref` it is what a
    terminal at the charger settled by itself; `difference_minor` is then what it took beyond our price.
    """

    class Status(models.TextChoices):
        CREATED = "created", _("Created")
        REQUIRES_ACTION = "requires_action", _("Waiting for the payer")
        AUTHORIZED = "authorized", _("Held")
        CAPTURED = "captured", _("Paid")
        VOIDED = "voided", _("Released")
        FAILED = "failed", _("Failed")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="payments")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="payments"
    )
    method = models.ForeignKey(
        PaymentMethod, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    email = models.EmailField(blank=True)
    evse = models.ForeignKey(Evse, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    session = models.ForeignKey(
        ChargingSession, on_delete=models.PROTECT, null=True, blank=True, related_name="payments"
    )
    cdr = models.ForeignKey(
        ChargeDetailRecord, on_delete=models.PROTECT, null=True, blank=True, related_name="payments"
    )
    kept = models.ForeignKey(
        KeptStall,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        help_text=_("made for this kept stall; with a session, what was held for it pays the charge"),
    )
    paid_from = models.ForeignKey(
        PrepaidBalance,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="draws",
        help_text=_("held on what was paid in ahead, and taken from it: no provider is asked"),
    )
    tops_up = models.ForeignKey(
        PrepaidBalance,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="top_ups",
        help_text=_("money paid in ahead; it pays no charge by itself"),
    )
    payer_key = models.CharField(
        max_length=60, blank=True, editable=False, help_text=_("whose attempt to start a charge this is")
    )
    scanned_limits = models.JSONField(
        null=True,
        blank=True,
        help_text=_("asked at the charger whose one-time code was scanned; null: it came another way"),
    )
    currency = models.CharField(max_length=3)
    requested_minor = models.BigIntegerField(help_text=_("the hold asked for"))
    authorized_minor = models.BigIntegerField(default=0)
    captured_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.CREATED)
    failure_code = models.CharField(max_length=60, blank=True)
    failure_message = models.CharField(max_length=300, blank=True)
    provider_ref = models.CharField(max_length=80, blank=True, help_text=_("PaymentIntent"))
    checkout_ref = models.CharField(max_length=120, blank=True)
    terminal_ref = models.CharField(
        max_length=255, blank=True, db_default="", help_text=_("the reference of a terminal's provider")
    )
    difference_minor = models.BigIntegerField(null=True, blank=True)
    looked_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when a person looked at the difference")
    )
    capture_before = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when the payer was told that the hold is nearly used up")
    )
    created_at = models.DateTimeField(default=clock.now)
    authorized_at = models.DateTimeField(null=True, blank=True)
    captured_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["Payment"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(captured_minor__lte=F("authorized_minor")), name="captured_at_most_authorized"
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__lte=F("captured_minor")), name="refunded_at_most_captured"
            ),
            models.CheckConstraint(
                condition=Q(requested_minor__gte=0, captured_minor__gte=0, refunded_minor__gte=0),
                name="amounts_not_negative",
            ),
            models.UniqueConstraint(
                fields=["provider_ref"], condition=~Q(provider_ref=""), name="payment_provider_ref_unique"
            ),
            models.UniqueConstraint(
                fields=["checkout_ref"], condition=~Q(checkout_ref=""), name="payment_checkout_ref_unique"
            ),
            models.UniqueConstraint(
                fields=["organization", "terminal_ref"],
                condition=~Q(terminal_ref=""),
                name="payment_terminal_ref_unique",
            ),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(status__in=["created", "requires_action", "authorized"]),
                name="one_open_payment_per_session",
            ),
            models.UniqueConstraint(
                fields=["kept"],
                condition=Q(status__in=["created", "requires_action", "authorized"], session__isnull=True),
                name="one_open_payment_per_kept_stall",
            ),
            models.UniqueConstraint(
                fields=["evse", "payer_key"],
                condition=Q(status__in=["created", "requires_action", "authorized"], session__isnull=True)
                & ~Q(payer_key=""),
                name="one_open_attempt_per_payer",
            ),
            models.UniqueConstraint(
                fields=["tops_up"],
                condition=Q(status__in=["created", "requires_action", "authorized"]),
                name="one_open_top_up_per_balance",
            ),
            models.CheckConstraint(
                condition=Q(paid_from__isnull=True)
                | Q(tops_up__isnull=True, provider_ref="", checkout_ref="", terminal_ref=""),
                name="paid_from_a_balance_alone",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "-created_at"]),
            models.Index(fields=["capture_before"], name="open_holds", condition=Q(status="authorized")),
        ]

    def __str__(self) -> str:
        return f"{self.public_id}"

    @property
    def occasion(self) -> Occasion | None:
        """What it pays; None while a start is being asked for, and for what is paid in ahead."""
        return self.session or self.kept

    @property
    def is_ours_to_return(self) -> bool:
        """Taken by the provider for us, or from a balance; what a terminal took is not."""
        return bool(self.provider_ref or self.paid_from_id)

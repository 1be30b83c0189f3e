from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.models import IdToken, Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.topology import ChargingStation, Evse

NUMBER_SEQUENCE = "stations_session_number"


class ChargingSession(models.Model):
    """One charge: OCPP's transaction, OCPI's Session.

    Pending when we asked the station to start and it has not yet said so. `number` is ours (the
    transaction id of OCPP 1.6), `transaction_id` the station's own (2.x). Energy is a running
    figure from the readings until the end is known.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Starting")
        ACTIVE = "active", _("Active")
        INTERRUPTED = "interrupted", _("Interrupted")
        COMPLETED = "completed", _("Completed")
        ABANDONED = "abandoned", _("Never started")

    class Purpose(models.TextChoices):
        CHARGE = "charge", _("Charge")
        TEST = "test", _("Test charge")

    # No index of their own: the composite ones below begin with these columns.
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="sessions", db_index=False
    )
    station = models.ForeignKey(
        ChargingStation, on_delete=models.PROTECT, related_name="sessions", db_index=False
    )
    evse = models.ForeignKey(Evse, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions")
    connector_number = models.PositiveIntegerField(null=True, blank=True)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.BigIntegerField(
        unique=True,
        editable=False,
        db_default=Func(Value(NUMBER_SEQUENCE), function="nextval", output_field=models.BigIntegerField()),
    )
    transaction_id = models.CharField(max_length=255, blank=True)

    id_token = models.ForeignKey(
        IdToken, on_delete=models.PROTECT, null=True, blank=True, related_name="sessions"
    )
    token_uid = models.CharField(max_length=255, blank=True, help_text=_("as the station sent it"))
    driver = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="charging_sessions",
        db_index=False,
    )
    start_token = models.CharField(
        max_length=255, blank=True, help_text=_("one-time token of an app or guest start")
    )
    limits = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text=_("what it may use at most (stations.limits.ChargeLimits)"),
    )
    decision = models.CharField(max_length=12, blank=True, help_text=_("what we answered to its token"))
    decision_reason = models.CharField(max_length=120, blank=True)

    purpose = models.CharField(
        max_length=6,
        choices=Purpose.choices,
        default=Purpose.CHARGE,
        db_default=Purpose.CHARGE,
        help_text=_("a test is never billed"),
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    phase = models.CharField(max_length=24, blank=True)
    phase_at = models.DateTimeField(null=True, blank=True)
    requested_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    reported_start_at = models.DateTimeField(
        null=True, blank=True, help_text=_("the station's own clock; repeats are known by it")
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=40, blank=True)
    meter_start_wh = models.BigIntegerField(null=True, blank=True)
    meter_end_wh = models.BigIntegerField(null=True, blank=True)
    energy_wh = models.BigIntegerField(default=0)
    power_w = models.IntegerField(null=True, blank=True)
    soc_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    last_reading_at = models.DateTimeField(null=True, blank=True)
    first_seq_no = models.IntegerField(null=True, blank=True)
    last_seq_no = models.IntegerField(null=True, blank=True)
    missing_seq_nos = ArrayField(models.IntegerField(), default=list, blank=True)
    reserved_during = DateTimeRangeField(null=True, blank=True)
    reservation_number = models.BigIntegerField(null=True, blank=True)
    review_reasons = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["ChargingSession"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["station", "transaction_id"],
                condition=~Q(transaction_id=""),
                name="transaction_unique_in_station",
            ),
            models.UniqueConstraint(
                fields=[
                    "station",
                    "reported_start_at",
                    "token_uid",
                    "evse",
                    "connector_number",
                    "meter_start_wh",
                ],
                condition=Q(transaction_id="", reported_start_at__isnull=False),
                nulls_distinct=False,
                name="numbered_start_unique_by_its_data",
            ),
            models.UniqueConstraint(
                fields=["evse"], condition=Q(status="active"), name="one_active_session_per_evse"
            ),
            models.UniqueConstraint(
                fields=["evse"], condition=Q(status="pending"), name="one_pending_session_per_evse"
            ),
            models.UniqueConstraint(
                fields=["start_token"], condition=~Q(start_token=""), name="start_token_used_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True)
                | Q(started_at__isnull=True)
                | Q(ended_at__gte=F("started_at")),
                name="session_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "abandoned"], started_at__isnull=True)
                | Q(status="active", started_at__isnull=False, ended_at__isnull=True)
                | Q(status="interrupted", started_at__isnull=False)
                | Q(status="completed", started_at__isnull=False, ended_at__isnull=False),
                name="session_status_agrees_with_facts",
            ),
            models.CheckConstraint(
                condition=Q(soc_percent__isnull=True) | Q(soc_percent__lte=100),
                name="session_soc_at_most_100",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "-started_at"]),
            models.Index(fields=["driver", "-started_at"]),
            models.Index(fields=["station", "status"]),
            models.Index(fields=["requested_at"], name="pending_sessions", condition=Q(status="pending")),
            models.Index(fields=["id_token"], name="active_sessions_of_token", condition=Q(status="active")),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.PENDING, self.Status.ACTIVE)

    @property
    def needs_review(self) -> bool:
        """Flagged and not yet released: not to be billed. Nobody releases a test."""
        return bool(self.review_reasons) and self.reviewed_at is None and not self.is_test

    @property
    def is_test(self) -> bool:
        """Made while commissioning: energy flows, and nobody ever pays for it."""
        return self.purpose == self.Purpose.TEST


class MeterReading(models.Model):
    """One instant's meter values of one EVSE; `taken_at` is our judged time.

    Partitioned by day of `taken_at`; the database's key is (id, taken_at), Django sees `id`. No
    foreign key in the database: it would lock the rows that the writer has locked, once more each.
    A reading that belongs to nobody has no session.
    """

    station = models.ForeignKey(
        ChargingStation, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    session = models.ForeignKey(
        ChargingSession,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="readings",
    )
    evse_number = models.PositiveIntegerField(null=True, blank=True)
    taken_at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True, blank=True, help_text=_("where we judged otherwise"))
    received_at = models.DateTimeField()
    context = models.CharField(max_length=24)
    energy_wh = models.BigIntegerField(null=True, blank=True)
    power_w = models.IntegerField(null=True, blank=True)
    offered_w = models.IntegerField(null=True, blank=True)
    current_ma = models.IntegerField(null=True, blank=True)
    voltage_dv = models.IntegerField(null=True, blank=True)
    soc_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    other = models.JSONField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["taken_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session", "taken_at", "context"], name="reading_unique_in_session"
            ),
            models.CheckConstraint(
                condition=Q(soc_percent__isnull=True) | Q(soc_percent__lte=100),
                name="reading_soc_at_most_100",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.taken_at:%H:%M:%S}"


class StrayReport(models.Model):
    """A report that nothing could be done with: kept for the operator, answered all the same."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="stray_reports")
    at = models.DateTimeField(default=clock.now)
    reason = models.CharField(max_length=120)
    body = models.JSONField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["StrayReport"].as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["organization", "-at"],
                name="open_stray_reports",
                condition=Q(resolved_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.station_id}: {self.reason}"


class DailyUsage(models.Model):
    """A station's day in its location's time zone; recomputed from the sessions, rebuildable."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="daily_usage")
    day = models.DateField()
    sessions = models.PositiveIntegerField(default=0)
    energy_wh = models.BigIntegerField(default=0)
    occupied_s = models.BigIntegerField(default=0)

    objects = OrganizationQuerySet["DailyUsage"].as_manager()

    class Meta:
        verbose_name_plural = "daily usage"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["station", "day"], name="one_usage_row_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.day}"

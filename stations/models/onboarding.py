from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.topology import ChargingStation, Connector, Evse


class StationTemplate(models.Model):
    """What a newly adopted station is filled in with: its EVSEs, their limits, and a tariff.

    `tariff_id` is a number of the payments app, opaque here; empty: the place's own tariff holds.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="station_templates")
    name = models.CharField(_("name"), max_length=60)
    evse_count = models.PositiveSmallIntegerField(_("stalls"), default=2)
    standard = models.CharField(
        _("connector"), max_length=24, choices=Connector.Standard.choices, default=Connector.Standard.TYPE_2
    )
    has_cable = models.BooleanField(_("fixed cable"), default=False)
    current_type = models.CharField(
        _("current"), max_length=2, choices=Evse.Current.choices, default=Evse.Current.AC
    )
    phases = models.PositiveSmallIntegerField(_("phases"), default=3)
    max_power_w = models.PositiveIntegerField(_("power of a stall, W"), default=22_000)
    max_current_a = models.PositiveIntegerField(_("current of a stall, A"), default=32)
    tariff_id = models.PositiveBigIntegerField(_("tariff"), null=True, blank=True)

    objects = OrganizationQuerySet["StationTemplate"].as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="template_name_unique"),
            models.CheckConstraint(
                condition=models.Q(evse_count__gte=1, evse_count__lte=64), name="template_has_some_evses"
            ),
            models.CheckConstraint(condition=models.Q(phases__in=[1, 2, 3]), name="template_phases_known"),
        ]

    def __str__(self) -> str:
        return self.name


class DoorPolicy(models.Model):
    """How an organization receives stations: strangers, passwords in the clear, certificates.

    No row means: strangers are refused, and no station without a password.
    """

    class Strangers(models.TextChoices):
        REFUSE = "refuse", _("Refuse them")
        HOLD = "hold", _("Hold them until someone adopts them")

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, primary_key=True, related_name="door_policy"
    )
    strangers = models.CharField(
        _("unknown chargers"), max_length=8, choices=Strangers.choices, default=Strangers.REFUSE
    )
    onboarding_hash = models.CharField(
        max_length=64, blank=True, help_text=_("HMAC-SHA-256 of the onboarding password, hex")
    )
    allows_unsecured = models.BooleanField(_("chargers without a password are allowed"), default=False)
    certificate_organization = models.CharField(
        _("organization in certificates"),
        max_length=64,
        blank=True,
        help_text=_("the O of the subject; empty: the network's name"),
    )

    keeps_first_password_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("until then a charger whose password is not known here keeps the first one it shows"),
    )

    objects = OrganizationQuerySet["DoorPolicy"].as_manager()

    class Meta:
        verbose_name_plural = "door policies"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(strangers="refuse")
                | (models.Q(strangers="hold") & ~models.Q(onboarding_hash="")),
                name="holding_needs_an_onboarding_password",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.strangers}"


class HeldStation(models.Model):
    """A station that came by itself and waits for somebody to adopt it.

    The station's row is pending: it may boot and be configured, and starts nothing.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ADOPTED = "adopted", _("Adopted")
        REJECTED = "rejected", _("Rejected")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    station = models.OneToOneField(
        ChargingStation, on_delete=models.CASCADE, primary_key=True, related_name="held"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    remote_address = models.CharField(max_length=64, blank=True)
    first_seen_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = OrganizationQuerySet["HeldStation"].as_manager()

    class Meta:
        ordering: ClassVar = ["-first_seen_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state="waiting", decided_at__isnull=True)
                | models.Q(state__in=["adopted", "rejected"], decided_at__isnull=False),
                name="held_state_agrees_with_decision",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["organization"], name="stations_waiting", condition=models.Q(state="waiting")
            )
        ]

    def __str__(self) -> str:
        return f"{self.station_id}: {self.state}"

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.states import CONNECTOR_STATUSES


class Location(models.Model):
    """A place where people charge; has the time zone."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="locations")
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(max_length=80, unique=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=16, blank=True)
    country_code = models.CharField(_("country"), max_length=2, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6)
    longitude = models.DecimalField(max_digits=9, decimal_places=6)
    time_zone = models.CharField(max_length=64, default="UTC")
    opening_hours = models.JSONField(default=dict, blank=True, help_text=_("OCPI Hours; empty means 24/7"))
    amenities = models.JSONField(default=list, blank=True, help_text=_("OCPI facilities"))
    is_public = models.BooleanField(_("public"), default=True)
    freezes_prices = models.BooleanField(
        _("the prices of the start hold for the whole charge"),
        default=False,
        db_default=False,
        help_text=_("in the United States they always do (23 CFR 680.116(a))"),
    )
    is_waiting_room = models.BooleanField(
        default=False, editable=False, help_text=_("no real place: stations wait here to be adopted")
    )

    objects = OrganizationQuerySet["Location"].as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(is_waiting_room=True),
                name="one_waiting_room_per_organization",
            ),
            models.CheckConstraint(
                condition=~models.Q(is_waiting_room=True, is_public=True), name="waiting_room_is_not_public"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Circuit(models.Model):
    """A shared electrical limit, in amperes per phase; circuits form a tree under the grid connection."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="circuits")
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    name = models.CharField(max_length=60)
    limit_a = models.PositiveIntegerField()
    phases = models.PositiveSmallIntegerField(default=3)

    objects = OrganizationQuerySet["Circuit"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(limit_a__gt=0), name="circuit_limit_positive"),
            models.CheckConstraint(condition=models.Q(phases__in=[1, 3]), name="circuit_phases_known"),
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                name="circuit_not_its_own_parent",
            ),
            models.UniqueConstraint(
                fields=["location"],
                condition=models.Q(parent__isnull=True),
                name="one_grid_connection_per_location",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ChargingStation(models.Model):
    """One websocket. `connection_no` counts its connections: the newest wins and fences the rest."""

    class Registration(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        PENDING = "pending", _("Pending")
        REJECTED = "rejected", _("Rejected")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="stations")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="stations")
    identity = models.CharField(max_length=48, unique=True)
    name = models.CharField(_("name"), max_length=60, blank=True)
    registration = models.CharField(
        max_length=10, choices=Registration.choices, default=Registration.ACCEPTED
    )
    secret_hash = models.CharField(
        max_length=64, blank=True, help_text=_("HMAC-SHA-256 of the password, hex")
    )
    next_secret_hash = models.CharField(
        max_length=64, blank=True, help_text=_("a password on its way to the station; both hold meanwhile")
    )
    security_profile = models.PositiveSmallIntegerField(
        default=1, help_text=_("the least that is accepted: 0 none, 1 password, 2 and TLS, 3 certificate")
    )
    next_security_profile = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("asked of the station; it holds once the station came with it")
    )
    accepts_expired_certificate = models.BooleanField(
        default=False, help_text=_("so that an expired certificate can be renewed (2.0.1 A00.FR.429)")
    )
    # --- reported by the station
    vendor = models.CharField(max_length=50, blank=True)
    model = models.CharField(max_length=50, blank=True)
    serial = models.CharField(max_length=50, blank=True)
    firmware = models.CharField(max_length=50, blank=True)
    ocpp_version = models.CharField(max_length=10, blank=True)
    booted_at = models.DateTimeField(null=True, blank=True)
    boot_reason = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=12, default="unknown")
    status_detail = models.CharField(max_length=40, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    # --- deduced by us
    connection_no = models.PositiveBigIntegerField(default=0)
    is_connected = models.BooleanField(default=False)
    connected_at = models.DateTimeField(null=True, blank=True)
    disconnected_at = models.DateTimeField(null=True, blank=True)
    remote_address = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text=_("where it last came from")
    )
    last_seen_at = models.DateTimeField(null=True, blank=True)
    inventory_of = models.CharField(
        max_length=240,
        blank=True,
        db_default="",
        help_text=_("make and firmware whose settings were asked for"),
    )
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["ChargingStation"].as_manager()

    class Meta:
        ordering: ClassVar = ["identity"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "organization"], name="station_with_its_organization"),
            models.CheckConstraint(
                condition=models.Q(registration__in=["accepted", "pending", "rejected"]),
                name="registration_known",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=CONNECTOR_STATUSES), name="station_status_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(identity__contains=":"), name="identity_without_colon"
            ),
            models.CheckConstraint(
                condition=models.Q(security_profile__lte=3), name="security_profile_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.identity


class Evse(models.Model):
    """Serves one car at a time; what is reserved and metered. `code` is on the stall's QR label."""

    class Current(models.TextChoices):
        AC = "ac", _("AC")
        DC = "dc", _("DC")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="evses")
    number = models.PositiveIntegerField()
    evse_id = models.CharField(
        max_length=48, unique=True, help_text=_("public, permanent, never reused (OCPI form)")
    )
    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(_("stall"), max_length=40, blank=True)
    circuit = models.ForeignKey(
        Circuit, on_delete=models.SET_NULL, null=True, blank=True, related_name="evses"
    )
    current_type = models.CharField(max_length=2, choices=Current.choices, default=Current.AC)
    phases = models.PositiveSmallIntegerField(default=3)
    max_power_w = models.PositiveIntegerField(default=22_000)
    max_current_a = models.PositiveIntegerField(default=32)

    objects = OrganizationQuerySet["Evse"].as_manager()

    class Meta:
        ordering: ClassVar = ["station", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["station", "number"], name="evse_number_unique_in_station"),
            models.UniqueConstraint(fields=["id", "organization"], name="evse_with_its_organization"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="evse_number_from_one"),
            models.CheckConstraint(condition=models.Q(phases__in=[1, 2, 3]), name="evse_phases_known"),
        ]

    def __str__(self) -> str:
        return self.name or self.evse_id


class Connector(models.Model):
    """A plug or socket. `status` is coarse, `detail` the station's own word; arrival order decides."""

    class Standard(models.TextChoices):
        TYPE_2 = "IEC_62196_T2", _("Type 2")
        CCS = "IEC_62196_T2_COMBO", _("CCS")
        CHADEMO = "CHADEMO", _("CHAdeMO")
        TYPE_1 = "IEC_62196_T1", _("Type 1")
        NACS = "SAE_J3400", _("NACS")
        UNKNOWN = "UNKNOWN", _("unknown")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    evse = models.ForeignKey(Evse, on_delete=models.CASCADE, related_name="connectors")
    number = models.PositiveIntegerField(default=1)
    standard = models.CharField(max_length=24, choices=Standard.choices, default=Standard.TYPE_2)
    has_cable = models.BooleanField(default=False)
    status = models.CharField(max_length=12, default="unknown")
    detail = models.CharField(max_length=40, blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    info = models.CharField(max_length=255, blank=True)
    status_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["Connector"].as_manager()

    class Meta:
        ordering: ClassVar = ["evse", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["evse", "number"], name="connector_number_unique_in_evse"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="connector_number_from_one"),
            models.CheckConstraint(
                condition=models.Q(status__in=CONNECTOR_STATUSES), name="connector_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evse} / {self.number}"

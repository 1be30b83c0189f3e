from __future__ import annotations

from typing import Any, ClassVar

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _

from core import clock
from core.tenancy import OrganizationQuerySet


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person; may be a driver and a member of organizations at once."""

    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    locale = models.CharField(_("language"), max_length=10, default="en")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=clock.now)
    erased_at = models.DateTimeField(null=True, blank=True)

    acting_for: int | None = None
    """Set on a request that an API token authenticated: the only organization it may touch."""

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="email_unique_ignoring_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] or self.email

    def organizations(self) -> models.QuerySet[Organization]:
        """The organizations this person is a member of; through an API token, only the token's."""
        mine = Organization.objects.filter(memberships__user=self)
        return mine if self.acting_for is None else mine.filter(pk=self.acting_for)


class Organization(models.Model):
    """The tenant: a charging network, OCPI's party in the role CPO."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    country_code = models.CharField(max_length=2)
    party_id = models.CharField(max_length=3)
    currency = models.CharField(max_length=3, default="EUR")
    time_zone = models.CharField(max_length=64, default="UTC")
    is_under_calibration_law = models.BooleanField(
        _("under calibration law"),
        default=False,
        help_text=_("only energy that the meter has signed, without error flags, is billed unseen"),
    )
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["country_code", "party_id"], name="party_unique")
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        OPERATOR = "operator", _("Operator")
        SUPPORT = "support", _("Support")
        FINANCE = "finance", _("Finance")
        VIEWER = "viewer", _("Viewer")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["Membership"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "organization"], name="one_membership_per_pair"),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "operator", "support", "finance", "viewer"]),
                name="role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization} · {self.role}"


class IdToken(models.Model):
    """What a driver shows to a charger: RFID card or app token. Tokens compare ignoring case.

    An unknown card that a station reports is stored too, blocked and without an owner.
    """

    class Type(models.TextChoices):
        RFID = "rfid", _("RFID card")
        APP = "app", _("App")
        VEHICLE = "vehicle", _("Vehicle")
        OTHER = "other", _("Other")

    class Status(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        BLOCKED = "blocked", _("Blocked")
        INVALID = "invalid", _("Unknown")

    uid = models.CharField(max_length=255)
    type = models.CharField(max_length=10, choices=Type.choices, default=Type.RFID)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="tokens")
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    vehicle = models.ForeignKey(
        "Vehicle", on_delete=models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    group_uid = models.CharField(max_length=255, blank=True)
    label = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACCEPTED)
    allows_concurrent = models.BooleanField(default=False)
    valid_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["IdToken"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("type", Upper("uid"), name="token_unique_ignoring_case"),
            models.CheckConstraint(
                condition=models.Q(status__in=["accepted", "blocked", "invalid"]), name="token_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.uid


class Vehicle(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="vehicles")
    name = models.CharField(_("name"), max_length=60)
    battery_wh = models.PositiveIntegerField(_("battery"), null=True, blank=True)
    max_ac_w = models.PositiveIntegerField(_("fastest AC charging"), null=True, blank=True)
    max_dc_w = models.PositiveIntegerField(_("fastest DC charging"), null=True, blank=True)
    connector_standards = models.JSONField(_("connectors"), default=list, blank=True)
    autocharge_since = models.DateTimeField(
        null=True, blank=True, help_text=_("since when its driver lets it be recognized by its address")
    )
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(battery_wh__isnull=True) | models.Q(battery_wh__gt=0),
                name="battery_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(max_ac_w__isnull=True) | models.Q(max_ac_w__gt=0), name="max_ac_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(max_dc_w__isnull=True) | models.Q(max_dc_w__gt=0), name="max_dc_positive"
            ),
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(is_default=True), name="one_default_vehicle"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AuditEntry(models.Model):
    """Who did what to what, for people to read. Append only."""

    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    changes = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["AuditEntry"].as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        indexes: ClassVar = [models.Index(fields=["organization", "-at"])]
        triggers: ClassVar = [
            pgtrigger.Protect(name="audit_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class ApiToken(models.Model):
    """A program's key to one organization's part of the API: its maker's rights, narrowed to `scopes`.

    Only a digest is kept; the token itself is shown once. When its maker loses her role, so does it.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="api_tokens")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=60)
    prefix = models.CharField(max_length=12, help_text=_("how it begins, to recognize it"))
    digest = models.CharField(max_length=64, unique=True, help_text=_("SHA-256 of the token, hex"))
    scopes = ArrayField(models.CharField(max_length=24))
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["ApiToken"].as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = "API token"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=models.F("created_at")),
                name="api_token_expires_after_creation",
            )
        ]

    def __str__(self) -> str:
        return self.name

from __future__ import annotations

import uuid
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from stations.models.onboarding import StationTemplate
from stations.models.topology import ChargingStation, Evse, Location


class CommissioningLink(models.Model):
    """An installer's key to one charger, without an account: signed, expiring, for one device.

    `station` is empty while the charger is expected and unknown; the installer names it once. The device
    that began owns the link (`claim_hash`); renewing counts `round` up, which kills what was sent before.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="commissioning_links")
    station = models.ForeignKey(
        ChargingStation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="commissioning_links",
    )
    template = models.ForeignKey(
        StationTemplate, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    round = models.PositiveSmallIntegerField(default=1, help_text=_("links of an earlier round are dead"))
    email = models.EmailField(_("installer's e-mail"), blank=True)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    claim_hash = models.CharField(
        max_length=64, blank=True, help_text=_("HMAC-SHA-256 of the device's cookie, hex")
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    device = models.CharField(max_length=200, blank=True, help_text=_("what the browser calls itself"))
    password_nonce = models.CharField(
        max_length=16, blank=True, help_text=_("the password to type in is derived from it")
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationQuerySet["CommissioningLink"].as_manager()

    class Meta:
        ordering: ClassVar = ["-made_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(claim_hash="", claimed_at=None)
                | (~Q(claim_hash="") & Q(claimed_at__isnull=False)),
                name="commissioning_claim_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(station__isnull=False),
                name="finished_commissioning_has_a_station",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("made_at")), name="commissioning_link_lasts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.station or self.location}: {self.public_id}"

    @property
    def status_word(self) -> str:
        """finished, revoked, expired, claimed (somebody has begun) or open."""
        if self.finished_at is not None:
            return "finished"
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at <= clock.now():
            return "expired"
        return "claimed" if self.claim_hash else "open"

    @property
    def can_act(self) -> bool:
        return self.status_word in ("claimed", "open")


class CommissioningCheck(models.Model):
    """What an installer has found out about one stall through a link. Readings stay where they are."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(CommissioningLink, on_delete=models.CASCADE, related_name="checks")
    evse = models.ForeignKey(Evse, on_delete=models.CASCADE, related_name="+")
    socket_at = models.DateTimeField(null=True, blank=True, help_text=_("when the stall was told apart"))
    socket_seen = models.JSONField(
        default=dict, blank=True, help_text=_("the charger's own word then, and since when; empty: by word")
    )
    label = models.CharField(max_length=48, blank=True, help_text=_("what stands on its QR label"))
    label_at = models.DateTimeField(null=True, blank=True)
    rotation = models.CharField(max_length=3, blank=True, help_text=_("of its phases, as measured"))

    objects = OrganizationQuerySet["CommissioningCheck"].as_manager()

    class Meta:
        ordering: ClassVar = ["evse__number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["link", "evse"], name="one_check_of_a_stall_per_link")
        ]

    def __str__(self) -> str:
        return f"{self.link_id}: {self.evse_id}"


class StallLabel(models.Model):
    """A QR label that is not the stall's own code or id (printed on a roll, or by another maker) and where
    it leads. An EVSE's own id and code are permanent; this binding is not."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=48, unique=True, help_text=_("in capitals, as it is looked up"))
    evse = models.ForeignKey(Evse, on_delete=models.CASCADE, related_name="labels")
    link = models.ForeignKey(
        CommissioningLink, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    bound_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["StallLabel"].as_manager()

    class Meta:
        ordering: ClassVar = ["text"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(text=""), name="stall_label_says_something")
        ]

    def __str__(self) -> str:
        return self.text


class CommissioningRecord(models.Model):
    """Who commissioned a charger, when, and everything that was seen. Never changed."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    station = models.ForeignKey(
        ChargingStation, on_delete=models.PROTECT, related_name="commissioning_records"
    )
    link = models.OneToOneField(CommissioningLink, on_delete=models.PROTECT, related_name="record")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    installer = models.CharField(max_length=120)
    company = models.CharField(max_length=120, blank=True)
    notes = models.TextField(blank=True)
    evidence = models.JSONField(help_text=_("see stations.services.commissioning_record"))
    made_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["CommissioningRecord"].as_manager()

    class Meta:
        ordering: ClassVar = ["-made_at", "-pk"]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="commissioning_records_are_final", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.station_id}: {self.made_at:%Y-%m-%d}"

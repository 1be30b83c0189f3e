from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import IdToken, Organization, User
from core import clock
from core.tenancy import OrganizationQuerySet
from payments.models.tariffs import Tariff
from stations.models import ChargingSession, ChargingStation, Evse


class KeptStall(models.Model):
    """A stall kept for a driver, as the books know it: at which price, since when, and what became of it.

    Higher up it is called a reservation; `public_id` and `number` are the reservation's own. The tariff's
    version is frozen with the agreement. Who comes pays its fee with the `session`; who does not gets a
    record of its own.
    """

    class Outcome(models.TextChoices):
        OPEN = "open", _("Open")
        USED = "used", _("Used")
        MISSED = "missed", _("Missed")
        GIVEN_UP = "given_up", _("Given up too late")
        FREE = "free", _("Nothing to pay")
        EXCUSED = "excused", _("Not the driver's fault")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    public_id = models.UUIDField(unique=True, editable=False)
    number = models.BigIntegerField(unique=True, editable=False)
    driver = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    id_token = models.ForeignKey(IdToken, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    evse = models.ForeignKey(Evse, on_delete=models.PROTECT, related_name="+")
    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(help_text=_("the booked start"))
    kept_until = models.DateTimeField(help_text=_("nobody who comes later finds it kept"))
    free_until = models.DateTimeField(help_text=_("so long it costs nothing to give it up"))
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default=Outcome.OPEN)
    excuse = models.CharField(max_length=20, blank=True, help_text=_("why nobody is to pay"))
    session = models.OneToOneField(
        ChargingSession, on_delete=models.PROTECT, null=True, blank=True, related_name="kept_stall"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    waived_at = models.DateTimeField(null=True, blank=True)
    waived_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    waive_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = OrganizationQuerySet["KeptStall"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome="open", ended_at__isnull=True)
                | (~Q(outcome="open") & Q(ended_at__isnull=False)),
                name="kept_stall_ends_with_its_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="used") | Q(session__isnull=False), name="used_by_a_session"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["starts_at"], name="open_kept_stalls", condition=Q(outcome="open"))
        ]

    def __str__(self) -> str:
        return f"#{self.number}"

    @property
    def station(self) -> ChargingStation:
        return self.evse.station

    @property
    def is_open(self) -> bool:
        return self.outcome == self.Outcome.OPEN

    @property
    def is_charged(self) -> bool:
        """Did its driver not come, or say so too late, and is that paid?"""
        return self.outcome in (self.Outcome.MISSED, self.Outcome.GIVEN_UP)


Occasion = ChargingSession | KeptStall
"""What a record and its payments are about."""

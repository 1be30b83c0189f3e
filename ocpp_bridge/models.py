"""What the bridge itself keeps: the journal, the last replies, and who failed to get in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization
from stations.models import ChargingStation


class Frame(models.Model):
    """One message of a conversation, as it stood on the wire (secrets redacted).

    `answer` is what we said to it at once; the answer of a station to a call of ours is a frame
    of its own, since it comes when it comes. Partitioned by day of `at`. Without foreign key or
    unique index in the database: it is the widest stream of all, and a flight recorder must not
    slow the flight.
    """

    class Direction(models.TextChoices):
        IN = "in", _("from the station")
        OUT = "out", _("to the station")

    station = models.ForeignKey(
        ChargingStation, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    at = models.DateTimeField()
    direction = models.CharField(max_length=3, choices=Direction.choices)
    message_id = models.CharField(max_length=36, blank=True)
    action = models.CharField(max_length=60, blank=True)
    body = models.TextField()
    answer = models.TextField(blank=True, default="", db_default="")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["station", "at"], name="frames_of_a_station")]

    def __str__(self) -> str:
        return f"{self.station_id} {self.direction} {self.action}"


class LastReply(models.Model):
    """The last answer that a station got, so that a repeated message has no second effect.

    One row per station is enough: everything else is recognized by its data. `digest` is of the
    request's text.
    """

    station = models.OneToOneField(
        ChargingStation, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    message_id = models.CharField(max_length=36)
    digest = models.BinaryField(max_length=16)
    reply = models.TextField()

    class Meta:
        verbose_name_plural = "last replies"

    def __str__(self) -> str:
        return f"{self.station_id} {self.message_id}"


class FailedHandshake(models.Model):
    """Somebody did not get in: counted by identity, reason and day, so that a storm stays small."""

    class Reason(models.TextChoices):
        UNKNOWN_IDENTITY = "unknown_identity", _("no station has this identity")
        NO_PASSWORD = "no_password", _("no password was sent")
        OTHER_USERNAME = "other_username", _("the user name is not the identity")
        WRONG_PASSWORD = "wrong_password", _("the password is wrong")
        NO_COMMON_VERSION = "no_common_version", _("no common OCPP version")
        UNREADABLE_IDENTITY = "unreadable_identity", _("the address names no possible identity")
        UNKNOWN_NETWORK = "unknown_network", _("no network has this name")
        REJECTED = "rejected", _("an operator turned this charger away")
        WAITING_ROOM_FULL = "waiting_room_full", _("too many chargers wait to be adopted")
        NOT_ENCRYPTED = "not_encrypted", _("the connection is not encrypted")
        UNSECURED = "unsecured", _("chargers without a password are not allowed")
        NO_CERTIFICATE = "no_certificate", _("no certificate was shown")
        UNTRUSTED_CERTIFICATE = "untrusted_certificate", _("the certificate is signed by somebody unknown")
        EXPIRED_CERTIFICATE = "expired_certificate", _("the certificate is not valid at this time")
        REVOKED_CERTIFICATE = "revoked_certificate", _("the certificate was revoked")
        OTHER_CERTIFICATE = "other_certificate", _("the certificate belongs to another charger")
        OTHER_ORGANIZATION = "other_organization", _("the certificate names another organization")
        OTHER_SERIAL = "other_serial", _("the serial number at boot is not that of the certificate")
        UNKNOWN_PATH = "unknown_path", _("the address is none of ours and no alias")
        PASSWORD_NOT_KNOWN = "password_not_known", _("its password is not known here yet")

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("empty: the address names no network"),
    )
    identity = models.CharField(max_length=48)
    reason = models.CharField(max_length=24, choices=Reason.choices)
    day = models.DateField()
    count = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()
    remote_address = models.CharField(max_length=64, blank=True)
    offered = models.CharField(max_length=120, blank=True, help_text=_("subprotocols that were offered"))
    detail = models.CharField(max_length=120, blank=True, help_text=_("what was shown instead"))
    path = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text=_("as it was dialed, when not ours")
    )
    attempts = models.JSONField(
        default=list, blank=True, help_text=_("the newest attempts, each [instant, address]")
    )

    class Meta:
        ordering: ClassVar = ["-last_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "identity", "reason"], name="failed_handshakes_counted_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.identity}: {self.reason} ({self.count})"


class FailedLine(models.Model):
    """TLS failed before anybody said who it is (2.0.1 A00.FR.315, A00.FR.408).

    Counted by address, reason and day, so that a storm stays small.
    """

    class Reason(models.TextChoices):
        NOT_TLS = "not_tls", _("it spoke no TLS")
        OLD_TLS = "old_tls", _("its TLS is too old")
        NO_COMMON_SUITE = "no_common_suite", _("no common cipher suite")
        UNTRUSTED_CERTIFICATE = "untrusted_certificate", _("the certificate is signed by somebody unknown")
        DISTRUSTS_US = "distrusts_us", _("it does not trust our certificate")
        OTHER = "other", _("TLS failed for another reason")

    remote_address = models.CharField(max_length=64)
    reason = models.CharField(max_length=24, choices=Reason.choices)
    day = models.DateField()
    count = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()
    detail = models.CharField(max_length=120, blank=True, help_text=_("the words of OpenSSL"))

    class Meta:
        ordering: ClassVar = ["-last_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "remote_address", "reason"], name="failed_lines_counted_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.remote_address}: {self.reason} ({self.count})"


class QuirkSeen(models.Model):
    """Which deviations a station showed, and how often (ocpp_bridge/quirks.py)."""

    station = models.ForeignKey(ChargingStation, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "quirks seen"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["station", "name"], name="one_quirk_row_per_station")
        ]

    def __str__(self) -> str:
        return f"{self.station_id}: {self.name}"

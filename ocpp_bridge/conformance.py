"""A charger's conformance card: what it says it can, what it did when asked, where it strays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Max, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import clock
from ocpp_bridge.journal_search import IS_ANSWER, Search, Talk, TooMuch, find
from ocpp_bridge.models import Frame, QuirkSeen
from stations.models import ChargingStation

LOOK_BACK: Final = timedelta(days=2)
ERRORS_SHOWN: Final = 10
UNKNOWN_WORDS: Final = frozenset({"NotSupported", "NotImplemented"})
PROFILES: Final[Mapping[str, str | Promise]] = {
    "Core": _("Core"),
    "FirmwareManagement": _("Firmware and diagnostics"),
    "LocalAuthListManagement": _("Local list"),
    "Reservation": _("Reservations"),
    "SmartCharging": _("Smart charging"),
    "RemoteTrigger": _("Remote trigger"),
}
"""The feature profiles of 1.6 (section 3.2), told in SupportedFeatureProfiles."""
CONTROLLERS: Final[Mapping[str, str | Promise]] = {
    "AuthCacheCtrlr": _("Authorization cache"),
    "DisplayMessageCtrlr": _("Display messages"),
    "ISO15118Ctrlr": _("Plug and charge (ISO 15118)"),
    "LocalAuthListCtrlr": _("Local list"),
    "MonitoringCtrlr": _("Monitoring"),
    "ReservationCtrlr": _("Reservations"),
    "SmartChargingCtrlr": _("Smart charging"),
    "TariffCostCtrlr": _("Tariff and cost"),
}
"""Functional blocks of 2.x, told by a controller's Available or Enabled (2.0.1 part 2, 2.7)."""
FIGURES: Final = frozenset(
    {
        "ChargeProfileMaxStackLevel",
        "ChargingScheduleMaxPeriods",
        "GetConfigurationMaxKeys",
        "LocalAuthListMaxLength",
        "MaxChargingProfilesInstalled",
        "MessageAttempts",
        "MessageTimeout",
        "NumberOfConnectors",
        "SendLocalListMaxLength",
        "TransactionMessageAttempts",
        "TransactionMessageRetryInterval",
        "ItemsPerMessage",
        "BytesPerMessage",
        "PeriodsPerSchedule",
        "ProfileStackLevel",
        "WebSocketPingInterval",
        "HeartbeatInterval",
    }
)
QUIRKS: Final[Mapping[str, str | Promise]] = {
    "empty_member": _("Sends null or an empty list where a member should be left out."),
    "number_as_text": _("Sends numbers as text, or with decimals where whole ones belong."),
    "sample_value_type": _("Sends meter values in the wrong type, a number for a text or the reverse."),
    "vendor_sample": _("Uses measurands, units or contexts of its own; they are kept as they came."),
    "vendor_reason": _("Uses reasons or error codes of its own; they are kept as they came."),
    "long_text": _("Sends status texts longer than allowed; they are cut."),
    "long_signature": _("Sends signed meter data longer than allowed; it is kept whole."),
    "unknown_member": _("Sends members that the standard does not know; they are ignored."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A profile or block. `has`: True, False, or None when the charger has not said."""

    name: str
    label: str | Promise
    has: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How it took commands of one kind. `word` is its latest answer."""

    kind: str
    accepted: int
    refused: int
    failed: int
    unanswered: int
    word: str
    last_at: datetime | None

    @property
    def is_unknown(self) -> bool:
        """The latest answer says that it cannot do this at all."""
        return self.word in UNKNOWN_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How often it sent an action lately, and how often we had to answer with an error."""

    action: str
    count: int
    errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Strayed:
    """A quirk that was met, in a person's words."""

    name: str
    label: str | Promise
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    features: Sequence[Feature]
    figures: Sequence[tuple[str, str]]
    asked: Sequence[Asked]
    sent: Sequence[Sent]
    quirks: Sequence[Strayed]
    errors: Sequence[Talk]


def card_of(station: ChargingStation) -> Card:
    """Everything on the card, in seven queries whatever there is."""
    told = list(
        station.variables.filter(
            Q(variable__in=[*FIGURES, "SupportedFeatureProfiles"]) | Q(component__in=[*CONTROLLERS])
        ).values_list("component", "variable", "instance", "value")
    )
    return Card(
        features=_profiles(told) if station.ocpp_version == "1.6" else _controllers(told),
        figures=sorted(_figure(*row) for row in told if row[1] in FIGURES),
        asked=_asked(station),
        sent=_sent(station),
        quirks=_quirks(station),
        errors=_errors(station),
    )


Told = Sequence[tuple[str, str, str, str]]


def _profiles(told: Told) -> list[Feature]:
    """None of them is known until the charger has told the list."""
    lists = [value for component, variable, _i, value in told if variable == "SupportedFeatureProfiles"]
    own = {part.strip() for value in lists for part in value.split(",")}
    known = [
        Feature(name=name, label=label, has=name in own if lists else None)
        for name, label in PROFILES.items()
    ]
    return known + [Feature(name=name, label=name, has=True) for name in sorted(own - {*PROFILES, ""})]


def _controllers(told: Told) -> list[Feature]:
    said: dict[str, set[bool]] = {}
    for component, variable, _instance, value in told:
        if variable in ("Available", "Enabled"):
            said.setdefault(component, set()).add(value.strip().lower() == "true")
    return [
        Feature(name=name, label=label, has=all(said[name]) if name in said else None)
        for name, label in CONTROLLERS.items()
    ]


def _figure(component: str, variable: str, instance: str, value: str) -> tuple[str, str]:
    name = f"{variable}[{instance}]" if instance else variable
    return (f"{component}.{name}" if component else name), value


def _asked(station: ChargingStation) -> list[Asked]:
    counted = station.commands.values("kind").annotate(
        accepted=Count("pk", filter=Q(status="accepted")),
        refused=Count("pk", filter=Q(status="rejected")),
        failed=Count("pk", filter=Q(status="failed")),
        unanswered=Count("pk", filter=Q(status="timed_out")),
        last_at=Max("answered_at"),
    )
    answered = station.commands.exclude(answered_at=None).order_by("kind", "-pk").distinct("kind")
    words = dict(answered.values_list("kind", "answer_word"))
    return [Asked(word=words.get(row["kind"], ""), **row) for row in counted.order_by("kind")]


def _sent(station: ChargingStation) -> list[Sent]:
    recent = Frame.objects.filter(
        station=station, direction=Frame.Direction.IN, at__gte=clock.now() - LOOK_BACK
    )
    counted = recent.exclude(IS_ANSWER).values("action").order_by("action")
    rows = counted.annotate(count=Count("pk"), errors=Count("pk", filter=Q(answer__startswith="[4")))
    return [Sent(**row) for row in rows]


def _quirks(station: ChargingStation) -> list[Strayed]:
    return [
        Strayed(name=seen.name, label=explained(seen.name), count=seen.count, last_at=seen.last_at)
        for seen in QuirkSeen.objects.filter(station=station).order_by("-last_at")
    ]


def explained(quirk: str) -> str | Promise:
    """A quirk in a person's words; one that nobody has described yet by its name."""
    return QUIRKS.get(quirk, quirk.replace("_", " "))


def _errors(station: ChargingStation) -> list[Talk]:
    try:
        return find(Search(station_ids=[station.pk], only_errors=True), limit=ERRORS_SHOWN)
    except TooMuch:
        return []

"""Reading start attempts, and what proves a session's energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import clock
from stations import causes
from stations.models import ChargingSession, ChargingStation, Evse, Measurement, SignedValue, StartAttempt

Choices = Sequence[tuple[str, str | Promise]]
COUNTED_FOR: Final = timedelta(days=30)
FAMILY_NAMES: Final[Choices] = (
    ("payment", _("Payment")),
    ("authorization", _("Authorization")),
    ("vehicle", _("Vehicle")),
    ("connector", _("Connector")),
    ("network", _("Network")),
    ("station", _("Charger")),
)
OUTCOMES: Final[Choices] = (("", _("All outcomes")), *StartAttempt.Outcome.choices)
DOORS: Final[Choices] = (("", _("All doors")), *StartAttempt.Door.choices)
CAUSES: Final[Choices] = (("", _("All causes")), *FAMILY_NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How starts went. What was taken back, or is under way, counts neither way."""

    succeeded: int
    failed: int
    open: int
    by_family: tuple[tuple[str | Promise, int], ...]

    @property
    def rate_percent(self) -> int | None:
        decided = self.succeeded + self.failed
        return round(100 * self.succeeded / decided) if decided else None


def attempts(
    user: Any, *, query: str = "", outcome: str = "", door: str = "", cause: str = "", site: str = ""
) -> QuerySet[StartAttempt]:
    """Attempts of the user's networks, the latest first. `cause` is a family or a code of the table."""
    found = StartAttempt.objects.visible_to(user)
    exact = {"outcome": outcome, "door": door, "station__location__slug": site}
    found = found.filter(**{field: value for field, value in exact.items() if value})
    if cause:
        found = found.filter(
            cause__in=[one for one in causes.CAUSES if cause in (one, causes.family_of(one))]
        )
    for word in query.split():
        found = found.filter(
            Q(station__identity__icontains=word)
            | Q(station__location__name__icontains=word)
            | Q(evse__evse_id__icontains=word)
            | Q(driver__email__icontains=word)
            | Q(token_uid__iexact=word)
            | Q(cause__iexact=word)
        )
    return found.select_related("station__location", "evse", "driver", "session").order_by("-began_at", "-pk")


def figures(found: QuerySet[StartAttempt]) -> Figures:
    """The last thirty days of these attempts; what an installer tried says nothing about drivers."""
    recent = found.filter(began_at__gte=clock.now() - COUNTED_FOR).exclude(door="test").order_by()
    outcomes = dict(recent.values_list("outcome").annotate(count=Count("pk")))
    told = recent.exclude(cause="").values_list("cause").annotate(count=Count("pk"))
    families = dict.fromkeys(dict(FAMILY_NAMES), 0)
    for cause, count in told:
        families[causes.family_of(cause)] += count
    names = dict(FAMILY_NAMES)
    by_family = sorted(((names[one], count) for one, count in families.items() if count), key=lambda x: -x[1])
    return Figures(
        succeeded=outcomes.get("succeeded", 0),
        failed=outcomes.get("failed", 0),
        open=outcomes.get("open", 0),
        by_family=tuple(by_family),
    )


def station_attempts(station: ChargingStation) -> QuerySet[StartAttempt]:
    found = StartAttempt.objects.filter(station=station)
    return found.select_related("station__location", "evse", "driver", "session")


# --- proof ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a session's page shows of its signed values."""

    measurement: Measurement | None
    values: tuple[SignedValue, ...]
    attempt: StartAttempt | None


def proof_of(session: ChargingSession) -> Proof:
    values = tuple(session.signed_values.all())
    return Proof(
        measurement=Measurement.objects.filter(session=session).first(),
        values=values,
        attempt=StartAttempt.objects.filter(session=session).first(),
    )


def has_signed_values(session: ChargingSession) -> bool:
    return session.signed_values.exists()


def metered_evses(user: Any) -> QuerySet[Evse]:
    """Every EVSE of the user's networks with its meter."""
    found = Evse.objects.visible_to(user).select_related("station__location", "meter")
    return found.order_by("station__location__name", "station__identity", "number")

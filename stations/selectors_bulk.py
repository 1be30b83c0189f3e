"""Bulk commands: whom a filter finds, how far they are, what became of each station."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When

from core.rest.filters import Choice, Either, Filters, Flag, Instant, Number, Text, matching
from stations.command_kinds import UpdateFirmware, UploadLog
from stations.models import BulkCommand, BulkItem, ChargingStation
from stations.states import CONNECTOR_STATUSES

STATION_FILTERS: Final[Filters] = {
    "identity": Text("identity", "the exact identity"),
    "identity_prefix": Text("identity__startswith", "how the identity begins"),
    "location": Number("location", "the id of the place"),
    "site": Text("location__slug", "the slug of the place"),
    "online": Flag("is_connected", "whether its socket is open"),
    "status": Choice("status", words=CONNECTOR_STATUSES),
    "registration": Choice("registration", words=ChargingStation.Registration.values),
    "ocpp_version": Text("ocpp_version", "as it connected last: 1.6, 2.0.1, 2.1"),
    "vendor": Text("vendor__iexact"),
    "model": Text("model__iexact"),
    "serial": Text("serial"),
    "firmware": Text("firmware"),
    "last_seen_from": Instant("last_seen_at__gte"),
    "last_seen_until": Instant("last_seen_at__lt"),
    "booted_from": Instant("booted_at__gte"),
    "booted_until": Instant("booted_at__lt"),
    "never_seen": Either(
        "", when_true=Q(last_seen_at__isnull=True), when_false=Q(last_seen_at__isnull=False)
    ),
}
"""Of the list of stations, and of whatever is asked of many of them."""

STATES: Final = ("waiting", "under_way", "succeeded", "failed", "skipped")
FOLLOWED: Final = (UpdateFirmware.name, UploadLog.name)
"""Accepted is only the beginning of these: the station tells later how they ended."""
_STATE: Final = Case(
    When(~Q(outcome=""), then=F("outcome")),
    When(command__isnull=True, then=Value("waiting")),
    When(command__status="accepted", bulk__kind__in=FOLLOWED, then=Value("under_way")),
    When(command__status="accepted", then=Value("succeeded")),
    When(command__status__in=["queued", "sent"], then=Value("under_way")),
    default=Value("failed"),
    output_field=CharField(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many stations are where; `percent` have ended."""

    total: int
    waiting: int
    under_way: int
    succeeded: int
    failed: int
    skipped: int

    @property
    def ended(self) -> int:
        return self.succeeded + self.failed

    @property
    def asked(self) -> int:
        return self.ended + self.under_way

    @property
    def percent(self) -> int:
        reachable = self.total - self.skipped
        return round(100 * self.ended / reachable) if reachable else 100


def found_by(user: Any, selection: Mapping[str, str]) -> QuerySet[ChargingStation]:
    """The stations of a filter, in their order. Raises rest_framework's ValidationError."""
    visible = ChargingStation.objects.visible_to(user).filter(matching(STATION_FILTERS, selection))
    return visible.order_by("identity")


def items_of(bulk: BulkCommand) -> QuerySet[Any]:
    """Its stations in their order, each with its `state`."""
    return stated(BulkItem.objects.filter(bulk=bulk)).select_related("station", "command")


def stated(items: QuerySet[Any]) -> QuerySet[Any]:
    """Each item with its `state`."""
    with_state: QuerySet[Any] = items.annotate(state=_STATE)
    return with_state


def progress(bulk: BulkCommand, *, up_to_stage: int | None = None) -> Progress:
    items = stated(BulkItem.objects.filter(bulk=bulk))
    if up_to_stage is not None:
        items = items.filter(stage__lte=up_to_stage)
    counts = dict(items.order_by().values_list("state").annotate(Count("pk")))
    return Progress(total=sum(counts.values()), **{state: counts.get(state, 0) for state in STATES})


def rows_of(bulk: BulkCommand) -> Iterator[list[str]]:
    """The list as CSV rows, the heading first; times in UTC."""
    yield ["station", "stage", "state", "note", "command", "answer", "sent_at", "answered_at", "took_ms"]
    for item in items_of(bulk).iterator(chunk_size=500):
        command = item.command
        yield [
            item.station.identity,
            str(item.stage + 1),
            item.state,
            item.note,
            str(item.command_id or ""),
            command.answer_word if command else "",
            command.sent_at.isoformat() if command and command.sent_at else "",
            command.answered_at.isoformat() if command and command.answered_at else "",
            str(command.took_ms) if command and command.took_ms is not None else "",
        ]

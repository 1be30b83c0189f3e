"""Moving in, as an operator sees it: addresses, names, imports and their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower

from stations.importing.kinds import CHANGED, NEW, PROBLEM, UNCHANGED
from stations.models import DataImport, ImportRow, PathAlias, StationAlias

NAMES_SHOWN: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many rows of an import are what, and how many are written."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    problem: int = 0
    done: int = 0

    @property
    def total(self) -> int:
        return self.new + self.changed + self.unchanged + self.problem

    @property
    def to_write(self) -> int:
        return self.new + self.changed

    @property
    def percent(self) -> int:
        return round(100 * self.done / self.to_write) if self.to_write else 100


def addresses(user: Any) -> QuerySet[PathAlias]:
    """The network's foreign addresses, each with how many came by it (`count`) last."""
    return PathAlias.objects.visible_to(user).annotate(count=Count("arrivals"))


def names(user: Any, query: str = "") -> QuerySet[StationAlias]:
    visible = StationAlias.objects.visible_to(user).select_related("station")
    if query:
        visible = visible.filter(Q(alias__icontains=query) | Q(station__identity__icontains=query))
    return visible.order_by(Lower("alias"))[:NAMES_SHOWN]


def imports(user: Any) -> QuerySet[DataImport]:
    """The newest first."""
    return DataImport.objects.visible_to(user).select_related("organization", "created_by")


def tally(batch: DataImport) -> Tally:
    counts = dict(batch.rows.order_by().values_list("verdict").annotate(Count("pk")))
    done = batch.rows.filter(is_done=True, verdict__in=[NEW, CHANGED]).count()
    return Tally(**{word: counts.get(word, 0) for word in (NEW, CHANGED, UNCHANGED, PROBLEM)}, done=done)


def rows(batch: DataImport, verdict: str = "") -> QuerySet[ImportRow]:
    """In the order of the file; of one verdict when it is given."""
    found = batch.rows.order_by("number")
    return found.filter(verdict=verdict) if verdict else found


def bad_rows(batch: DataImport, secret: Sequence[str]) -> Iterator[list[str]]:
    """Rows with a problem as they stood, with their line and the reason; without passwords."""
    columns = [column for column in batch.columns if column not in secret]
    yield ["line", "problem", *columns]
    for row in rows(batch, PROBLEM).iterator(chunk_size=1000):
        yield [str(row.number), row.problem, *(row.cells.get(column, "") for column in columns)]

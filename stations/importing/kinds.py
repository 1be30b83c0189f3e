"""What can be imported, and how one row of it is judged: the promise between the pages and each kind.

Each kind has an importer (`settings.IMPORTERS`, dotted names): stations and tokens here, tariffs in the app
that owns them. The pages, the steps and the API know only this promise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from django.utils.functional import Promise

from accounts.models import Organization, User
from stations.importing.cells import squash

NEW: Final = "new"
CHANGED: Final = "changed"
UNCHANGED: Final = "unchanged"
PROBLEM: Final = "problem"


class Problem(ValueError):
    """Why a row cannot be taken, and what to do, in words for the operator."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something that a column may say. `also`: further heads, squashed (`cells.squash`), most likely first.

    `is_secret`: the cell is kept only as the keyed hash of what stood in it.
    """

    name: str
    label: str | Promise
    also: tuple[str, ...] = ()
    is_required: bool = False
    is_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`values`: what would be written (JSON); `changes`: field -> [from, to], for people."""

    status: str
    values: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, list[str]] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a row made or changed, and what undoing needs: the fields as they were before."""

    object_id: int
    before: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """For whom, with which choices of the operator (`Importer.options`)."""

    organization: Organization
    options: Mapping[str, Any]
    actor: User | None = None


class StillNeeded(Exception):
    """Something depends on what the import made; the words name it."""


class Importer(Protocol):
    """One kind of thing that files bring."""

    kind: str
    title: str | Promise
    fields: tuple[Field, ...]

    def may(self, user: Any, organization: Organization) -> bool: ...

    def parse(self, cells: Mapping[str, str], scene: Scene) -> tuple[str, dict[str, Any]]:
        """The row's key (one row of a file for each) and its values as JSON. Raises Problem."""

    def compare(self, rows: Sequence[Mapping[str, Any]], scene: Scene) -> list[Verdict]:
        """Against what is there now, for each row; in a number of queries that does not grow with them."""

    def write(self, verdicts: Sequence[Verdict], scene: Scene) -> list[Written]:
        """Make or change, in the caller's transaction. May raise IntegrityError: somebody was quicker."""

    def undo(
        self, made: Sequence[int], changed: Sequence[tuple[int, Mapping[str, Any]]], scene: Scene
    ) -> None:
        """Take back, in the caller's transaction. Raises StillNeeded."""


def guess(fields: Sequence[Field], columns: Sequence[str]) -> dict[str, str]:
    """Field name -> column: by the field's own name or one of its other ones; each column is used once."""
    by_word: dict[str, str] = {}
    for column in columns:
        by_word.setdefault(squash(column), column)
    found: dict[str, str] = {}
    for one in fields:
        words = (squash(one.name), *one.also)
        free = (by_word[word] for word in words if word in by_word and by_word[word] not in found.values())
        chosen = next(free, None)
        if chosen is not None:
            found[one.name] = chosen
    return found

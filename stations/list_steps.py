"""What to send next so that a station's local list becomes the wanted one. Pure.

Lists map a token's uid to its entry (type, status, group_uid, valid_until), as `ListEntry` without uid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

Entry: TypeAlias = Mapping[str, Any]
Entries: TypeAlias = Mapping[str, Entry]


class Step(NamedTuple):
    """One message: `entries` as SendLocalList has them; `after` is the list once it is accepted."""

    is_full: bool
    entries: tuple[dict[str, Any], ...]
    after: dict[str, Entry]


def next_step(have: Entries, wanted: Entries, *, is_certain: bool, at_once: int) -> Step | None:
    """The next message of at most `at_once` entries; None when the list is as wanted.

    A list that we are not certain of is replaced: the first part travels as a full list, and the
    rest follows as changes. What is to go goes first, so that a full station has room for the new.
    """
    if not is_certain:
        first = dict(islice(sorted(wanted.items()), at_once))
        return Step(True, tuple({"uid": uid, **entry} for uid, entry in first.items()), first)
    changes = list(islice(_changes(have, wanted), at_once))
    if not changes:
        return None
    after = dict(have)
    for uid, entry in changes:
        if entry is None:
            after.pop(uid)
        else:
            after[uid] = entry
    return Step(False, tuple({"uid": uid, **(entry or _gone(have[uid]))} for uid, entry in changes), after)


def _changes(have: Entries, wanted: Entries) -> Iterator[tuple[str, Entry | None]]:
    """Tokens to remove (None), then those to add or replace."""
    for uid in sorted(have.keys() - wanted.keys()):
        yield uid, None
    for uid in sorted(wanted):
        if have.get(uid) != wanted[uid]:
            yield uid, wanted[uid]


def _gone(entry: Entry) -> dict[str, Any]:
    """Without a status the station removes it; 2.x knows a token by its type too."""
    return {"type": entry["type"]} if "type" in entry else {}

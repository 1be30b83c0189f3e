"""Whom a station lets charge without asking: its local list and its cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, NotRequired, TypedDict

from stations.command_kinds.base import CommandKind


class ListEntry(TypedDict):
    """A token of the local list; without `status` (as `stations.facts.Decision` has it) it is removed.

    `valid_until` is ISO 8601, UTC.
    """

    uid: str
    type: NotRequired[str]
    status: NotRequired[str]
    group_uid: NotRequired[str]
    valid_until: NotRequired[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLocalList(CommandKind):
    """The whole list, or with `is_full` false only what changed, which makes it `version`."""

    name: ClassVar[str] = "send_local_list"
    version: int
    is_full: bool = True
    entries: tuple[ListEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLocalListVersion(CommandKind):
    """Which list the station has; the answer's word is the number (1.6: 0 empty, -1 none kept)."""

    name: ClassVar[str] = "read_local_list_version"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearCache(CommandKind):
    name: ClassVar[str] = "clear_cache"


KINDS: Final = (
    SendLocalList,
    ReadLocalListVersion,
    ClearCache,
)

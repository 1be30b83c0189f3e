"""Whom a station knows by itself: the local list, and the cache of what it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from simulator.stations.clock import parse_instant
from simulator.stations.words import Token, Verdict

MOST: Final = 500
MOST_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One card of a list as it came. `verdict` None: to be removed."""

    uid: str
    verdict: Verdict | None = None
    until: datetime | None = None


class KnownTokens:
    """The list goes before the cache (1.6 section 3.5, 2.0.1 C13). Identifiers compare without case."""

    def __init__(self) -> None:
        self.version = 0
        self._listed: dict[str, Entry] = {}
        self._cached: dict[str, Verdict] = {}

    def __len__(self) -> int:
        """How long the list is."""
        return len(self._listed)

    # --- the cache

    def remember(self, token: Token, verdict: Verdict) -> None:
        self._cached[token.uid.casefold()] = verdict

    def forget(self, uid: str = "") -> bool:
        """Forget one, or without a name all; whether anything was there. The list stays."""
        if uid:
            return self._cached.pop(uid.casefold(), None) is not None
        had_any = bool(self._cached)
        self._cached.clear()
        return had_any

    # --- the list

    def update(self, version: int, entries: Sequence[Entry], *, is_full: bool) -> str:
        """SendLocalList.conf status (1.6 section 5.15; 2.0.1 D01.FR.09, D01.FR.13)."""
        if not is_full and version <= self.version:
            return "VersionMismatch"
        names = [entry.uid.casefold() for entry in entries]
        changed = {} if is_full else dict(self._listed)
        for name, entry in zip(names, entries, strict=True):
            changed.pop(name, None)
            if entry.verdict is not None:
                changed[name] = entry
        if len(set(names)) < len(names) or len(names) > MOST_AT_ONCE or len(changed) > MOST:
            return "Failed"
        self.version, self._listed = version, changed
        return "Accepted"

    def judge(self, token: Token, at: datetime) -> Verdict | None:
        """What we know of a card without asking; None when nothing."""
        return self.listed(token, at) or self._cached.get(token.uid.casefold())

    def listed(self, token: Token, at: datetime) -> Verdict | None:
        """What the list says of a card."""
        entry = self._listed.get(token.uid.casefold())
        if entry is not None and entry.until is not None and entry.until <= at:
            return Verdict("Expired")
        return entry.verdict if entry is not None else None

    def told_of(self, uid: str) -> list[str]:
        """What there is about a card, in sentences (2.0.1 N09)."""
        name, said = uid.casefold(), []
        if name in self._cached:
            said.append(f"Authorization cache: {self._cached[name].status}")
        if (entry := self._listed.get(name)) is not None and entry.verdict is not None:
            said.append(f"Local list: {entry.verdict.status}")
        return said

    # --- remembered

    def memory(self) -> dict[str, Any]:
        listed = [
            [entry.uid, entry.verdict.status, entry.verdict.group, entry.until and entry.until.isoformat()]
            for entry in self._listed.values()
            if entry.verdict is not None
        ]
        cached = [[name, verdict.status, verdict.group] for name, verdict in self._cached.items()]
        return {"version": self.version, "listed": listed, "cached": cached}

    def recall(self, data: dict[str, Any]) -> None:
        self.version = data["version"]
        for uid, status, group, until in data["listed"]:
            at = parse_instant(until) if until else None
            self._listed[uid.casefold()] = Entry(uid=uid, verdict=Verdict(status, group), until=at)
        self._cached = {name: Verdict(status, group) for name, status, group in data["cached"]}

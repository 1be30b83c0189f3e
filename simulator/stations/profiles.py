"""Charging profiles as a station keeps and obeys them. Pure.

Both versions say the same thing with different words (1.6 section 3.13, 2.0.1 part 2 K.3): per
purpose the highest stack level with a period in force wins; the session's own profile goes before
the default; the station's ceiling bounds everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

Purpose = Literal["max", "default", "session"]
Unit = Literal["A", "W"]

_RECURRENCE: Final = {"Daily": timedelta(days=1), "Weekly": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Limit:
    """A ceiling: amperes per phase or watts in all. `phases` None: not said."""

    value: float
    unit: Unit
    phases: int | None = None


@dataclass(frozen=True, slots=True)
class Period:
    start_s: int
    limit: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One installed profile. `evse` 0 is the whole station. `duration_s` None: without end."""

    profile_id: int
    stack_level: int
    purpose: Purpose
    kind: str
    evse: int
    periods: tuple[Period, ...]
    transaction_id: str = ""
    recurrency: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    starts_at: datetime | None = None
    duration_s: int | None = None
    installed_at: datetime | None = None

    def slot(self) -> tuple[Purpose, int, int]:
        """Two profiles with one slot cannot both be: the newer replaces."""
        return (self.purpose, self.stack_level, self.evse)

    def origin(self, at: datetime, began_at: datetime) -> datetime:
        """The instant that second 0 of the schedule means, seen from `at`."""
        if self.kind == "Relative" or self.starts_at is None:
            return (self.installed_at if self.purpose == "max" else None) or began_at
        if self.kind == "Recurring":
            cycle = _RECURRENCE.get(self.recurrency, _RECURRENCE["Daily"])
            return self.starts_at + ((at - self.starts_at) // cycle) * cycle
        return self.starts_at

    def limit_at(self, at: datetime, began_at: datetime) -> Limit | None:
        """The ceiling in force, or None when this profile is silent at that instant."""
        if not self._is_valid(at):
            return None
        elapsed_s = (at - self.origin(at, began_at)).total_seconds()
        if elapsed_s < 0 or (self.duration_s is not None and elapsed_s >= self.duration_s):
            return None
        begun = [period for period in self.periods if period.start_s <= elapsed_s]
        return begun[-1].limit if begun else None

    def _is_valid(self, at: datetime) -> bool:
        after = self.valid_from is None or at >= self.valid_from
        return after and (self.valid_to is None or at < self.valid_to)

    def boundaries(self, at: datetime, began_at: datetime) -> Iterator[datetime]:
        """Instants near and after `at` where this profile may change its mind."""
        origin = self.origin(at, began_at)
        yield from (origin + timedelta(seconds=period.start_s) for period in self.periods)
        if self.duration_s is not None:
            yield origin + timedelta(seconds=self.duration_s)
        if self.kind == "Recurring":
            yield origin + _RECURRENCE.get(self.recurrency, _RECURRENCE["Daily"])
        yield from (bound for bound in (self.valid_from, self.valid_to) if bound is not None)


@dataclass(slots=True)
class ProfileStore:
    """All profiles of one station. `began_at` arguments are the start of the EVSE's transaction."""

    installed: list[Profile] = field(default_factory=list)

    def install(self, profile: Profile) -> None:
        """Same id, or same purpose, level and EVSE: the newer replaces."""
        self.installed = [
            kept
            for kept in self.installed
            if kept.profile_id != profile.profile_id and kept.slot() != profile.slot()
        ]
        self.installed.append(profile)

    def clear(
        self,
        *,
        profile_id: int | None = None,
        evse: int | None = None,
        purpose: Purpose | None = None,
        stack_level: int | None = None,
    ) -> int:
        """Remove what matches every given criterion; the id alone decides when given."""

        def matches(profile: Profile) -> bool:
            if profile_id is not None:
                return profile.profile_id == profile_id
            return (
                (evse is None or profile.evse == evse)
                and (purpose is None or profile.purpose == purpose)
                and (stack_level is None or profile.stack_level == stack_level)
            )

        before = len(self.installed)
        self.installed = [profile for profile in self.installed if not matches(profile)]
        return before - len(self.installed)

    def forget_session(self, evse: int) -> None:
        self.clear(evse=evse, purpose="session")

    def session_limit(self, evse: int, at: datetime, began_at: datetime, *, in_session: bool) -> Limit | None:
        """What the EVSE's car may have, before the station's own ceiling."""
        if in_session:
            own = self._highest(self._of("session", (evse,)), at, began_at)
            if own is not None:
                return own
        return self._highest(self._of("default", (evse, 0)), at, began_at)

    def station_limit(self, at: datetime) -> Limit | None:
        return self._highest(self._of("max", (0,)), at, at)

    def next_change(self, after: datetime, began_at: datetime) -> datetime | None:
        """The next instant at which some limit may differ."""
        later = (
            bound
            for profile in self.installed
            for bound in profile.boundaries(after, began_at)
            if bound > after
        )
        return min(later, default=None)

    def _of(self, purpose: Purpose, evses: tuple[int, ...]) -> list[Profile]:
        return [item for item in self.installed if item.purpose == purpose and item.evse in evses]

    @staticmethod
    def _highest(profiles: Iterable[Profile], at: datetime, began_at: datetime) -> Limit | None:
        # An EVSE's own default goes before the station-wide one of the same level.
        ranked = sorted(profiles, key=lambda item: (-item.stack_level, -item.evse))
        for profile in ranked:
            limit = profile.limit_at(at, began_at)
            if limit is not None:
                return limit
        return None

"""A town's past, played: all stations in virtual time against the server's own handlers.

    player = TownPlayer(
        load_town(),
        starts_at=now - timedelta(hours=26),
        until=now,
        seed=7,
        exchange_for=lambda identity: bridge_of(identity).exchange,
        on_app_start=press_start_on_the_server,
    )
    player.play(at=clock.at)
    fleet.write_state(path, player.snapshots())

Afterwards `python -m simulator stations --state path --seed 7` goes on live where this stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime, timedelta

from simulator.stations import snapshot
from simulator.stations.demand import Arrival, plan_day
from simulator.stations.town import Town, arrange_conditions, build_stations
from simulator.stations.virtual import Exchange, OnLine, VirtualStation, play
from simulator.stations.visits import OnAppStart, schedule_visit


class TownPlayer:
    """Builds the stations of a town at `starts_at` and knows who comes until `until`.

    `exchange_for(identity)` gives each station its other side. `on_app_start(arrival, at)` is
    called inside a step; deliver the command with `lines[arrival.identity].deliver(text, at)` only
    after that step (a queue, emptied by `at`, will do). Without it app users tap their card.
    `on_line(identity)` gives a callback told of the line going up (True) and down (False).
    """

    def __init__(
        self,
        town: Town,
        *,
        starts_at: datetime,
        until: datetime,
        exchange_for: Callable[[str], Exchange],
        seed: int = 0,
        on_app_start: OnAppStart | None = None,
        on_line: Callable[[str], OnLine] | None = None,
        has_conditions: bool = True,
    ) -> None:
        self.town, self.starts_at, self.until = town, starts_at, until
        self.stations = build_stations(town, now=starts_at, seed=seed)
        self.lines = {
            identity: VirtualStation(
                station, exchange_for(identity), on_line=on_line(identity) if on_line else None
            )
            for identity, station in self.stations.items()
        }
        self.arrivals = list(self._arrivals(seed))
        for arrival in self.arrivals:
            schedule_visit(self.stations[arrival.identity], arrival, on_app_start=on_app_start)
        if has_conditions:
            for identity, station in self.stations.items():
                arrange_conditions(station, town.conditions_of(identity), until=until)

    def _arrivals(self, seed: int) -> Iterator[Arrival]:
        for day in _days(self.town, self.starts_at, self.until):
            for arrival in plan_day(self.town, day, seed):
                if self.starts_at <= arrival.at < self.until:
                    yield arrival

    def play(
        self,
        until: datetime | None = None,
        *,
        at: Callable[[datetime], AbstractContextManager[object]] = nullcontext,
    ) -> int:
        """Play to `until` (by default to the end), entering `at(now)` around each step."""
        return play(self.lines.values(), until or self.until, at=at)

    def snapshots(self) -> list[snapshot.Json]:
        """Every station's memory at the end, for the live town. The lines go down."""
        for station in self.stations.values():
            station.line_down(self.until)
        return [snapshot.take(station, self.until) for station in self.stations.values()]


def _days(town: Town, starts_at: datetime, until: datetime) -> Iterator[date]:
    day = starts_at.astimezone(town.zone).date()
    last = until.astimezone(town.zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)

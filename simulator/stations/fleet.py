"""A whole town on real sockets: `python -m simulator stations`."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from simulator.stations import snapshot
from simulator.stations.backoff import Backoff
from simulator.stations.scenarios import SCENARIOS, present_now, sped_up
from simulator.stations.shell import Shell
from simulator.stations.spec import EvseSpec, StationSpec
from simulator.stations.town import Town, arrange_conditions
from simulator.stations.visits import resume_visit, schedule_visit

_STAGGER_S: Final = 0.05
_SETTLE_S: Final = 1.0
_REPORT_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPlan:
    """What to run. `count` None: all of the town; more than the town has: plain ones are added,
    SIM-0001 and so on, with `password`. `state`: file to go on from, and to leave behind."""

    url: str
    scenario: str = "today"
    seed: int = 0
    speed: float = 1.0
    count: int | None = None
    password: str = ""
    is_obliging: bool = True
    has_conditions: bool = True
    state: Path | None = None


class Fleet:
    """The stations of one plan, running."""

    def __init__(self, town: Town, plan: FleetPlan) -> None:
        self.town, self.plan = town, plan
        now = datetime.now(UTC)
        self.shells = {spec.identity: self._shell(spec) for spec in self._specs()}
        known = _read_state(plan.state)
        for identity, shell in self.shells.items():
            if identity in known:
                snapshot.restore(shell.core, known[identity], now)
            if plan.has_conditions:
                arrange_conditions(shell.core, town.conditions_of(identity), until=now)
        self._invite(now)

    def _specs(self) -> Sequence[StationSpec]:
        specs, count = self.town.stations(), self.plan.count
        if count is None or count <= len(specs):
            return specs[:count]
        return specs + [
            plain_station(number, self.plan.password) for number in range(1, count - len(specs) + 1)
        ]

    def _shell(self, spec: StationSpec) -> Shell:
        plan = self.plan
        backoff = Backoff(rng=Random(f"{plan.seed}/{spec.identity}"))
        return Shell(
            plan.url, spec, speed=plan.speed, seed=plan.seed, obliging=plan.is_obliging, backoff=backoff
        )

    def _invite(self, now: datetime) -> None:
        """Give every arrival of the scenario to its station; cars that stand there already stay."""
        arrivals = SCENARIOS[self.plan.scenario](self.town, now, self.plan.seed)
        present = [present_now(arrival, now) for arrival in arrivals]
        strangers = {
            (identity, evse.number)
            for identity, shell in self.shells.items()
            for evse in shell.core.cabinet.evses.values()
            if evse.vehicle is not None
        }
        for arrival in sped_up(present, now, self.plan.speed):
            place = (arrival.identity, arrival.evse)
            if place in strangers and arrival.at <= now:
                strangers.discard(place)
                resume_visit(self.shells[arrival.identity].core, arrival)
            elif arrival.identity in self.shells:
                schedule_visit(self.shells[arrival.identity].core, arrival)
        self._send_home(strangers, now)

    def _send_home(self, places: set[tuple[str, int]], now: datetime) -> None:
        """Cars of a snapshot that no plan knows leave within the next hour or so."""
        rng = Random(f"{self.plan.seed}/strangers")
        for identity, number in sorted(places):
            due = now + timedelta(minutes=rng.uniform(5, 75) / self.plan.speed)
            core = self.shells[identity].core
            core.at(due, partial(core.leave, number))

    async def run(self, stop: asyncio.Event) -> None:
        """Connect one after the other, live until `stop`, then leave quietly.

        Raises what killed a station, if one dies of a mistake of ours.
        """
        for shell in self.shells.values():
            shell.start()
            await asyncio.sleep(_STAGGER_S)
        await asyncio.sleep(_SETTLE_S)
        last = ""
        while not stop.is_set():
            last = self._report(last)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _REPORT_S)
        await asyncio.gather(*(shell.stop() for shell in self.shells.values()))
        self._leave_state()

    def _report(self, last: str) -> str:
        """Say how things stand when it has changed."""
        for shell in self.shells.values():
            shell.raise_if_dead()
        text = self.summary()
        if text != last:
            print(text, flush=True)
        return text

    def summary(self) -> str:
        """One line for people."""
        connected = sum(shell.is_connected for shell in self.shells.values())
        sessions = sum(1 for shell in self.shells.values() for _ in shell.core.cabinet.transactions())
        refused = sorted(
            name for name, shell in self.shells.items() if shell.refusals and not shell.is_connected
        )
        text = f"{connected} of {len(self.shells)} stations connected, {sessions} sessions"
        return text + (f"; refused: {', '.join(refused[:5])}" if refused else "")

    def _leave_state(self) -> None:
        if self.plan.state is not None:
            now = datetime.now(UTC)
            write_state(self.plan.state, [snapshot.take(shell.core, now) for shell in self.shells.values()])


def plain_station(number: int, password: str) -> StationSpec:
    """A station of no town, for load: 1.6, two sockets."""
    evses = (EvseSpec(number=1), EvseSpec(number=2))
    return StationSpec(identity=f"SIM-{number:04d}", password=password, evses=evses)


def write_state(path: Path, snapshots: list[snapshot.Json]) -> None:
    """Keep what the stations are, for the next process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".new")
    whole.write_text(json.dumps(snapshots), encoding="utf-8")
    whole.replace(path)


def _read_state(path: Path | None) -> dict[str, snapshot.Json]:
    if path is None or not path.exists():
        return {}
    return {item["identity"]: item for item in json.loads(path.read_text(encoding="utf-8"))}

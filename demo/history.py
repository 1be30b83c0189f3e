"""The town's past day, played through the real thing with an injected clock.

Virtual stations say what real ones would; every frame takes the same way as from a socket (parse,
judge, record, journal, answer), commands go back, and the outbox bills and pays. Nothing is
inserted in bulk. The stations' memory is left in a file from which the live simulator goes on.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from core import clock, outbox
from demo.regulars import BOOKED_BEFORE, book_ahead, lend_visits
from demo.town import driver_of
from ocpp_bridge.exchange import INTERVAL_S
from ocpp_bridge.replay import Conversation
from payments.services import checkout
from scheduling.services.smart_charging import gathered
from simulator.stations import snapshot
from simulator.stations.demand import Arrival, plan_day
from simulator.stations.fleet import write_state
from simulator.stations.spec import StationSpec
from simulator.stations.station import Station
from simulator.stations.town import Town, arrange_conditions
from simulator.stations.virtual import VirtualStation
from simulator.stations.visits import resume_visit, schedule_visit
from stations.models import ChargingStation, Evse, StationCommand

PARTITIONED: Final = ("stations_meterreading", "ocpp_bridge_frame")
SAMPLE_S: Final = 300
HEARTBEAT_S: Final = 3600
SWEEP_EVERY: Final = timedelta(minutes=15)
MOST_ROUNDS: Final = 20
Sweep = Callable[[], object]

_WAITS: Final = """
select exists (select from core_delivery where state = 'pending' and next_attempt_at <= %s)
    or exists (select from stations_stationcommand c join stations_chargingstation s on s.id = c.station_id
                where c.status = 'queued' and s.is_connected)
"""


class Player:
    """One station of the town in virtual time, coupled to the bridge in this process."""

    def __init__(
        self, spec: StationSpec, *, begin: datetime, seed: int, memory: dict[str, Any] | None
    ) -> None:
        coarse = {**spec.settings, "sample_interval_s": SAMPLE_S, "heartbeat_interval_s": HEARTBEAT_S}
        self.spec = spec
        self.row = ChargingStation.objects.get(identity=spec.identity)
        self.core = Station(replace(spec, settings=coarse), now=begin, seed=seed)
        if memory:
            snapshot.restore(self.core, memory, begin)
        self.conversation: Conversation | None = None
        self.has_spoken = False
        self.virtual = VirtualStation(self.core, self._exchange, on_line=self._on_line)

    def _on_line(self, is_up: bool, now: datetime) -> None:
        if self.conversation is not None:
            self.conversation.close()
        self.conversation = Conversation(self.row, version=self.spec.version) if is_up else None

    def _exchange(self, text: str, now: datetime) -> list[str]:
        self.has_spoken = True
        self.core.settings.heartbeat_interval_s = HEARTBEAT_S
        return self.conversation.exchange(text) if self.conversation else []

    def hear_commands(self, now: datetime) -> None:
        """Everything that is queued for this station, one after the other."""
        while self.conversation and (text := self.conversation.next_command()):
            if not self.virtual.deliver(text, now):
                return

    def leave_line(self, now: datetime) -> None:
        if self.core.link.is_up:
            self.core.line_down(now)
        if self.conversation is not None:
            self.conversation.close()


class History:
    """Plays `town` from `begin` to `end` (UTC). `sweeps` are called every quarter of a virtual hour."""

    def __init__(
        self, town: Town, *, begin: datetime, end: datetime, seed: int, state: Path, sweeps: list[Sweep]
    ) -> None:
        self.town, self.begin, self.end, self.seed, self.state = town, begin, end, seed, state
        self.sweeps = sweeps
        self.evses = {(e.station.identity, e.number): e for e in _with_places()}
        memories = read_memories(state)
        self.players = {
            spec.identity: Player(spec, begin=begin, seed=seed, memory=memories.get(spec.identity))
            for spec in town.stations()
        }
        self.arrivals = lend_visits(self._planned(), until=end)
        self._queue: list[tuple[datetime, str]] = []
        self._has_asked = False

    def play(self, *, tell: Callable[[datetime], None]) -> None:
        """Live the whole span; `tell(now)` is called as time passes."""
        self._invite()
        for identity, player in self.players.items():
            arrange_conditions(player.core, self.town.conditions_of(identity), until=self.end)
            self._plan(identity)
        now = self.begin
        while now < self.end:
            before, now = now, min(now + SWEEP_EVERY, self.end)
            self._play_until(now)
            self._book_ahead(before, now)
            self._sweep(now)
            tell(now)
        self._close()

    def _invite(self) -> None:
        """The planned visits; cars that stand there from before go on and leave when they meant to."""
        for arrival in self.arrivals:
            if arrival.at >= self.end:
                continue
            core = self.players[arrival.identity].core
            if arrival.at > self.begin:
                schedule_visit(core, arrival, on_app_start=self._start_by_app)
            elif core.cabinet.evse(arrival.evse).vehicle is not None:
                resume_visit(core, arrival)

    def _planned(self) -> list[Arrival]:
        """Everybody who comes in the span, is there from before, or comes so soon that she books in it."""
        until = self.end + BOOKED_BEFORE
        first, last = (at.astimezone(self.town.zone).date() for at in (self.begin, until))
        days = [first + timedelta(days=offset) for offset in range(-1, (last - first).days + 1)]
        planned = [arrival for day in days for arrival in self._day(day)]
        return [arrival for arrival in planned if arrival.departs_at > self.begin and arrival.at < until]

    def _book_ahead(self, since: datetime, now: datetime) -> None:
        with clock.at(now):
            book_ahead(self.arrivals, self.evses, now=now, since=since)

    def _day(self, day: date) -> list[Arrival]:
        return plan_day(self.town, day, self.seed)

    def _plan(self, identity: str) -> None:
        due = self.players[identity].virtual.next_due_at
        if due is not None:
            heapq.heappush(self._queue, (due, identity))

    def _play_until(self, until: datetime) -> None:
        while self._queue and self._queue[0][0] <= until:
            due, identity = heapq.heappop(self._queue)
            player = self.players[identity]
            wanted = player.virtual.next_due_at
            if wanted is not None and wanted <= until:
                now = max(due, player.virtual.now)
                with clock.at(now):
                    player.virtual.step(now)
                    self._follow(now, player)
            self._plan(identity)

    def _follow(self, now: datetime, player: Player) -> None:
        """What a step leads to, once its station has said something."""
        if player.has_spoken or self._has_asked:
            player.has_spoken = self._has_asked = False
            self._settle(now)

    def _settle(self, now: datetime) -> None:
        """Bills, holds, limits, starts: until all is quiet."""
        for _ in range(MOST_ROUNDS):
            if not something_waits(now):
                return
            with gathered():
                outbox.deliver_pending()
            self._deliver_commands(now)

    def _deliver_commands(self, now: datetime) -> None:
        waiting = set(
            StationCommand.objects.filter(status="queued").values_list("station__identity", flat=True)
        )
        reachable = [self.players[identity] for identity in waiting if self.players[identity].conversation]
        for player in reachable:
            player.hear_commands(now)
            self._plan(player.spec.identity)

    def _start_by_app(self, arrival: Arrival, at: datetime) -> None:
        """The driver presses Start: a hold on her card, and then (by the outbox) the remote start."""
        evse = self.evses[arrival.identity, arrival.evse]
        checkout.pay_at_once(evse=evse, driver=driver_of(arrival.driver))
        self._has_asked = True

    def _sweep(self, now: datetime) -> None:
        with clock.at(now):
            for sweep in self.sweeps:
                sweep()
            self._settle(now)

    def _close(self) -> None:
        """Hang up and remember: the live simulator goes on from here with its own sampling rate."""
        with clock.at(self.end):
            for player in self.players.values():
                player.leave_line(self.end)
        for player in self.players.values():
            player.core.settings.heartbeat_interval_s = INTERVAL_S
        write_state(self.state, [snapshot.take(player.core, self.end) for player in self.players.values()])


def _with_places() -> QuerySet[Evse]:
    return Evse.objects.select_related("station__location")


def something_waits(now: datetime) -> bool:
    """Is there a delivery that is due, or a command that its station could take?"""
    with connection.cursor() as cursor:
        cursor.execute(_WAITS, [now])
        return bool(cursor.fetchone()[0])


def read_memories(state: Path) -> dict[str, dict[str, Any]]:
    """The stations' memories by identity, as the last run left them; none at first."""
    if not state.exists():
        return {}
    return {item["identity"]: item for item in json.loads(state.read_text(encoding="utf-8"))}


def left_at(state: Path) -> datetime | None:
    """When the last run stopped, or None."""
    taken = [datetime.fromisoformat(item["taken_at"]) for item in read_memories(state).values()]
    return max(taken, default=None)

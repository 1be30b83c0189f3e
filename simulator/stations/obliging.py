"""A person clicks Start and no car is there: an obliging station lets one arrive, and later leave."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from simulator.stations.cabinet import Impossible
from simulator.stations.spec import EvseSpec
from simulator.stations.station import Station
from simulator.stations.vehicles import CATALOG, Vehicle
from simulator.stations.words import Note


class Obliging:
    """Attach to a station: `Obliging(station)`. Seconds are of the wall, whatever the pace."""

    def __init__(
        self,
        station: Station,
        *,
        arrives_s: tuple[float, float] = (4.0, 9.0),
        leaves_s: tuple[float, float] = (20.0, 60.0),
        longest_stay_s: float = 2700.0,
    ) -> None:
        self._station = station
        self._arrives_s, self._leaves_s, self._longest_stay_s = arrives_s, leaves_s, longest_stay_s
        self._guests: dict[int, Vehicle] = {}
        self._rng = Random(station.rng.random())
        station.watchers.append(self._watch)

    def _watch(self, note: Note) -> None:
        if note.kind == "awaiting":
            wait_s = self._rng.uniform(*self._arrives_s)
            self._station.at(note.at + timedelta(seconds=wait_s), lambda at: self._arrive(note.evse, at))
        elif note.evse in self._guests and self._is_done(note):
            wait_s = self._rng.uniform(*self._leaves_s)
            self._leave_later(note.evse, self._guests[note.evse], note.at + timedelta(seconds=wait_s))

    @staticmethod
    def _is_done(note: Note) -> bool:
        return note.kind == "ended" or (note.kind == "state" and note.detail == "SuspendedEV")

    def _arrive(self, number: int, at: datetime) -> None:
        evse = self._station.cabinet.evse(number)
        if evse.vehicle is not None or evse.permit is None:
            return
        vehicle = guest(evse.spec, self._rng)
        self._guests[number] = vehicle
        try:
            self._station.plug_in(number, vehicle, at)
        except Impossible:
            return
        self._leave_later(number, vehicle, at + timedelta(seconds=self._longest_stay_s))

    def _leave_later(self, number: int, vehicle: Vehicle, due: datetime) -> None:
        def leave(at: datetime) -> None:
            if self._station.cabinet.evse(number).vehicle is vehicle:
                self._station.leave(number, at)
                self._guests.pop(number, None)

        self._station.at(due, leave)


def guest(spec: EvseSpec, rng: Random) -> Vehicle:
    """A car that suits the place."""
    slow, fast = ("Family wagon", "Long ranger", "Compact"), ("Tourer 800", "Long ranger")
    name = rng.choice(slow if spec.current == "AC" else fast)
    soc_percent, target_percent = rng.uniform(18, 45), rng.choice((80, 90, 100))
    return Vehicle(spec=CATALOG[name], soc_percent=soc_percent, target_percent=target_percent)

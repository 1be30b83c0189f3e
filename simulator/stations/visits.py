"""Let planned arrivals happen at a station: drive in, start, come back, drive away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from simulator.stations.demand import Arrival
from simulator.stations.station import Station
from simulator.stations.vehicles import Vehicle

OnAppStart = Callable[[Arrival, datetime], None]
"""Called when a driver presses Start in the app: the server's side must start the session."""


def schedule_visit(station: Station, arrival: Arrival, *, on_app_start: OnAppStart | None = None) -> None:
    """Arrange one visit on its station, in the station's own time.

    Without `on_app_start` app users tap their card instead. A taken or broken place turns the
    driver away (a note of kind "refused").
    """
    visit = _Visit(station, arrival, on_app_start)
    station.at(arrival.at, visit.drive_in)


def resume_visit(station: Station, arrival: Arrival) -> None:
    """The car is there already (from a snapshot): only its leaving is arranged."""
    visit = _Visit(station, arrival, None)
    visit.adopt(station.cabinet.evse(arrival.evse).vehicle)
    station.at(arrival.departs_at, visit.come_back)


class _Visit:
    def __init__(self, station: Station, arrival: Arrival, on_app_start: OnAppStart | None) -> None:
        self._station, self._arrival, self._on_app_start = station, arrival, on_app_start
        self._rng = Random(f"{arrival.identity}/{arrival.evse}/{arrival.at.isoformat()}")
        self._vehicle: Vehicle | None = None

    def adopt(self, vehicle: Vehicle | None) -> None:
        self._vehicle = vehicle

    def drive_in(self, at: datetime) -> None:
        arrival = self._arrival
        evse = self._station.cabinet.evse(arrival.evse)
        if evse.vehicle is not None or evse.is_blocked:
            self._station.note("refused", at, arrival.evse, "turned away: taken or broken")
            return
        self._vehicle = arrival.vehicle()
        self._station.plug_in(arrival.evse, self._vehicle, at)
        self._station.at(at + self._moment(8, 40), self._begin)
        self._station.at(max(arrival.departs_at, at + timedelta(minutes=1)), self.come_back)

    def _begin(self, at: datetime) -> None:
        if not self._is_here():
            return
        if self._arrival.by == "app" and self._on_app_start is not None:
            self._on_app_start(self._arrival, at)
        else:
            self._station.tap(self._arrival.driver.tag, at, self._arrival.evse)

    def come_back(self, at: datetime) -> None:
        """Half of the card holders tap to stop; everybody pulls the cable."""
        if not self._is_here():
            return
        evse = self._station.cabinet.evse(self._arrival.evse)
        if evse.transaction is not None and self._arrival.by == "rfid" and self._rng.random() < 0.5:
            self._station.tap(self._arrival.driver.tag, at, self._arrival.evse)
        self._station.at(at + self._moment(10, 45), self._drive_away)

    def _drive_away(self, at: datetime) -> None:
        if self._is_here():
            self._station.leave(self._arrival.evse, at)

    def _is_here(self) -> bool:
        evse = self._station.cabinet.evse(self._arrival.evse)
        return self._vehicle is not None and evse.vehicle is self._vehicle

    def _moment(self, low_s: float, high_s: float) -> timedelta:
        return timedelta(seconds=round(self._rng.uniform(low_s, high_s) / self._station.pace, 3))

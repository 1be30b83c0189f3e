"""Clock-aligned meter values: every quarter of an hour, say, whether somebody charges or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from simulator.stations.evse import Evse
from simulator.stations.words import Context, Trigger

if TYPE_CHECKING:
    from simulator.stations.station import Station


class AlignedSampler:
    """Samples at whole multiples of the interval since midnight UTC; an interval of 0 is off."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._interval_s = 0

    def arrange(self, now: datetime) -> None:
        """Follow the setting: start, stop or change the rhythm."""
        wanted_s = self._station.settings.clock_aligned_interval_s
        if wanted_s != self._interval_s:
            self._interval_s = wanted_s
            self._schedule(now)

    def _schedule(self, now: datetime) -> None:
        interval_s = self._interval_s
        if interval_s <= 0:
            return
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        passed = int((now - midnight).total_seconds()) // interval_s
        due = midnight + timedelta(seconds=(passed + 1) * interval_s)
        self._station.at(due, lambda at: self._tick(at, interval_s))

    def _tick(self, at: datetime, interval_s: int) -> None:
        if interval_s != self._interval_s:
            return
        for evse in self._station.cabinet.evses.values():
            self._sample(evse, at)
        self._schedule(at)

    def _sample(self, evse: Evse, at: datetime) -> None:
        sample = evse.sample(at, Context.CLOCK)
        if evse.transaction is not None:
            trigger = Trigger.METER_VALUE_CLOCK
            self._station.dialect.updated(evse, evse.transaction, trigger, sample)
        else:
            self._station.dialect.say_meter(evse, sample)

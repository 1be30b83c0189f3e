"""Misbehaviour on request: what real stations do on bad days, one switch each.

In a station's JSON: `"mischief": [{"kind": "offline", "after_s": 60, "for_s": 600}, …]`; the kinds
and their arguments are the methods of `Mischief` and the table `SCRIPTED` below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from simulator.stations import keeping
from simulator.stations.frames import Call, Payload, pack

if TYPE_CHECKING:
    from simulator.stations.station import Station


class Mischief:
    """Switches of one station. Each `…(action, times)` counts down as it is used."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._repeats: Counter[str] = Counter()
        self._breaks: Counter[str] = Counter()
        self._vanishes: Counter[str] = Counter()
        self._deaf: Counter[str] = Counter()
        self.never_unplugs: set[int] = set()

    # --- switches

    def repeat(self, action: str, times: int = 1) -> None:
        """The next messages of that action leave twice, with the same id."""
        self._repeats[action] += times

    def break_schema(self, action: str, times: int = 1) -> None:
        """The next messages of that action lack their first required member and carry a wrong type."""
        self._breaks[action] += times

    def vanish_after(self, action: str, times: int = 1) -> None:
        """The line is lost right after such a message left, before its answer can come."""
        self._vanishes[action] += times

    def vanish_on(self, action: str, times: int = 1) -> None:
        """The line is lost when the central system calls that action; no answer."""
        self._deaf[action] += times

    def go_offline(self, at: datetime, for_s: float | None = None) -> None:
        """Hang up, live on, come back after `for_s` (None: never) and deliver late."""
        self._station.hang_up(at, for_s)

    def reorder_backlog(self, at: datetime) -> None:
        """Mix the transaction messages that wait."""
        self._station.link.shuffle(self._station.rng)

    def drift(self, at: datetime, *, skew_s: float = 0.0, ppm: float = 0.0) -> None:
        """The clock is wrong by `skew_s` and goes `ppm` too fast; it no longer listens."""
        self._station.clock.go_wrong(at, skew_s=skew_s, drift_ppm=ppm)

    def fault(self, at: datetime, *, evse: int = 1, code: str = "GroundFailure", info: str = "") -> None:
        keeping.break_down(self._station.cabinet, evse, code, at, info)

    def repair(self, at: datetime, *, evse: int = 1) -> None:
        keeping.repair(self._station.cabinet, evse, at)

    def fail_update(self, where: str) -> None:
        """The next firmware update fails there: "download", "signature" or "install"."""
        self._station.firmware.fails_at = where

    def fail_upload(self, times: int = 1) -> None:
        """The next logs do not arrive."""
        self._station.logs.fails += times

    def lose_power(self, at: datetime, for_s: float) -> None:
        """The mains fail in the middle of everything; the station boots after `for_s`."""
        self._station.power.fail(at, for_s)

    def never_unplug(self, evse: int) -> None:
        """Whoever stands there stays: `Station.leave` does nothing."""
        self.never_unplugs.add(evse)

    # --- where they take effect

    def tamper(self, call: Call) -> list[str]:
        """The frames that leave instead of this one."""
        if self._spend(self._breaks, call.action):
            call = Call(call.message_id, call.action, _broken(call.payload))
        frames = [pack(call)] * (2 if self._spend(self._repeats, call.action) else 1)
        if self._spend(self._vanishes, call.action):
            self._station.hang_up_soon()
        return frames

    def ignores(self, action: str) -> bool:
        """Whether this incoming call makes the station vanish."""
        return self._spend(self._deaf, action)

    @staticmethod
    def _spend(counter: Counter[str], action: str) -> bool:
        if counter[action] <= 0:
            return False
        counter[action] -= 1
        return True


def _broken(payload: Payload) -> Payload:
    kept = dict(list(payload.items())[1:])
    return kept | {"thisIsNoMember": [None]}


SCRIPTED: Final[Mapping[str, Callable[[Mischief, datetime, Mapping[str, Any]], None]]] = {
    "offline": lambda it, at, args: it.go_offline(at, args.get("for_s")),
    "drift": lambda it, at, args: it.drift(at, skew_s=args.get("skew_s", 0.0), ppm=args.get("ppm", 0.0)),
    "fault": lambda it, at, args: it.fault(
        at, evse=args.get("evse", 1), code=args.get("code", "GroundFailure"), info=args.get("info", "")
    ),
    "repair": lambda it, at, args: it.repair(at, evse=args.get("evse", 1)),
    "reorder": lambda it, at, args: it.reorder_backlog(at),
    "repeat": lambda it, at, args: it.repeat(args["action"], args.get("times", 1)),
    "break_schema": lambda it, at, args: it.break_schema(args["action"], args.get("times", 1)),
    "vanish_after": lambda it, at, args: it.vanish_after(args["action"], args.get("times", 1)),
    "vanish_on": lambda it, at, args: it.vanish_on(args["action"], args.get("times", 1)),
    "fail_update": lambda it, at, args: it.fail_update(args.get("where", "install")),
    "fail_upload": lambda it, at, args: it.fail_upload(args.get("times", 1)),
    "lose_power": lambda it, at, args: it.lose_power(at, args.get("for_s", 60.0)),
    "never_unplug": lambda it, at, args: it.never_unplug(args.get("evse", 1)),
}
"""Kinds as a town file names them; `after_s` (from the station's birth) says when."""


def schedule(station: Station, script: Mapping[str, Any], now: datetime) -> None:
    """Arrange one scripted misbehaviour. Raises KeyError for an unknown kind."""
    act = SCRIPTED[str(script["kind"])]
    due = now + timedelta(seconds=float(script.get("after_s", 0)))
    station.at(due, lambda at: act(station.mischief, at, script))

"""The sans-I/O core: a whole charging station as a machine of instants and texts.

Feed it `line_up`, `receive` and acts of the world; call `advance(now)` when `next_due_at` has come.
It returns the frames to send. It opens no socket, reads no clock and owns no thread, so the same
station runs over a websocket (`live.py`) or through a whole day in a second (`virtual.py`).
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Final

from simulator.stations import mischief, schemas
from simulator.stations.aligned import AlignedSampler
from simulator.stations.cabinet import Cabinet
from simulator.stations.clock import StationClock
from simulator.stations.dialects.base import Dialect, NotSupportedHere
from simulator.stations.dialects.v16.dialect import Dialect16
from simulator.stations.dialects.v21.dialect import Dialect21
from simulator.stations.dialects.v201.dialect import Dialect201
from simulator.stations.errands import Errand, Errands, Outcome
from simulator.stations.evse import Evse
from simulator.stations.firmware import Firmware
from simulator.stations.frames import Call, FrameError, Refusal, Result, parse
from simulator.stations.keys import Keys
from simulator.stations.known_tokens import KnownTokens
from simulator.stations.link import Link
from simulator.stations.logs import Logs
from simulator.stations.networks import Networks
from simulator.stations.power import Power
from simulator.stations.reader import Reader, Then
from simulator.stations.settings import Settings
from simulator.stations.spec import StationSpec, Version
from simulator.stations.vehicles import Vehicle
from simulator.stations.web_payments import WebPayments
from simulator.stations.words import Note, RegistrationState, StopReason, Token, Trigger, Verdict

Act = Callable[[datetime], None]

_DIALECTS: Final[dict[Version, type[Dialect]]] = {"1.6": Dialect16, "2.0.1": Dialect201, "2.1": Dialect21}


class Station:
    """One station. Every method takes the present instant; frames come from `advance` and `receive`.

    `pace` is how many times faster cars live than the clock; timestamps stay true. Equal spec,
    seed and calls give equal frames, byte for byte.
    """

    spec: StationSpec
    settings: Settings
    cabinet: Cabinet
    firmware: Firmware
    tokens: KnownTokens
    keys: Keys

    def __init__(self, spec: StationSpec, *, now: datetime, seed: int = 0, pace: float = 1.0) -> None:
        self.spec, self.pace = spec, pace
        # The birth is in the seed: a second life must not repeat transaction ids of the first.
        self.rng = Random(f"{seed}/{spec.identity}/{now.isoformat()}")
        self.settings = Settings.from_mapping(spec.settings)
        self.password, self.organization = spec.password, spec.organization
        self.clock = StationClock()
        self.registration = RegistrationState.NONE
        self.boot_reason = "PowerUp"
        self.tokens = KnownTokens()
        self.remembered: dict[str, str] = {}
        self.web_payments = WebPayments()
        self.notes: deque[Note] = deque(maxlen=1000)
        self.watchers: list[Callable[[Note], None]] = []
        self.wants_line = True
        self.is_rude = False
        self.link = Link(self.settings, Random(self.rng.random()))
        self.dialect = _DIALECTS[spec.version](self)
        self.cabinet = Cabinet(spec, self.settings, self.dialect, rng=Random(self.rng.random()), pace=pace)
        self.reader = Reader(self)
        self.aligned = AlignedSampler(self)
        self.power, self.errands = Power(self), Errands()
        self.keys, self.networks = Keys(spec.identity), Networks()
        self.firmware, self.logs = Firmware(self), Logs(self)
        self.mischief = mischief.Mischief(self)
        self.link.tamper = self.mischief.tamper
        self._scripts: list[tuple[datetime, int, Act]] = []
        self._order = count()
        self.born_at = self.up_since = self._now = now
        self._heartbeat_at: datetime | None = None
        self.settings_changed()
        for script in spec.mischief:
            mischief.schedule(self, script, now)

    # --- time

    @property
    def now(self) -> datetime:
        """The last instant that it was told."""
        return self._now

    @property
    def next_due_at(self) -> datetime | None:
        """When `advance` should be called next; None when only the world can change anything."""
        heartbeat = self._heartbeat_at if self.link.is_open and self.link.is_up else None
        script = self._scripts[0][0] if self._scripts else None
        bodies = (self.cabinet.next_due_at, self.dialect.next_due_at)
        dues = (self.link.next_due_at(self._now), *bodies, heartbeat, script)
        return min((due for due in dues if due is not None), default=None)

    def advance(self, now: datetime) -> list[str]:
        """Let time pass and return the frames that leave."""
        self._pass_time(now)
        return self.link.flush(now)

    def at(self, due: datetime, act: Act) -> None:
        """Do something at an instant to come."""
        heapq.heappush(self._scripts, (due, next(self._order), act))

    def _pass_time(self, now: datetime) -> None:
        while self._scripts and self._scripts[0][0] <= now:
            due, _, act = heapq.heappop(self._scripts)
            self.cabinet.advance(max(due, self._now))
            act(max(due, self._now))
        self.cabinet.advance(now)
        self._now = max(self._now, now)
        self.dialect.look(now)
        self._beat(now)

    def _beat(self, now: datetime) -> None:
        """A heartbeat when nothing else was sent for the interval."""
        if not (self.link.is_up and self.link.is_open) or self._heartbeat_at is None:
            return
        interval = timedelta(seconds=self.settings.heartbeat_interval_s)
        if self._heartbeat_at <= now:
            quiet_since = self.link.last_sent_at or now - interval
            if quiet_since + interval <= now:
                self.dialect.heartbeat(now)
                quiet_since = now
            self._heartbeat_at = quiet_since + interval

    # --- the line

    def line_up(self, now: datetime) -> list[str]:
        """The socket is open. A station once accepted need not boot again."""
        self._pass_time(now)
        self.link.up()
        if self.registration is RegistrationState.ACCEPTED and not self.settings.boots_on_reconnect:
            self.dialect.say_all(now)
            self.firmware.booted(now)
        else:
            self.registration, self.link.is_open = RegistrationState.NONE, False
            self.dialect.boot(now)
        return self.link.flush(now)

    def line_down(self, now: datetime) -> None:
        """The socket is gone, or never opened."""
        self._pass_time(now)
        self.link.down()

    def receive(self, text: str | bytes, now: datetime) -> list[str]:
        """One text from the central system; the frames that leave in response."""
        self._pass_time(now)
        try:
            frame = parse(text)
        except FrameError as error:
            self.note("error", now, 0, str(error))
            return []
        match frame:
            case Call():
                self._hear(frame, now)
            case Result():
                self.link.answered(frame, now)
            case Refusal():
                self.note("error", now, 0, f"{frame.code}: {frame.description}")
                self.link.refused(frame, now)
        return self.link.flush(now)

    def back_from(self, errand: Errand, outcome: Outcome, now: datetime) -> None:
        """Somebody has been where `errands` wanted to go."""
        self._pass_time(now)
        errand.then(outcome, now)

    def _hear(self, call: Call, now: datetime) -> None:
        if self.mischief.ignores(call.action):
            self.hang_up(now, 0)
            return
        self.link.reply(self._answer(call, now))

    def _answer(self, call: Call, now: datetime) -> Result | Refusal:
        version = self.spec.version
        if schemas.validator(version, call.action) is None:
            return Refusal(call.message_id, "NotImplemented", f"{call.action} is unknown")
        faults = schemas.faults(version, call.action, call.payload)
        if faults:
            self.note("error", now, 0, f"{call.action}: {faults[0]}")
            return Refusal(call.message_id, self.dialect.violation_code, faults[0][:255])
        try:
            return Result(call.message_id, self.dialect.hear(call.action, call.payload, now))
        except NotSupportedHere:
            return Refusal(call.message_id, "NotSupported", f"{call.action} is not supported here")
        except (KeyError, ValueError) as error:
            self.note("error", now, 0, f"{call.action}: {error}")
            return Refusal(call.message_id, "PropertyConstraintViolation", str(error)[:255])

    # --- registration

    def boot_answered(self, status: RegistrationState, interval_s: int, now: datetime) -> None:
        """Accepted: the interval is the heartbeat's; else it is the wait before the next try."""
        self.registration = status
        self.link.is_open = status is RegistrationState.ACCEPTED
        self.clock.follow(now)
        if self.link.is_open:
            self.settings.heartbeat_interval_s = interval_s or self.settings.heartbeat_interval_s
            self.keep_beating(now)
            self.note("accepted", now, 0, "")
            self.dialect.say_all(now)
            self.firmware.booted(now)
        else:
            self.retry_boot(interval_s or self.settings.boot_retry_s, now)

    def keep_beating(self, now: datetime) -> None:
        """The next heartbeat, one interval from now."""
        self._heartbeat_at = now + timedelta(seconds=self.settings.heartbeat_interval_s)

    def retry_boot(self, wait_s: float, now: datetime) -> None:
        """Try again later, unless something else has made us known meanwhile."""

        def again(at: datetime) -> None:
            if self.link.is_up and not self.link.is_open:
                self.dialect.boot(at)

        self.at(now + timedelta(seconds=wait_s), again)

    # --- going away

    def hang_up(self, now: datetime, for_s: float | None = None) -> None:
        """Want no line from now on; again after `for_s` (None: never by itself)."""
        self.wants_line = False
        if for_s is not None:
            self.at(now + timedelta(seconds=for_s), self._want_line)

    def hang_up_soon(self) -> None:
        """At the next step, when what was to leave has left."""
        self.is_rude = True
        self.hang_up(self._now, 2.0)

    def _want_line(self, at: datetime) -> None:
        self.wants_line, self.is_rude = True, False

    def settings_changed(self) -> None:
        self.aligned.arrange(self._now)

    # --- acts of the world

    def plug_in(self, evse: int, vehicle: Vehicle, now: datetime) -> None:
        """Raises `cabinet.Impossible` when the place is taken."""
        self._pass_time(now)
        self.cabinet.plug_in(evse, vehicle, now)

    def unplug(self, evse: int, now: datetime) -> Vehicle:
        """Pull the cable, whatever runs. Raises `cabinet.Impossible` when there is no car."""
        self._pass_time(now)
        return self.cabinet.unplug(evse, now)

    def leave(self, evse: int, now: datetime) -> None:
        """The driver comes back and drives away, if there is a car and it is not one that never does."""
        if self.cabinet.evse(evse).vehicle is not None and evse not in self.mischief.never_unplugs:
            self.unplug(evse, now)

    def tap(self, tag: str, now: datetime, evse: int | None = None) -> None:
        """Hold an RFID card to the reader."""
        self._pass_time(now)
        self.reader.tap(Token(tag), now, evse)

    def stop_button(self, evse: int, now: datetime) -> None:
        """The stop key on the housing: anybody may."""
        self._pass_time(now)
        self.cabinet.stop(evse, StopReason.LOCAL, Trigger.STOP_AUTHORIZED, now)

    def authorize(self, token: Token, evse: Evse, now: datetime, then: Then) -> None:
        """Ask the central system; offline, the list, what we remember, or our policy decides."""
        listed = self.tokens.listed(token, now) if self.settings.local_pre_authorize else None
        if listed is not None and listed.is_accepted:
            then(listed, now)
            return
        if self.link.is_up and self.link.is_open:
            self.dialect.authorize(token, now, then)
            return
        known = self.tokens.judge(token, now) if self.settings.local_authorize_offline else None
        unknown = Verdict("Accepted" if self.settings.allow_offline_unknown else "Invalid")
        then(known or unknown, now)

    # --- telling

    def note(self, kind: str, at: datetime, evse: int, detail: str) -> None:
        note = Note(at, kind, evse, detail)
        self.notes.append(note)
        for watcher in self.watchers:
            watcher(note)

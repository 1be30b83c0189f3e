"""A station without its telephone: EVSEs, sessions, permissions, the feed. No protocol, no socket.

The world acts on it (a car plugs in, a permission arrives), time passes (`advance`), and it tells
a `Voice` what an OCPP dialect then puts into words. All instants are the caller's.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

from simulator.stations.evse import Evse, Permit, Reservation, Transaction
from simulator.stations.profiles import ProfileStore
from simulator.stations.settings import Settings
from simulator.stations.spec import StationSpec
from simulator.stations.supply import ceiling_w, equal_share_w, offer_to
from simulator.stations.vehicles import Vehicle
from simulator.stations.words import Context, Sample, StopReason, Token, Trigger


class Voice(Protocol):
    """Who puts happenings into words."""

    def connector(self, evse: Evse, at: datetime) -> None:
        """The connector may look different now (called freely; said once)."""

    def started(self, evse: Evse, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        """A transaction began."""

    def updated(self, evse: Evse, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        """A transaction goes on: a state, a token or the meter changed."""

    def ended(self, evse: Evse, transaction: Transaction, trigger: Trigger, sample: Sample) -> None:
        """A transaction is over."""

    def reservation_ended(self, reservation: Reservation, why: str, at: datetime) -> None:
        """A reservation was not used. `why`: Expired, Removed."""


class Impossible(ValueError):
    """The world cannot do this: the place is taken, nothing is plugged in, no such EVSE."""


class Cabinet:
    """The body of a station. Methods take effect at `at`; messages come out of the voice.

    `next_due_at` is when something will happen by itself. Whatever changes anything ends in
    `review`, which divides the power, tells what is new and finds that instant.
    """

    def __init__(
        self, spec: StationSpec, settings: Settings, voice: Voice, *, rng: Random, pace: float = 1.0
    ) -> None:
        self.spec, self.settings, self.voice, self.pace = spec, settings, voice, pace
        self.profiles = ProfileStore()
        self.is_operative = True
        self.next_due_at: datetime | None = None
        self._rng = rng
        self.evses = {
            item.number: Evse(
                spec=item, rng=Random(rng.random()), pace=pace, register_wh=float(item.register_wh)
            )
            for item in spec.evses
        }

    def evse(self, number: int) -> Evse:
        """Raises Impossible."""
        try:
            return self.evses[number]
        except KeyError as error:
            raise Impossible(f"{self.spec.identity} has no EVSE {number}.") from error

    def transactions(self) -> Iterator[tuple[Evse, Transaction]]:
        """Those that run now."""
        for evse in self.evses.values():
            if evse.transaction is not None:
                yield evse, evse.transaction

    # --- the cable

    def plug_in(self, number: int, vehicle: Vehicle, at: datetime) -> None:
        """A car arrives. Raises Impossible when one is there already."""
        evse = self.evse(number)
        if evse.vehicle is not None:
            raise Impossible(f"{self.spec.identity}/{number} is taken.")
        evse.settle(at)
        evse.vehicle, evse.is_finished = vehicle, False
        evse.soc_percent = vehicle.soc_percent
        if evse.permit is not None:
            evse.permit.expires_at = None
        self.voice.connector(evse, at)
        self._go_on(evse, Trigger.CABLE_PLUGGED_IN, at)

    def unplug(self, number: int, at: datetime) -> Vehicle:
        """The car leaves, and takes its charge with it. Raises Impossible when there is none."""
        evse = self.evse(number)
        if evse.vehicle is None:
            raise Impossible(f"Nothing is plugged in at {self.spec.identity}/{number}.")
        evse.settle(at)
        vehicle, evse.vehicle = evse.vehicle, None
        evse.permit, evse.ready_at = None, None
        if evse.transaction is not None:
            reason = evse.transaction.stop_reason or StopReason.EV_DISCONNECTED
            self._end(evse, reason, Trigger.EV_COMMUNICATION_LOST, at)
        evse.is_finished = False
        self.review(at)
        return vehicle

    # --- permission

    def permit(self, number: int, permit: Permit, trigger: Trigger, at: datetime) -> None:
        """Somebody may charge here. Without a car the permission lapses after a while."""
        evse = self.evse(number)
        if evse.permit is not None and evse.transaction is not None:
            return
        if evse.vehicle is None:
            permit.expires_at = at + timedelta(seconds=self.settings.connection_timeout_s)
        evse.permit, evse.is_finished = permit, False
        self.voice.connector(evse, at)
        self._go_on(evse, trigger, at)

    def stop(
        self, number: int, reason: StopReason, trigger: Trigger, at: datetime, *, by: Token | None = None
    ) -> None:
        """The permission ends; so does the transaction, unless it lasts until the cable is out."""
        evse = self.evse(number)
        evse.settle(at)
        evse.permit = None
        if evse.transaction is not None:
            evse.transaction.stopped_by = by
            if {"Authorized", "PowerPathClosed"} & set(self.settings.tx_stop_points):
                self._end(evse, reason, trigger, at)
            else:
                self._hold_until_unplugged(evse, evse.transaction, reason, trigger, at)
        self.review(at)

    def stop_all(self, reason: StopReason, trigger: Trigger, at: datetime) -> None:
        """Every transaction ends, whatever the stop points say (reset, power loss)."""
        for evse, _ in list(self.transactions()):
            evse.settle(at)
            self._end(evse, reason, trigger, at)
        self.review(at)

    # --- transactions

    def _go_on(self, evse: Evse, trigger: Trigger, at: datetime) -> None:
        """After something changed in favor of charging: begin, or tell those who follow."""
        if evse.transaction is None and self._reached_start(evse):
            self._begin(evse, trigger, at)
        elif evse.transaction is not None:
            if evse.permit is not None and evse.transaction.token is None:
                self._adopt(evse, evse.transaction)
            evse.transaction.told_state = evse.charging_state
            self.voice.updated(evse, evse.transaction, trigger, evse.sample(at, Context.TRIGGER))
        if evse.may_flow:
            evse.get_ready(at)
        self.review(at)

    def _reached_start(self, evse: Evse) -> bool:
        if evse.is_blocked or evse.is_finished:
            return False
        points, is_permitted, is_plugged = (
            set(self.settings.tx_start_points),
            evse.permit is not None,
            evse.vehicle is not None,
        )
        return (
            (is_permitted and is_plugged)
            or (is_permitted and "Authorized" in points)
            or (is_plugged and "EVConnected" in points)
        )

    def _begin(self, evse: Evse, trigger: Trigger, at: datetime) -> None:
        transaction = Transaction(
            evse=evse.number,
            transaction_id=str(uuid.UUID(int=self._rng.getrandbits(128), version=4)),
            started_at=at,
            meter_start_wh=int(evse.register_wh),
        )
        evse.transaction = transaction
        if evse.permit is not None:
            self._adopt(evse, transaction)
            if evse.permit.remote_start_id is not None and trigger is not Trigger.CABLE_PLUGGED_IN:
                trigger = Trigger.REMOTE_START
        evse.next_sample_at = at + self._sample_interval()
        transaction.told_state = "EVConnected" if evse.vehicle else "Idle"
        self.voice.started(evse, transaction, trigger, evse.sample(at, Context.BEGIN))

    def _adopt(self, evse: Evse, transaction: Transaction) -> None:
        """The permission becomes the transaction's: token, reservation, the profile it brought."""
        permit = evse.permit
        if permit is None:
            return
        transaction.adopt(permit)
        if evse.reservation is not None and evse.reservation.fits(permit.token, permit.group):
            transaction.reservation_number, evse.reservation = evse.reservation.number, None
        if permit.profile is not None:
            self.profiles.install(permit.profile)

    def _hold_until_unplugged(
        self, evse: Evse, transaction: Transaction, reason: StopReason, trigger: Trigger, at: datetime
    ) -> None:
        evse.cut()
        transaction.stop_reason, transaction.told_state = reason, evse.charging_state
        self.voice.updated(evse, transaction, trigger, evse.sample(at, Context.TRIGGER))

    def _end(self, evse: Evse, reason: StopReason, trigger: Trigger, at: datetime) -> None:
        transaction = evse.transaction
        if transaction is None:
            return
        evse.settle(at)
        evse.cut()
        sample = evse.sample(at, Context.END)
        transaction.stop_reason, transaction.ended_at = reason, at
        transaction.meter_end_wh = int(evse.register_wh)
        evse.transaction, evse.permit, evse.next_sample_at = None, None, None
        evse.is_finished = evse.vehicle is not None
        self.profiles.forget_session(evse.number)
        evse.past.append(transaction)
        self.voice.ended(evse, transaction, trigger, sample)
        if evse.becomes_inoperative:
            evse.is_operative, evse.becomes_inoperative = False, False

    def _sample_interval(self) -> timedelta:
        seconds = self.settings.sample_interval_s or 86_400
        return timedelta(seconds=max(0.25, seconds / self.pace))

    # --- time

    @staticmethod
    def _dues(evse: Evse) -> Iterator[datetime]:
        permit, reservation = evse.permit, evse.reservation
        dues = (
            evse.step_ends_at,
            evse.next_sample_at,
            permit.expires_at if permit else None,
            reservation.expires_at if reservation else None,
        )
        yield from (due for due in dues if due is not None)

    def advance(self, to: datetime) -> None:
        """Everything that falls due up to `to`, in order, each at its own instant."""
        while (due := self.next_due_at) is not None and due <= to:
            for evse in self.evses.values():
                self._come_due(evse, due)
            self.review(due)

    def _come_due(self, evse: Evse, at: datetime) -> None:
        evse.settle(at)
        if evse.reservation is not None and evse.reservation.expires_at <= at:
            lost, evse.reservation = evse.reservation, None
            self.voice.reservation_ended(lost, "Expired", at)
        permit = evse.permit
        if permit is not None and permit.expires_at is not None and permit.expires_at <= at:
            evse.permit = None
            self._end(evse, StopReason.TIMEOUT, Trigger.EV_CONNECT_TIMEOUT, at)
        if evse.transaction is not None and evse.next_sample_at is not None and evse.next_sample_at <= at:
            evse.next_sample_at = at + self._sample_interval()
            sample = evse.sample(at, Context.PERIODIC)
            self.voice.updated(evse, evse.transaction, Trigger.METER_VALUE_PERIODIC, sample)

    def review(self, at: datetime) -> None:
        """Divide the power anew and tell what has become different."""
        for evse in self.evses.values():
            evse.settle(at)
        share_w = equal_share_w(ceiling_w(self.spec, self.profiles.station_limit(at)), self.evses.values())
        for evse in self.evses.values():
            began_at = evse.transaction.started_at if evse.transaction else at
            offer = offer_to(evse, profiles=self.profiles, share_w=share_w, at=at)
            evse.plan(at, offer, self.profiles.next_change(at, began_at))
            self._tell_state(evse, at)
            self.voice.connector(evse, at)
        dues = (due for evse in self.evses.values() for due in self._dues(evse))
        self.next_due_at = min(dues, default=None)

    def _tell_state(self, evse: Evse, at: datetime) -> None:
        transaction = evse.transaction
        if transaction is not None and transaction.told_state != evse.charging_state:
            transaction.told_state = evse.charging_state
            sample = evse.sample(at, Context.TRIGGER)
            self.voice.updated(evse, transaction, Trigger.CHARGING_STATE_CHANGED, sample)

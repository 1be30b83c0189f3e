"""One EVSE: what is plugged in, who may charge, what the meter shows. No protocol."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from simulator.stations.profiles import Profile
from simulator.stations.spec import EvseSpec
from simulator.stations.vehicles import Flow, Offer, Vehicle
from simulator.stations.words import Context, Sample, StopReason, Token

PHYSICS_STEP_S: Final = 30.0
"""Power is constant for at most this long in the car's time, then looked at again."""

IDLE: Final = Flow("Idle")
CONNECTED: Final = Flow("EVConnected")
SUSPENDED: Final = Flow("SuspendedEVSE")


@dataclass(slots=True, kw_only=True)
class Permit:
    """An authorization in force. It lapses at `expires_at` when no car has come."""

    token: Token
    group: str = ""
    remote_start_id: int | None = None
    profile: Profile | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    number: int
    token: Token
    group: str
    expires_at: datetime

    def fits(self, token: Token, group: str = "") -> bool:
        """For the holder, or anybody of the holder's group."""
        same_group = bool(self.group) and self.group.casefold() == group.casefold()
        return self.token.matches(token) or same_group


@dataclass(slots=True, kw_only=True)
class Transaction:
    """`number` is the central system's (1.6), `transaction_id` ours (2.0.1). `limits` are
    2.1's, by its words; `is_spent` when one is reached."""

    evse: int
    transaction_id: str
    started_at: datetime
    meter_start_wh: int
    token: Token | None = None
    group: str = ""
    remote_start_id: int | None = None
    reservation_number: int | None = None
    number: int | None = None
    seq_no: int = 0
    told_state: str = ""
    is_token_told: bool = False
    stop_reason: StopReason | None = None
    stopped_by: Token | None = None
    ended_at: datetime | None = None
    meter_end_wh: int | None = None
    limits: dict[str, float] = field(default_factory=dict)
    limits_to_tell: bool = False
    cost: float = 0.0
    is_spent: bool = False

    def adopt(self, permit: Permit) -> None:
        self.token, self.group = permit.token, permit.group
        self.remote_start_id = permit.remote_start_id


@dataclass(slots=True, kw_only=True)
class Evse:
    """State of one EVSE. `pace`: how much faster the car lives than the clock on the wall."""

    spec: EvseSpec
    rng: Random
    pace: float = 1.0
    register_wh: float = 0.0
    vehicle: Vehicle | None = None
    permit: Permit | None = None
    transaction: Transaction | None = None
    reservation: Reservation | None = None
    is_operative: bool = True
    becomes_inoperative: bool = False
    is_finished: bool = False
    fault: str = ""
    fault_info: str = ""
    flow: Flow = IDLE
    ready_at: datetime | None = None
    settled_at: datetime | None = None
    step_ends_at: datetime | None = None
    next_sample_at: datetime | None = None
    soc_percent: float | None = None
    past: list[Transaction] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.spec.number

    @property
    def is_blocked(self) -> bool:
        return bool(self.fault) or not self.is_operative

    @property
    def may_flow(self) -> bool:
        """Whether the contactor is closed: car, permission and transaction, and nothing wrong."""
        return not self.is_blocked and None not in (self.vehicle, self.permit, self.transaction)

    @property
    def wants_power(self) -> bool:
        return self.may_flow and self.vehicle is not None and not self.vehicle.is_full

    @property
    def charging_state(self) -> str:
        if self.vehicle is None:
            return "Idle"
        return self.flow.state if self.may_flow else "EVConnected"

    # --- physics

    def settle(self, at: datetime) -> None:
        """Let the present power flow until `at`: meter and battery move, nothing else."""
        if self.settled_at is not None and self.vehicle is not None and self.flow.power_w > 0:
            hours = max(0.0, (at - self.settled_at).total_seconds()) * self.pace / 3600
            energy_wh = self.flow.power_w * hours
            self.register_wh += energy_wh
            self.vehicle.store(energy_wh, self.spec.current)
        if self.vehicle is not None:
            self.soc_percent = self.vehicle.soc_percent
        self.settled_at = at

    def plan(self, at: datetime, offer: Offer, change_at: datetime | None) -> None:
        """Choose the power from `at` on, and when to look again. Call `settle(at)` before."""
        self.flow, self.step_ends_at = self._next_flow(at, offer), None
        ends = [change_at] if change_at is not None and self.may_flow else []
        if self.flow.state == CONNECTED.state and self.may_flow and self.ready_at is not None:
            ends.append(self.ready_at)
        elif self.flow.power_w > 0:
            ends.append(at + timedelta(seconds=self._step_s()))
        self.step_ends_at = min(ends, default=None)

    def _next_flow(self, at: datetime, offer: Offer) -> Flow:
        if self.vehicle is None:
            return IDLE
        if not self.may_flow or (self.ready_at is not None and at < self.ready_at):
            return CONNECTED
        if self.transaction is not None and self.transaction.is_spent:
            return SUSPENDED
        return self._measured(self.vehicle.accept(offer))

    def _measured(self, flow: Flow) -> Flow:
        """Real cars and grids wobble a little, always below what was offered."""
        share = self.rng.uniform(0.985, 1.0)
        if self.spec.current == "DC":
            amperes = flow.current_a * share
            return Flow(flow.state, amperes * flow.voltage_v, amperes, flow.voltage_v, 0, flow.offered_w)
        volts = self.rng.uniform(226.5, 230.0)
        amperes = flow.current_a * share
        watts = amperes * volts * flow.phases
        return Flow(flow.state, watts, amperes, volts, flow.phases, flow.offered_w)

    def _step_s(self) -> float:
        step_s = PHYSICS_STEP_S
        if self.vehicle is not None:
            full_s = self.vehicle.hours_to_full(self.flow.power_w, self.spec.current) * 3600
            step_s = min(step_s, full_s)
        return max(step_s / self.pace, 0.001)

    def sample(self, at: datetime, context: Context) -> Sample:
        """Read the meter now."""
        self.settle(at)
        flow, is_dc = self.flow, self.spec.current == "DC"
        return Sample(
            at=at,
            context=context,
            register_wh=self.register_wh,
            power_w=flow.power_w,
            current_a=flow.current_a,
            voltage_v=0.0 if is_dc and flow.power_w <= 0 else flow.voltage_v,
            phases=0 if is_dc else flow.phases or self.spec.phases,
            offered_w=flow.offered_w,
            soc_percent=self.soc_percent if is_dc else None,
        )

    def cut(self) -> None:
        """The contactor opens; `settle` first."""
        self.flow = CONNECTED if self.vehicle is not None else IDLE

    def get_ready(self, at: datetime) -> None:
        """Car and station talk for some seconds before energy flows."""
        if self.vehicle is not None:
            self.ready_at = at + timedelta(seconds=self.vehicle.handshake_s / self.pace)

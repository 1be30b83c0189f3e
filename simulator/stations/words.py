"""The words both dialects are translated from: 2.0.1's, because they say more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Trigger(StrEnum):
    """Why something is told (2.0.1 TriggerReasonEnumType, those that happen here)."""

    AUTHORIZED = "Authorized"
    CABLE_PLUGGED_IN = "CablePluggedIn"
    CHARGING_STATE_CHANGED = "ChargingStateChanged"
    METER_VALUE_PERIODIC = "MeterValuePeriodic"
    METER_VALUE_CLOCK = "MeterValueClock"
    REMOTE_START = "RemoteStart"
    REMOTE_STOP = "RemoteStop"
    STOP_AUTHORIZED = "StopAuthorized"
    DEAUTHORIZED = "Deauthorized"
    EV_COMMUNICATION_LOST = "EVCommunicationLost"
    EV_CONNECT_TIMEOUT = "EVConnectTimeout"
    RESET_COMMAND = "ResetCommand"
    UNLOCK_COMMAND = "UnlockCommand"
    ABNORMAL_CONDITION = "AbnormalCondition"
    LIMIT_SET = "LimitSet"
    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    TIME_LIMIT_REACHED = "TimeLimitReached"
    COST_LIMIT_REACHED = "CostLimitReached"
    TARIFF_CHANGED = "TariffChanged"
    TRIGGER = "Trigger"


class StopReason(StrEnum):
    """Why a transaction ended (2.0.1 ReasonEnumType, plus 1.6's soft reset)."""

    LOCAL = "Local"
    REMOTE = "Remote"
    EV_DISCONNECTED = "EVDisconnected"
    DEAUTHORIZED = "DeAuthorized"
    TIMEOUT = "Timeout"
    IMMEDIATE_RESET = "ImmediateReset"
    SOFT_RESET = "SoftReset"
    UNLOCK = "UnlockCommand"
    POWER_LOSS = "PowerLoss"
    OTHER = "Other"


class Context(StrEnum):
    """When a sample was taken (ReadingContextEnumType)."""

    BEGIN = "Transaction.Begin"
    END = "Transaction.End"
    PERIODIC = "Sample.Periodic"
    CLOCK = "Sample.Clock"
    TRIGGER = "Trigger"


class RegistrationState(StrEnum):
    """What the central system said to our boot; NONE before it said anything."""

    NONE = "None"
    PENDING = "Pending"
    REJECTED = "Rejected"
    ACCEPTED = "Accepted"


@dataclass(frozen=True, slots=True)
class Token:
    """An identification as read or received. `kind` is a 2.0.1 IdTokenEnumType."""

    uid: str
    kind: str = "ISO14443"

    def matches(self, other: Token | None) -> bool:
        """Identifiers compare without case."""
        return other is not None and self.uid.casefold() == other.uid.casefold()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The central system's (or the cache's) word on a token."""

    status: str
    group: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.status == "Accepted"


@dataclass(frozen=True, slots=True)
class Sample:
    """What the meter shows at one instant. `current_a` is per phase; `phases` 0 means DC."""

    at: datetime
    context: Context
    register_wh: float
    power_w: float
    current_a: float
    voltage_v: float
    phases: int
    offered_w: float
    soc_percent: float | None


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing that is not a message. `kind`: accepted, awaiting, started, state,
    ended, reservation, refused, lost, error, firmware, log, reboot, security."""

    at: datetime
    kind: str
    evse: int
    detail: str

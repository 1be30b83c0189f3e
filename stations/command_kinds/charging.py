"""Sessions, reservations and power."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, NotRequired, TypedDict

from stations.command_kinds.base import CommandKind


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSession(CommandKind):
    """Start charging. `remote_start_id` comes back in 2.x's first TransactionEvent.

    `limit_a` / `limit_w`, when given, travel as a TxProfile with the start.
    """

    name: ClassVar[str] = "start_session"
    evse_number: int
    token_uid: str
    token_type: str = "Central"
    remote_start_id: int | None = None
    limit_a: int | None = None
    limit_w: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSession(CommandKind):
    name: ClassVar[str] = "stop_session"
    session_number: int
    transaction_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve(CommandKind):
    """Keep an EVSE for a token until `expires_at` (ISO 8601, UTC)."""

    name: ClassVar[str] = "reserve"
    reservation_number: int
    evse_number: int
    token_uid: str
    token_type: str = "Central"
    group_uid: str = ""
    expires_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelReservation(CommandKind):
    name: ClassVar[str] = "cancel_reservation"
    reservation_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPowerLimit(CommandKind):
    """One limit, from now, as a charging profile.

    `purpose`: "session" (TxProfile: `session_number`, `transaction_id`), "default"
    (TxDefaultProfile) or "station" (ChargePointMaxProfile, evse_number 0). Exactly one of
    `limit_a` (amperes per phase) and `limit_w`. `duration_s` None: until replaced.
    """

    name: ClassVar[str] = "set_power_limit"
    evse_number: int
    profile_id: int
    stack_level: int = 0
    purpose: str = "session"
    limit_a: int | None = None
    limit_w: int | None = None
    phases: int | None = None
    duration_s: int | None = None
    session_number: int | None = None
    transaction_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearPowerLimit(CommandKind):
    """Clear one profile by id, or all that fit the rest; nothing given: all of the station."""

    name: ClassVar[str] = "clear_power_limit"
    profile_id: int | None = None
    evse_number: int | None = None
    purpose: str = ""
    stack_level: int | None = None


class Period(TypedDict):
    """A step of a schedule: from `start_s` seconds on, `limit` amperes per phase or watts."""

    start_s: int
    limit: float
    phases: NotRequired[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetProfile(CommandKind):
    """A whole charging profile; one limit from now on is simpler said by SetPowerLimit.

    `purpose` as in SetPowerLimit. `kind`: "absolute", "recurring" (then `recurrency` is "daily" or
    "weekly"), "relative", or in 2.1 "dynamic": one period, whose limit UpdateDynamicLimit changes and
    which the station asks for every `update_every_s` seconds. `unit`: "A" or "W". Instants are ISO
    8601, UTC; `start_at` is when the schedule starts, `valid_from` and `valid_until` bound the profile.
    """

    name: ClassVar[str] = "set_profile"
    evse_number: int
    profile_id: int
    stack_level: int = 0
    purpose: str = "default"
    kind: str = "absolute"
    recurrency: str = ""
    valid_from: str = ""
    valid_until: str = ""
    unit: str = "A"
    start_at: str = ""
    duration_s: int | None = None
    min_rate: float | None = None
    update_every_s: int | None = None
    periods: tuple[Period, ...]
    session_number: int | None = None
    transaction_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSchedule(CommandKind):
    """What the station will follow for the next `duration_s` seconds. `unit`: "A", "W" or "" (its own)."""

    name: ClassVar[str] = "read_schedule"
    evse_number: int
    duration_s: int
    unit: str = ""


KINDS: Final = (
    StartSession,
    StopSession,
    Reserve,
    CancelReservation,
    SetPowerLimit,
    ClearPowerLimit,
    SetProfile,
    ReadSchedule,
)

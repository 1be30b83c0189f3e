"""Every kind of command the domain can give a station, as frozen dataclasses. Pure.

The row stores `kind` and `params`; `to_params`/`from_params` go between. A dialect encodes each
kind for its version or says that the version cannot.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar, Self


class UnknownKind(ValueError):
    """A command row names a kind that does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandKind:
    """Base: `name` is what the row's `kind` column holds."""

    name: ClassVar[str]

    def to_params(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> Self:
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in params.items() if key in known})


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
    """Clear one profile by id, or all of an EVSE / of the station when `profile_id` is None."""

    name: ClassVar[str] = "clear_power_limit"
    profile_id: int | None = None
    evse_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock(CommandKind):
    name: ClassVar[str] = "unlock"
    evse_number: int
    connector_number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset(CommandKind):
    """`is_hard`: at once (1.6 Hard, 2.x Immediate); else when idle (Soft, OnIdle)."""

    name: ClassVar[str] = "reset"
    is_hard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAvailability(CommandKind):
    """`evse_number` 0 means the whole station."""

    name: ClassVar[str] = "set_availability"
    is_operative: bool
    evse_number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadVariables(CommandKind):
    """Names as the station knows them: 1.6 keys, or 2.x "Component.Variable". Empty: all (1.6)."""

    name: ClassVar[str] = "read_variables"
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteVariable(CommandKind):
    name: ClassVar[str] = "write_variables"
    variable: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger(CommandKind):
    """Ask for a message. `message`: boot, heartbeat, status, meter_values."""

    name: ClassVar[str] = "trigger"
    message: str
    evse_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verbatim(CommandKind):
    """An action and payload for integrators, opaque below the bridge."""

    name: ClassVar[str] = "verbatim"
    action: str
    payload: dict[str, Any]


KINDS: dict[str, type[CommandKind]] = {
    kind.name: kind
    for kind in (
        StartSession,
        StopSession,
        Reserve,
        CancelReservation,
        SetPowerLimit,
        ClearPowerLimit,
        Unlock,
        Reset,
        SetAvailability,
        ReadVariables,
        WriteVariable,
        Trigger,
        Verbatim,
    )
}


def read_kind(name: str, params: dict[str, Any]) -> CommandKind:
    """A row's columns back to its dataclass. Raises UnknownKind."""
    try:
        return KINDS[name].from_params(params)
    except KeyError as error:
        raise UnknownKind(f"No command kind is called {name!r}.") from error
